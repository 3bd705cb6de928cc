using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pipelines.Queries;

/// <summary>An answer over HTTP.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Body">The body.</param>
internal sealed record LocalHttpAnswer(int Status, ReadOnlyMemory<byte> Body);

/// <summary>
/// Posts JSON to a port of this machine, one connection for each request, and blocks meanwhile. A module's program lives
/// for one call, and the first request of <see cref="HttpClient"/>, or of any socket that is waited for, costs it more
/// than everything else: see benchmarks/README.md.
/// </summary>
internal static class LocalHttp
{
    /// <summary>Posts a body and reads the whole answer.</summary>
    /// <exception cref="System.IO.IOException">Nobody listens, or the connection ends before the answer does.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled: the connection is closed.</exception>
    public static LocalHttpAnswer Post(
        int port,
        string path,
        string authorization,
        ReadOnlySpan<byte> body,
        CancellationToken cancellationToken
    )
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true;
        using var stop = cancellationToken.UnsafeRegister(static one => ((Socket)one!).Dispose(), socket);
        try
        {
            socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
            Send(
                socket,
                Encoding.ASCII.GetBytes(
                    $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {authorization}\r\n"
                        + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"
                )
            );
            Send(socket, body);
            return Parse(Receive(socket));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or System.IO.IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw e as System.IO.IOException ?? new System.IO.IOException(e.Message, e);
        }
    }

    private static void Send(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[socket.Send(bytes)..];
        }
    }

    /// <summary>All bytes of an answer: to the length that its head names, or until the connection ends.</summary>
    private static ReadOnlyMemory<byte> Receive(Socket socket)
    {
        var buffer = new byte[16 * 1024];
        var length = 0;
        var end = int.MaxValue;
        while (length < end)
        {
            var read = socket.Receive(buffer.AsSpan(length));
            if (read == 0)
            {
                break;
            }

            length += read;
            if (end == int.MaxValue && Head.Find(buffer.AsSpan(0, length)) is { ContentLength: { } body } head)
            {
                end = head.Length + body;
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }

        return buffer.AsMemory(0, length);
    }

    /// <summary>Takes an answer apart.</summary>
    /// <param name="bytes">All of its bytes.</param>
    /// <exception cref="System.IO.IOException">It is not whole, or no HTTP.</exception>
    internal static LocalHttpAnswer Parse(ReadOnlyMemory<byte> bytes)
    {
        var head = Head.Find(bytes.Span) ?? throw Incomplete();
        var body = bytes[head.Length..];
        if (head.IsChunked)
        {
            return new LocalHttpAnswer(head.Status, Join(body));
        }

        return body.Length < head.ContentLength
            ? throw Incomplete()
            : new LocalHttpAnswer(head.Status, body[..(head.ContentLength ?? body.Length)]);
    }

    private static ReadOnlyMemory<byte> Join(ReadOnlyMemory<byte> chunks)
    {
        var body = new byte[chunks.Length];
        var length = 0;
        while (true)
        {
            var end = chunks.Span.IndexOf("\r\n"u8);
            var size = end < 0 ? null : Encoding.ASCII.GetString(chunks.Span[..end]).Split(';')[0].Trim();
            if (
                !int.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var count)
                || count < 0
                || chunks.Length - end - 4 < count
            )
            {
                throw Incomplete();
            }

            if (count == 0)
            {
                return body.AsMemory(0, length);
            }

            chunks.Slice(end + 2, count).CopyTo(body.AsMemory(length));
            length += count;
            chunks = chunks[(end + 2 + count + 2)..];
        }
    }

    private static System.IO.IOException Incomplete() => new("The connection ended before the answer did.");

    /// <summary>What stands before the body.</summary>
    /// <param name="Length">Its bytes.</param>
    /// <param name="Status">The status code.</param>
    /// <param name="IsChunked">Whether the body comes in chunks.</param>
    /// <param name="ContentLength">The body's bytes, where it says so and the body does not come in chunks.</param>
    private sealed record Head(int Length, int Status, bool IsChunked, int? ContentLength)
    {
        private const int Longest = 64 * 1024;

        /// <summary>The head that the bytes begin with, or <see langword="null"/> when its end is not among them.</summary>
        /// <exception cref="System.IO.IOException">It is no HTTP.</exception>
        public static Head? Find(ReadOnlySpan<byte> bytes)
        {
            var end = bytes[..Math.Min(bytes.Length, Longest)].IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return null;
            }

            var lines = Encoding.ASCII.GetString(bytes[..end]).Split("\r\n");
            if (
                lines[0].Split(' ') is not [var protocol, var code, ..]
                || !protocol.StartsWith("HTTP/1.", StringComparison.Ordinal)
                || !int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            )
            {
                throw new System.IO.IOException("The answer is no HTTP.");
            }

            var isChunked = Header(lines, "Transfer-Encoding")?.Contains("chunked", StringComparison.OrdinalIgnoreCase);
            return new Head(end + 4, status, isChunked == true, isChunked == true ? null : LengthIn(lines));
        }

        private static int? LengthIn(string[] lines) =>
            Header(lines, "Content-Length") is not { } text ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length
            : throw Incomplete();

        private static string? Header(string[] lines, string name) =>
            Array
                .Find(lines, l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
                ?[(name.Length + 1)..].Trim();
    }
}
