using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EmbeddedKubernetes;

namespace ScaleBenchmark;

/// <summary>The cluster in a process of its own, so that memory and time are the server's alone.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;

    private readonly Func<Api> _client;

    private ServerProcess(Process process, Func<Api> client, double started)
    {
        _process = process;
        _client = client;
        StartedMs = started;
    }

    /// <summary>From the call that starts the cluster to its return.</summary>
    public double StartedMs { get; }

    public long ResidentMiB
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 >> 20;
        }
    }

    public TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public Api Client() => _client();

    /// <summary>What the child process does: serves until its input ends.</summary>
    public static async Task RunAsync(string folder)
    {
        var watch = Stopwatch.StartNew();
        var cluster = await EmbeddedCluster.StartAsync(new() { StateDirectory = folder });
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{cluster.Server} {cluster.Token} {watch.Elapsed.TotalMilliseconds}"
            )
        );
        await Console.In.ReadToEndAsync();
        watch.Restart();
        await cluster.DisposeAsync();
        Console.WriteLine(watch.Elapsed.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
    }

    public static async Task<ServerProcess> StartAsync(string folder)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["serve", folder])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        var process = Process.Start(start)!;
        var parts = (
            await process.StandardOutput.ReadLineAsync() ?? throw new IOException("the server did not start")
        ).Split(' ');
        var authority = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(folder, "ca.crt")));
        return new(
            process,
            () => new Api(new Uri(parts[0]), parts[1], authority),
            double.Parse(parts[2], CultureInfo.InvariantCulture)
        );
    }

    /// <returns>How long the cluster took to stop, in milliseconds.</returns>
    public async Task<double> StopAsync()
    {
        _process.StandardInput.Close();
        var text = await _process.StandardOutput.ReadLineAsync() ?? throw new IOException("the server did not stop");
        await _process.WaitForExitAsync();
        return double.Parse(text, CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }
}
