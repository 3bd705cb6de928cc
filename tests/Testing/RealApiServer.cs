using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Configuration;

namespace PlatformLocal.Testing;

/// <summary>
/// A kube-apiserver with its etcd on loopback ports, from the binaries in <c>KUBEBUILDER_ASSETS</c>. No controllers
/// run: tests set statuses themselves.
/// </summary>
public sealed class RealApiServer : IAsyncLifetime
{
    private readonly List<Process> _processes = [];
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"platform-local-apiserver-{Guid.NewGuid():N}");
    private readonly string? _assets = Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS");
    private readonly Lazy<Task<ClusterConnection>> _started;

    public RealApiServer() => _started = new Lazy<Task<ClusterConnection>>(StartAsync);

    public string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    public string Kubectl => Path.Combine(_assets ?? "", "kubectl");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A new client; skips the test where the binaries are missing.</summary>
    public async Task<KubernetesClient> ConnectAsync(KubernetesClientOptions? options = null)
    {
        Assert.SkipWhen(
            string.IsNullOrEmpty(_assets) || !File.Exists(Path.Combine(_assets, "kube-apiserver")),
            "KUBEBUILDER_ASSETS does not name a folder with etcd and kube-apiserver"
        );
        return new KubernetesClient(await _started.Value, options);
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = _processes.Count - 1; i >= 0; i--)
        {
            _processes[i].Kill();
            await _processes[i].WaitForExitAsync();
            _processes[i].Dispose();
        }
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task<ClusterConnection> StartAsync()
    {
        Directory.CreateDirectory(_folder);
        int client = FreePort();
        int peer = FreePort();
        int secure = FreePort();
        Start(
            "etcd",
            $"--data-dir={_folder}/etcd",
            $"--listen-client-urls=http://127.0.0.1:{client}",
            $"--advertise-client-urls=http://127.0.0.1:{client}",
            $"--listen-peer-urls=http://127.0.0.1:{peer}",
            $"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
            $"--initial-cluster=default=http://127.0.0.1:{peer}",
            "--unsafe-no-fsync=true"
        );
        string token = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        await File.WriteAllTextAsync(
            $"{_folder}/tokens.csv",
            $"{token},admin,admin,system:masters\nreader,reader,reader,readers\n"
        );
        using (var key = RSA.Create(2048))
        {
            await File.WriteAllTextAsync($"{_folder}/accounts.key", key.ExportRSAPrivateKeyPem());
        }
        Start(
            "kube-apiserver",
            $"--etcd-servers=http://127.0.0.1:{client}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            $"--secure-port={secure}",
            $"--cert-dir={_folder}/certificates",
            $"--token-auth-file={_folder}/tokens.csv",
            $"--service-account-key-file={_folder}/accounts.key",
            $"--service-account-signing-key-file={_folder}/accounts.key",
            "--service-account-issuer=https://127.0.0.1",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged=true"
        );
        return await WaitAsync(secure, token);
    }

    private async Task<ClusterConnection> WaitAsync(int port, string token)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        string authority = $"{_folder}/certificates/apiserver.crt";
        string config = $$$"""
            apiVersion: v1
            kind: Config
            current-context: test
            contexts: [{name: test, context: {cluster: test, user: test}}]
            clusters: [{name: test, cluster: {server: "https://127.0.0.1:{{{port}}}", certificate-authority: certificates/apiserver.crt}}]
            users: [{name: test, user: {token: "{{{token}}}"}}]
            """;
        await File.WriteAllTextAsync(Kubeconfig, config, deadline.Token);
        while (true)
        {
            if (File.Exists(authority))
            {
                ClusterConnection connection = PlatformLocal
                    .Kubernetes.Configuration.Kubeconfig.Load(Kubeconfig)
                    .Connect();
                using var probe = new KubernetesClient(connection, new KubernetesClientOptions { Retries = 0 });
                try
                {
                    if (await probe.IsReadyAsync(deadline.Token))
                    {
                        return connection;
                    }
                }
                catch (KubernetesException)
                {
                    // Not listening yet.
                }
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, deadline.Token);
        }
    }

    private void Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(_assets!, program), arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        _processes.Add(process);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
