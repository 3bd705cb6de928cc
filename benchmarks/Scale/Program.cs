using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using ScaleBenchmark;

// scale-benchmark [environments [clients]]: what a cluster of many environments costs.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["serve", var served])
{
    await ServerProcess.RunAsync(served);
    return;
}
var environments = args.Length > 0 ? int.Parse(args[0]) : 1000;
var clients = args.Length > 1 ? int.Parse(args[1]) : 16;
var folder = Directory.CreateTempSubdirectory("scale-benchmark-").FullName;
var journal = Path.Combine(folder, "store.journal");
try
{
    long version;
    using (var server = await ServerProcess.StartAsync(folder))
    using (var api = server.Client())
    {
        var requests = new ConcurrentBag<double>();
        var wholes = new ConcurrentBag<double>();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(20));
        var watch = Stopwatch.StartNew();
        var ready = api.UntilAvailableAsync(environments * Environments.Deployments, patience.Token);
        await CreateAsync(api, 0, requests, wholes);
        var applied = watch.Elapsed;
        await ready;
        var available = watch.Elapsed;
        Tell(
            "applied objects",
            $"{requests.Count} in {applied.TotalSeconds:F1} s, {requests.Count / applied.TotalSeconds:F0} a second"
        );
        Tell("one object", Distribution(requests));
        Tell("one environment", Distribution(wholes));
        Tell(
            "all deployments ready",
            $"{available.TotalSeconds:F1} s ({(available - applied).TotalSeconds:F1} s after the last object)"
        );
        Tell("processor time of the server", $"{server.Processor.TotalSeconds:F1} s");
        Tell("resident memory", $"{server.ResidentMiB} MiB");
        var before = await api.MeasureAsync();
        version = before.Version;
        Tell("objects", $"{before.Count}, {before.Bytes / 1e6:F1} MB; {version} writes");
        Journal("journal while running", before.Bytes);
        Tell("stop", $"{await server.StopAsync():F0} ms");
        Journal("journal after stop", before.Bytes);
    }
    using (var server = await ServerProcess.StartAsync(folder))
    using (var api = server.Client())
    {
        Tell("open again", $"{server.StartedMs:F0} ms");
        // Controllers look at everything once after a start; when the processor rests they are done.
        var watch = Stopwatch.StartNew();
        var last = TimeSpan.Zero;
        var quiet = 0;
        while (quiet < 4)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);
            var now = server.Processor;
            quiet = now - last < TimeSpan.FromMilliseconds(20) ? quiet + 1 : 0;
            last = now;
        }
        Tell(
            "processor at rest",
            $"{watch.Elapsed.TotalSeconds - 1:F1} s later, after {last.TotalSeconds:F1} s of processor time"
        );
        Tell("resident memory after opening", $"{server.ResidentMiB} MiB");
        var after = await api.MeasureAsync();
        Tell("writes by opening", $"{after.Version - version}");
        Journal("journal after opening", after.Bytes);
        var busy = CreateAsync(api, environments, [], []);
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        Tell("stop while written to", $"{await server.StopAsync():F0} ms");
        await busy.ContinueWith(static ended => ended.Exception, TaskScheduler.Default);
        Journal("journal after stop", after.Bytes);
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

Task CreateAsync(Api api, int first, ConcurrentBag<double> requests, ConcurrentBag<double> wholes) =>
    Parallel.ForEachAsync(
        Enumerable.Range(first, environments),
        new ParallelOptions { MaxDegreeOfParallelism = clients },
        async (number, _) =>
        {
            var whole = Stopwatch.StartNew();
            foreach (var (path, body) in Environments.Objects(number))
            {
                var one = Stopwatch.StartNew();
                await api.ApplyAsync(path, body);
                requests.Add(one.Elapsed.TotalMilliseconds);
            }
            wholes.Add(whole.Elapsed.TotalMilliseconds);
        }
    );

void Journal(string what, long live)
{
    var bytes = new FileInfo(journal).Length;
    Tell(what, $"{bytes / 1e6:F1} MB, {(double)bytes / live:F2} times the live objects");
}

static void Tell(string what, string value) => Console.WriteLine($"{what, -32} {value}");

static string Distribution(IEnumerable<double> values)
{
    var sorted = values.Order().ToArray();
    double At(double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
    return $"p50 {At(0.5):F0} ms, p99 {At(0.99):F0} ms, max {sorted[^1]:F0} ms";
}
