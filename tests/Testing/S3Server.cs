using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;

namespace PlatformLocal.Testing;

/// <summary>
/// An S3 server that is not ours, on a loopback port: Ceph's where its image is there, else s3rver of npm, which has real
/// signatures and knows no conditions on writes. <c>PLATFORM_S3_TEST_ENDPOINT</c>, <c>…_ACCESS_KEY</c> and
/// <c>…_SECRET_KEY</c> name another.
/// </summary>
public sealed class S3Server : IAsyncLifetime
{
    private const string Package = "s3rver@3.7.1";
    private const string CephImage = "ceph-s3:16.2";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"platform-local-s3-{Guid.NewGuid():N}");
    private readonly Lazy<Task<Uri?>> _started;
    private IContainer? _container;
    private Process? _process;
    private string _reason = "";

    public S3Server() => _started = new Lazy<Task<Uri?>>(StartAsync);

    public static string AccessKey => Environment.GetEnvironmentVariable("PLATFORM_S3_TEST_ACCESS_KEY") ?? "S3RVER";

    public static string SecretKey => Environment.GetEnvironmentVariable("PLATFORM_S3_TEST_SECRET_KEY") ?? "S3RVER";

    /// <summary>Skips the test where the server does not look at the conditions of writes.</summary>
    public async Task RequireConditionsAsync()
    {
        await RequireAsync();
        Assert.SkipWhen(
            _process is not null,
            $"s3rver knows no conditions on writes, and there is no image {CephImage}"
        );
    }

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
        if (_container is not null)
        {
            await _container.DisposeAsync();
        }

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

        if (Programs.Has("docker") && await StartCephAsync() is { } ceph)
        {
            return ceph;
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
        return await AnsweringAsync(port);
    }

    private static async Task<Uri> AnsweringAsync(int port)
    {
        var address = new Uri($"http://127.0.0.1:{port}");
        using var http = new HttpClient();
        using var late = new CancellationTokenSource(s_patience);
        while (true)
        {
            try
            {
                using var response = await http.GetAsync(address, late.Token);
                if (response.IsSuccessStatusCode)
                {
                    return address;
                }
            }
            catch (HttpRequestException)
            {
                // not yet
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, late.Token);
        }
    }

    private async Task<Uri?> StartCephAsync()
    {
        const ushort port = 9000;
        using var late = new CancellationTokenSource(s_patience);
        try
        {
            _container = Containers
                .Of(CephImage, port)
                .WithEnvironment("S3_ACCESS_KEY", AccessKey)
                .WithEnvironment("S3_SECRET_KEY", SecretKey)
                .Build();
            await _container.StartAsync(late.Token);
        }
        catch (Exception e)
            when (e is DockerUnavailableException or DockerApiException { StatusCode: HttpStatusCode.NotFound })
        {
            return null; // no engine, or not the image
        }

        return await AnsweringAsync(_container.GetMappedPublicPort(port));
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
