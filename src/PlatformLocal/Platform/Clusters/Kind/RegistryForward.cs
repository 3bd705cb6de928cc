using System.Net;
using System.Net.Sockets;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>
/// Takes what is sent to a port of this machine's localhost to a registry elsewhere. Inside a container, localhost is not
/// where the registry is published, but images are called by it there as everywhere.
/// </summary>
internal sealed class RegistryForward : IDisposable
{
    private static readonly TimeSpan s_answersWithin = TimeSpan.FromSeconds(3);

    private readonly TcpListener _listener;
    private readonly IPEndPoint _registry;
    private readonly CancellationTokenSource _stop = new();

    private RegistryForward(int port, IPEndPoint registry)
    {
        _registry = registry;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
    }

    /// <summary>Whether something takes connections at an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<bool> AnswersAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(s_answersWithin);
        using var client = new TcpClient(address.AddressFamily);
        try
        {
            await client.ConnectAsync(address, timeout.Token);
            return true;
        }
        catch (Exception e)
            when (e is SocketException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            return false;
        }
    }

    /// <summary>Starts forwarding; it ends when this is disposed of.</summary>
    /// <param name="port">The port on localhost.</param>
    /// <param name="registry">Where the registry takes connections.</param>
    /// <exception cref="SocketException">The port is taken.</exception>
    public static RegistryForward Open(int port, IPEndPoint registry)
    {
        var forward = new RegistryForward(port, registry);
        _ = forward.AcceptAsync();
        return forward;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var stop = _stop.Token;
        try
        {
            while (true)
            {
                _ = CarryAsync(await _listener.AcceptTcpClientAsync(stop), stop);
            }
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or SocketException)
        {
            // disposed of
        }
    }

    // A connection that breaks on one side is broken on the other: whoever uses it sees that, as without a forward.
    private async Task CarryAsync(TcpClient client, CancellationToken stop)
    {
        using (client)
        using (var server = new TcpClient(_registry.AddressFamily))
        {
            try
            {
                await server.ConnectAsync(_registry, stop);
                await Task.WhenAny(
                    client.GetStream().CopyToAsync(server.GetStream(), stop),
                    server.GetStream().CopyToAsync(client.GetStream(), stop)
                );
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // the other side is closed below
            }
        }
    }
}
