using System.Net.Sockets;

namespace PlatformLocal.EndToEnd.Tests;

/// <summary>A socket that leads to the Docker engine until it is closed: as if the engine was stopped, for one program only.</summary>
internal sealed class EngineProxy : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("platform-local-test-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();

    public EngineProxy()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(Socket));
        _listener.Listen();
        _ = AcceptAsync();
    }

    public string Address => "unix://" + Socket;

    private string Socket => Path.Combine(_folder, "docker.sock");

    /// <summary>Cuts every connection and refuses new ones.</summary>
    public void Close()
    {
        _listener.Dispose();
        File.Delete(Socket);
        _stop.Cancel();
    }

    public void Dispose()
    {
        Close();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = JoinAsync(await _listener.AcceptAsync(_stop.Token));
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task JoinAsync(Socket near)
    {
        using (near)
        using (var far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            try
            {
                await far.ConnectAsync(new UnixDomainSocketEndPoint("/var/run/docker.sock"), _stop.Token);
                await using var one = new NetworkStream(near);
                await using var other = new NetworkStream(far);
                var there = CopyAsync(one, other, far);
                var back = CopyAsync(other, one, near);
                await Task.WhenAll(there, back);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // Cut.
            }
        }
    }

    // docker closes only its sending side while it waits for the rest of an answer.
    private async Task CopyAsync(NetworkStream from, NetworkStream to, Socket receiver)
    {
        await from.CopyToAsync(to, _stop.Token);
        receiver.Shutdown(SocketShutdown.Send);
    }
}
