using System.Diagnostics;
using System.Text.Json.Nodes;
using PlatformLocal.Benchmarks;

// Many environments on one platform, over its API alone: what a creation takes, how long until all are ready, and
// what a stop and a restart cost. Prints one JSON object.
if (args.Length == 0)
{
    await Console.Error.WriteLineAsync("environments-benchmark PLATFORMCTL [ENVIRONMENTS] [CLIENTS]");
    return 2;
}

var program = Path.GetFullPath(args[0]);
var count = args.Length > 1 ? int.Parse(args[1]) : 1000;
var clients = args.Length > 2 ? int.Parse(args[2]) : 16;
using var folder = new BenchmarkFolder();

await using var platform = new PlatformProcess(program, folder);
await platform.StartAsync();
var began = Stopwatch.GetTimestamp();
var creations = new double[count];
var next = -1;
await Task.WhenAll(
    Enumerable
        .Range(0, clients)
        .Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                var started = Stopwatch.GetTimestamp();
                await platform.CreateAsync($"bench-{i:0000}");
                creations[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            }
        })
);
var created = Stopwatch.GetElapsedTime(began).TotalSeconds;
await platform.UntilReadyAsync(count);
var ready = Stopwatch.GetElapsedTime(began).TotalSeconds;
var memory = platform.ResidentMiB;
var stop = await platform.StopAsync();
var (bucket, journal) = (folder.BytesIn("buckets"), folder.BytesIn("cluster"));
began = Stopwatch.GetTimestamp();
await platform.StartAsync();
var answers = Stopwatch.GetElapsedTime(began).TotalSeconds;
await platform.UntilReadyAsync(count);
var restart = Stopwatch.GetElapsedTime(began).TotalSeconds;
var secondStop = await platform.StopAsync();

Array.Sort(creations);
Console.WriteLine(
    new JsonObject
    {
        ["environments"] = count,
        ["clients"] = clients,
        ["creation_p50_ms"] = Math.Round(creations[count / 2], 1),
        ["creation_p99_ms"] = Math.Round(creations[Math.Min(count - 1, count * 99 / 100)], 1),
        ["creation_max_ms"] = Math.Round(creations[^1], 1),
        ["all_created_s"] = Math.Round(created, 2),
        ["all_ready_s"] = Math.Round(ready, 2),
        ["resident_MiB"] = memory,
        ["stop_s"] = Math.Round(stop, 2),
        ["restart_answers_s"] = Math.Round(answers, 2),
        ["restart_all_ready_s"] = Math.Round(restart, 2),
        ["stop_after_restart_s"] = Math.Round(secondStop, 2),
        ["bucket_bytes"] = bucket,
        ["journal_bytes"] = journal,
    }.ToJsonString()
);
return 0;
