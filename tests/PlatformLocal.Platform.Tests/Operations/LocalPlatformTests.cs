using System.Net;
using System.Net.Sockets;
using System.Text;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Operations;
using PlatformLocal.Platform.State;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Operations;

public sealed class LocalPlatformTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")]
    public async Task A_platform_of_another_version_is_told_with_both_versions_and_can_be_stopped(string answer)
    {
        _folder.Write("workspace/platform.yaml", "");
        var state = new StateFolder(_folder.Path, "shop");
        state.WriteSettings(new PlatformSettings(ClusterKind.Embedded, Path.Combine(_folder.Path, "workspace")));
        state.EnsureToken();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync(listener, answer);
        // Who serves it is a process of this machine, which holds the lock for as long as it lives.
        using var serving = Serve(state);
        var pid = serving.Id;
        state.WriteEndpoint(new EndpointDocument(new Uri($"http://{listener.LocalEndpoint}"), pid, "0.8.0"));
        var platform = new LocalPlatform(
            state,
            new ServeCommand("false", "0.9.0", []),
            new ProgramRunner(TimeProvider.System),
            TimeProvider.System
        );
        using var api = await platform.ConnectAsync(Token);

        foreach (
            var ask in new Func<Task>[]
            {
                () => api.ListAsync("", Token),
                () => platform.EnsureRunningAsync((string?)null, "a test", _ => { }, Token),
            }
        )
        {
            (await ask.Should().ThrowAsync<PlatformException>())
                .WithMessage(
                    "The platform 'shop' is served by version 0.8.0, which version 0.9.0, this program, does not*"
                )
                .Which.NextStep.Should()
                .Contain("destroy-local-platform --keep-state");
        }

        await platform.StopAsync(_ => { }, Token);

        await serving.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Token); // its end is told a moment later
        listener.Stop();
        await answering;
    }

    [Fact]
    public async Task Whoever_asks_for_a_platform_that_is_silent_is_not_told_to_ask_for_it()
    {
        var state = new StateFolder(_folder.Path, "shop");
        state.WriteSettings(new PlatformSettings(ClusterKind.Embedded, Path.Combine(_folder.Path, "workspace")));
        state.EnsureToken();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var serving = Serve(state);
        try
        {
            state.WriteEndpoint(new EndpointDocument(new Uri($"http://{listener.LocalEndpoint}"), serving.Id, "0.9.0"));
            var platform = new LocalPlatform(
                state,
                new ServeCommand("false", "0.9.0", []),
                new ProgramRunner(TimeProvider.System),
                TimeProvider.System
            );
            using var api = await platform.ConnectAsync(Token);
            listener.Stop();

            var ask = () => platform.DescribeAsync(api, Token);

            (await ask.Should().ThrowAsync<PlatformException>())
                .WithMessage("The Platform API at * does not answer: *")
                .Which.NextStep.Should()
                .Be(
                    $"Its log is {state.Log}. If it does not come back, end its process and start it again, what it keeps stays: "
                        + $"kill -9 {serving.Id}\nplatformctl create-local-platform"
                );
        }
        finally
        {
            serving.Kill(entireProcessTree: true);
        }
    }

    private static System.Diagnostics.Process Serve(StateFolder state)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "it needs flock");
        var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("flock", ["--no-fork", state.Lock, "sleep", "60"])
        )!;
        File.WriteAllText(
            Path.ChangeExtension(state.Lock, ".holder.json"),
            $$"""{"process_id":{{process.Id}},"work":"serve","since":"2026-01-01T00:00:00Z","doing":[]}"""
        );
        while (!FolderLock.IsHeld(state.Lock))
        {
            Thread.Yield();
        }

        return process;
    }

    private static async Task AnswerAsync(TcpListener listener, string answer)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(Token);
                await using var stream = client.GetStream();
                _ = await stream.ReadAsync(new byte[4096], Token);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), Token);
            }
        }
        catch (SocketException)
        {
            // the test is over
        }
    }
}
