using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace PlatformLocal.Benchmarks;

/// <summary>A serving process, reached over HTTP.</summary>
internal sealed class PlatformProcess(string program, BenchmarkFolder folder) : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private Process? _process;
    private HttpClient? _http;

    /// <summary>How much memory the process has just now.</summary>
    public long ResidentMiB
    {
        get
        {
            _process!.Refresh();
            return _process.WorkingSet64 / 1024 / 1024;
        }
    }

    /// <summary>Starts it and returns when it answers.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo(program, ["serve", "--workspace", folder.Workspace, "--name", "bench"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PLATFORM_STATE"] = folder.State;
        _process = Process.Start(start)!;
        // What it says is not measured, and must not fill a pipe.
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var late = new CancellationTokenSource(s_patience);
        var endpoint = Path.Combine(folder.Platform, "endpoint.json");
        while (!File.Exists(endpoint))
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"{program} ended with {_process.ExitCode} instead of serving.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, late.Token);
        }

        var document = JsonNode.Parse(await File.ReadAllTextAsync(endpoint, late.Token))!.AsObject();
        var address = document.First(p => p.Key.Equals("address", StringComparison.OrdinalIgnoreCase)).Value!;
        _http = new HttpClient { BaseAddress = new Uri(address.ToString()), Timeout = s_patience };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            (await File.ReadAllTextAsync(Path.Combine(folder.Platform, "token"), late.Token)).Trim()
        );
    }

    /// <summary>Creates an environment of two services.</summary>
    public async Task CreateAsync(string name)
    {
        using var body = new StringContent(
            $$"""{"environment_name":"{{name}}","services":{"web":"^1.0"} }""",
            Encoding.UTF8,
            "application/json"
        );
        using var answer = await _http!.PostAsync("api/v1/environments?deployOnlySpecified=true", body);
        if (answer.StatusCode != HttpStatusCode.Created)
        {
            throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
        }
    }

    /// <summary>Returns when as many environments are ready.</summary>
    public async Task UntilReadyAsync(int count)
    {
        using var late = new CancellationTokenSource(s_patience);
        while (true)
        {
            var platform = JsonNode.Parse(await _http!.GetStringAsync("api/v1/platform", late.Token))!;
            if ((int?)platform["environments"]?["ready"] == count)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, late.Token);
        }
    }

    /// <summary>Ends it and says how many seconds that took.</summary>
    public async Task<double> StopAsync()
    {
        var began = Stopwatch.GetTimestamp();
        using (await _http!.PostAsync("api/v1/platform/stop", null)) { }
        using var late = new CancellationTokenSource(s_patience);
        await _process!.WaitForExitAsync(late.Token);
        _http.Dispose();
        _process.Dispose();
        _process = null;
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false } running)
        {
            running.Kill();
            await running.WaitForExitAsync();
            running.Dispose();
        }
    }
}
