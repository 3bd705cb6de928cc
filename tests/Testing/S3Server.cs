using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace PlatformLocal.Testing;

/// <summary>
/// An S3 server that is not ours: s3rver of npm, on a loopback port, with real signatures. It knows no conditions on
/// writes, which MinIO does. <c>PLATFORM_S3_TEST_ENDPOINT</c>, <c>…_ACCESS_KEY</c> and <c>…_SECRET_KEY</c> name another.
/// </summary>
public sealed class S3Server : IAsyncLifetime
{
    private const string Package = "s3rver@3.7.1";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"platform-local-s3-{Guid.NewGuid():N}");
    private readonly Lazy<Task<Uri?>> _started;
    private Process? _process;
    private string _reason = "";

    public S3Server() => _started = new Lazy<Task<Uri?>>(StartAsync);

    public static string AccessKey => Environment.GetEnvironmentVariable("PLATFORM_S3_TEST_ACCESS_KEY") ?? "S3RVER";

    public static string SecretKey => Environment.GetEnvironmentVariable("PLATFORM_S3_TEST_SECRET_KEY") ?? "S3RVER";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>The server's address; skips the test where there is none.</summary>
    public async Task<Uri> RequireAsync()
    {
        var address = await _started.Value;
        Assert.SkipWhen(address is null, _reason);
        return address!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task<Uri?> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("PLATFORM_S3_TEST_ENDPOINT") is { Length: > 0 } given)
        {
            return new Uri(given);
        }

        var cache = Path.Combine(Path.GetTempPath(), "platform-local-test-s3rver");
        var program = Path.Combine(cache, "node_modules", ".bin", "s3rver");
        if (!File.Exists(program) && !await InstallAsync(cache))
        {
            return null;
        }

        Directory.CreateDirectory(_folder);
        var port = FreePort();
        _process = Start(
            program,
            ["--directory", _folder, "--address", "127.0.0.1", "--port", $"{port}", "--silent"],
            _folder
        );
        var address = new Uri($"http://127.0.0.1:{port}");
        using var http = new HttpClient();
        using var late = new CancellationTokenSource(s_patience);
        while (true)
        {
            try
            {
                using var response = await http.GetAsync(address, late.Token);
                return address;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, late.Token);
            }
        }
    }

    private async Task<bool> InstallAsync(string cache)
    {
        var staging = cache + "." + Guid.NewGuid().ToString("N");
        Directory.CreateDirectory(staging);
        try
        {
            using var npm = Start("npm", ["install", "--no-audit", "--no-fund", "--silent", Package], staging);
            using var late = new CancellationTokenSource(s_patience);
            await npm.WaitForExitAsync(late.Token);
            if (npm.ExitCode != 0)
            {
                _reason = $"npm cannot install {Package}";
                return false;
            }

            Directory.Move(staging, cache);
            return true;
        }
        catch (Exception e)
            when (e is System.ComponentModel.Win32Exception or OperationCanceledException or IOException)
        {
            _reason = $"no S3 server: npm cannot install {Package} ({e.Message})";
            return Directory.Exists(cache);
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }
    }

    private static Process Start(string program, string[] arguments, string folder) =>
        Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardInput = true,
                UseShellExecute = false,
            }
        )!;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
