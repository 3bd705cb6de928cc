using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace PlatformLocal.Client;

/// <summary>
/// How the Platform API and its clients show each other that they know the token, without sending it: whoever has the
/// API's old address learns nothing, not even by handing on what he hears.
/// </summary>
public static class TokenProof
{
    /// <summary>Where the API proves itself.</summary>
    public const string Path = "/identity";

    /// <summary>The header of the proof.</summary>
    public const string Header = "X-Platform-Proof";

    /// <summary>The scheme of requests that are signed instead of carrying the token.</summary>
    public const string Scheme = "Platform";

    private const int NonceLength = 32;
    private const int LongestAnswer = 4096;

    // The clocks of a container and of its host are the same one; of other machines they differ by seconds.
    private static readonly TimeSpan s_lifetime = TimeSpan.FromMinutes(2);

    /// <summary>The API's proof.</summary>
    /// <param name="token">The token.</param>
    /// <param name="nonce">What the client came up with.</param>
    /// <returns>The proof; <see langword="null"/> when the nonce is none.</returns>
    public static string? OfServer(string token, string? nonce) =>
        nonce is { Length: NonceLength } && nonce.All(char.IsAsciiHexDigitLower) ? Sign(token, "server", nonce) : null;

    /// <summary>What a request is sent with in the header <c>Authorization</c>.</summary>
    /// <param name="token">The token.</param>
    /// <param name="method">The request's method.</param>
    /// <param name="target">Its path and query, as they are sent.</param>
    /// <param name="clock">Says when it is sent.</param>
    public static AuthenticationHeaderValue OfRequest(string token, string method, string target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var time = clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return new(Scheme, $"{time}.{Sign(token, "request", time, method, target)}");
    }

    /// <summary>Whether a request was signed by somebody who knows the token, a short while ago.</summary>
    /// <param name="token">The token.</param>
    /// <param name="authorization">The header <c>Authorization</c>.</param>
    /// <param name="method">The request's method.</param>
    /// <param name="target">Its path and query, as they were sent.</param>
    /// <param name="clock">Says when it came.</param>
    public static bool IsOfRequest(string token, string authorization, string method, string target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        if (
            !authorization.StartsWith(Scheme + " ", StringComparison.Ordinal)
            || authorization[(Scheme.Length + 1)..].Split('.') is not [var time, var proof]
            || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        )
        {
            return false;
        }

        var age = clock.GetUtcNow().ToUnixTimeSeconds() - seconds;
        return Math.Abs(age) <= s_lifetime.TotalSeconds && AreSame(proof, Sign(token, "request", time, method, target));
    }

    /// <summary>Opens connections that are handed out only when who answers proved to know the token.</summary>
    /// <param name="token">The token.</param>
    public static Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> Connect(string token) =>
        async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                var stream = new NetworkStream(socket, ownsSocket: true);
                await ChallengeAsync(stream, context.DnsEndPoint, token, cancellationToken);
                return stream;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        };

    private static async Task ChallengeAsync(
        NetworkStream stream,
        DnsEndPoint host,
        string token,
        CancellationToken cancellationToken
    )
    {
        var nonce = RandomNumberGenerator.GetHexString(NonceLength, lowercase: true);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"GET {Path}?nonce={nonce} HTTP/1.1\r\nHost: {host.Host}:{host.Port}\r\n\r\n"),
            cancellationToken
        );
        var answer = await ReadHeadAsync(stream, cancellationToken);
        var proof = answer
            .Split("\r\n")
            .Where(l => l.StartsWith(Header + ":", StringComparison.OrdinalIgnoreCase))
            .Select(l => l[(Header.Length + 1)..].Trim())
            .FirstOrDefault();
        if (proof is null)
        {
            throw new NoProofException();
        }

        if (!AreSame(proof, Sign(token, "server", nonce)))
        {
            throw new IOException("who answers there does not know this platform's token");
        }
    }

    // It has no body: what comes after the empty line would belong to another answer.
    private static async Task<string> ReadHeadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new byte[LongestAnswer];
        var length = 0;
        while (length < head.Length)
        {
            var read = await stream.ReadAsync(head.AsMemory(length), cancellationToken);
            length += read;
            if (read == 0)
            {
                break;
            }

            if (head.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
            {
                return Encoding.ASCII.GetString(head, 0, length);
            }
        }

        throw new IOException("who answers there is no Platform API");
    }

    private static string Sign(string token, params ReadOnlySpan<string> parts) =>
        Convert.ToHexStringLower(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(string.Join('\n', parts!)))
        );

    private static bool AreSame(string? one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one ?? ""), Encoding.UTF8.GetBytes(other));
}

/// <summary>Who answers knows of no proof: another program, or a Platform API of another version.</summary>
internal sealed class NoProofException()
    : IOException("who answers there gives no proof that it is this platform's API");

/// <summary>Signs each request in place of sending the token.</summary>
internal sealed class SigningHandler(string token, TimeProvider time, HttpMessageHandler inner)
    : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        request.Headers.Authorization = TokenProof.OfRequest(
            token,
            request.Method.Method,
            request.RequestUri!.PathAndQuery,
            time
        );
        return base.SendAsync(request, cancellationToken);
    }
}
