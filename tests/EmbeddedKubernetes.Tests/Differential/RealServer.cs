using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using EmbeddedKubernetes.Tests.Differential;
using EmbeddedKubernetes.Tests.Support;

[assembly: AssemblyFixture(typeof(RealServer))]

namespace EmbeddedKubernetes.Tests.Differential;

/// <summary>A real kube-apiserver with etcd, started when first asked for if KUBEBUILDER_ASSETS names a folder with both.</summary>
public sealed class RealServer : IAsyncLifetime
{
    private const string Token = "differential-tests";
    private readonly List<Process> _processes = [];
    private readonly Lock _gate = new();
    private DirectoryInfo? _folder;
    private ApiClient? _api;
    private Task<ApiClient>? _started;

    private static string? Assets => Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS");

    public static bool IsThere =>
        Assets is { } folder
        && File.Exists(Path.Combine(folder, "kube-apiserver"))
        && File.Exists(Path.Combine(folder, "etcd"));

    public const string WhySkipped = "KUBEBUILDER_ASSETS does not name a folder with kube-apiserver and etcd";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Starts it once; a start that failed is not tried again.</summary>
    internal Task<ApiClient> StartAsync()
    {
        lock (_gate)
        {
            return _started ??= StartOnceAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _api?.Dispose();
        foreach (var process in Enumerable.Reverse(_processes))
        {
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync();
            }
            process.Dispose();
        }
        _folder?.Delete(recursive: true);
    }

    private async Task<ApiClient> StartOnceAsync()
    {
        _folder = Directory.CreateTempSubdirectory("real-apiserver-");
        var (etcd, peer, secure) = (FreePort(), FreePort(), FreePort());
        Run(
            "etcd",
            "--data-dir",
            Path.Combine(_folder.FullName, "etcd"),
            "--listen-client-urls",
            $"http://127.0.0.1:{etcd}",
            "--advertise-client-urls",
            $"http://127.0.0.1:{etcd}",
            "--listen-peer-urls",
            $"http://127.0.0.1:{peer}",
            "--unsafe-no-fsync"
        );
        var key = Path.Combine(_folder.FullName, "sa.key");
        using (var rsa = RSA.Create(2048))
        {
            await File.WriteAllTextAsync(key, rsa.ExportRSAPrivateKeyPem());
        }
        var tokens = Path.Combine(_folder.FullName, "tokens.csv");
        await File.WriteAllTextAsync(tokens, $"{Token},tester,tester,system:masters\n");
        Run(
            "kube-apiserver",
            "--etcd-servers",
            $"http://127.0.0.1:{etcd}",
            "--bind-address",
            "127.0.0.1",
            "--advertise-address",
            "127.0.0.1",
            "--secure-port",
            secure.ToString(CultureInfo.InvariantCulture),
            "--cert-dir",
            Path.Combine(_folder.FullName, "certs"),
            "--token-auth-file",
            tokens,
            "--authorization-mode",
            "AlwaysAllow",
            "--disable-admission-plugins",
            "ServiceAccount",
            "--service-account-issuer",
            "https://127.0.0.1",
            "--service-account-key-file",
            key,
            "--service-account-signing-key-file",
            key,
            "--service-cluster-ip-range",
            "10.96.0.0/16"
        );
        _api = new ApiClient(new Uri($"https://127.0.0.1:{secure}"), Token);
        await UntilReadyAsync(_api);
        return _api;
    }

    private async Task UntilReadyAsync(ApiClient api)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        while (true)
        {
            patience.IsCancellationRequested.Should().BeFalse("kube-apiserver should become ready");
            _processes.Should().OnlyContain(p => !p.HasExited, "etcd and kube-apiserver should stay up");
            try
            {
                if (
                    (await api.GetAsync("/readyz")).Code == 200
                    && (await api.GetAsync("/api/v1/namespaces/default")).Code == 200
                )
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, ApiClient.Cancel);
        }
    }

    private void Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Assets!, program), arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        _processes.Add(process);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
