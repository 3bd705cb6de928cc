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
/// Posts JSON to a port of this machine, one connection for each request. A module's program lives for one call, and the
/// first request of <see cref="HttpClient"/> costs it more than everything else: see benchmarks/README.md.
/// </summary>
internal static class LocalHttp
{
    private const int LongestHead = 64 * 1024;

    /// <summary>Posts a body and reads the whole answer.</summary>
    /// <exception cref="System.IO.IOException">Nobody listens, or the connection ends before the answer does.</exception>
    public static async Task<LocalHttpAnswer> PostAsync(
        int port,
        string path,
        string authorization,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    )
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true;
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
            var head = Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {authorization}\r\n"
                    + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"
            );
            await SendAsync(socket, head, cancellationToken);
            await SendAsync(socket, body, cancellationToken);
            return Parse(await ReadToEndAsync(socket, cancellationToken));
        }
        catch (SocketException e)
        {
            throw new System.IO.IOException(e.Message, e);
        }
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, cancellationToken)..];
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadToEndAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        var length = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                return buffer.AsMemory(0, length);
            }

            length += read;
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    /// <summary>Takes an answer apart.</summary>
    /// <param name="bytes">Everything until the connection ended.</param>
    /// <exception cref="System.IO.IOException">It is not whole, or no HTTP.</exception>
    internal static LocalHttpAnswer Parse(ReadOnlyMemory<byte> bytes)
    {
        var end = bytes.Span[..Math.Min(bytes.Length, LongestHead)].IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            throw Incomplete();
        }

        var lines = Encoding.ASCII.GetString(bytes.Span[..end]).Split("\r\n");
        if (
            lines[0].Split(' ') is not [var protocol, var code, ..]
            || !protocol.StartsWith("HTTP/1.", StringComparison.Ordinal)
            || !int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var status)
        )
        {
            throw new System.IO.IOException("The answer is no HTTP.");
        }

        var body = bytes[(end + 4)..];
        if (Header(lines, "Transfer-Encoding")?.Contains("chunked", StringComparison.OrdinalIgnoreCase) == true)
        {
            return new LocalHttpAnswer(status, Join(body));
        }

        if (Header(lines, "Content-Length") is { } text)
        {
            if (
                !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || body.Length < length
            )
            {
                throw Incomplete();
            }

            body = body[..length];
        }

        return new LocalHttpAnswer(status, body);
    }

    private static string? Header(string[] lines, string name) =>
        lines
            .Skip(1)
            .FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            ?[(name.Length + 1)..].Trim();

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
}
