using System.Net.Sockets;

namespace PlatformLocal.Client;

/// <summary>The two ways to the Platform API.</summary>
internal static class ApiConnection
{
    /// <summary>By an address, where anybody could answer: each side proves to know the token.</summary>
    public static HttpClient ByAddress(Uri address, string token, TimeProvider time) =>
        New(address, new SigningHandler(token, time, NewHandler(TokenProof.Connect(token))));

    /// <summary>By a socket that the file system guards.</summary>
    public static HttpClient BySocket(Uri address, UnixDomainSocketEndPoint socket) =>
        New(address, NewHandler((_, cancellationToken) => OpenAsync(socket, cancellationToken)));

    // What a connection within this machine cannot need is left out: each part costs a command milliseconds at its start.
    private static SocketsHttpHandler NewHandler(
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect
    ) =>
        new()
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            ConnectCallback = connect,
        };

    private static HttpClient New(Uri address, HttpMessageHandler handler) =>
        new(handler) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };

    private static async ValueTask<Stream> OpenAsync(
        UnixDomainSocketEndPoint endpoint,
        CancellationToken cancellationToken
    )
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
