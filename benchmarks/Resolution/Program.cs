using System.Diagnostics;
using System.Text;
using System.Text.Json;
using PlatformLocal.Benchmarks;
using PlatformLocal.Core;
using PlatformLocal.Core.Resolution;

// Measures the resolver in one process, warm, and prints one JSON object: medians in milliseconds, memory in MiB.
// With the argument "workspace FOLDER" it writes the same catalogue as a workspace instead, for whole processes.

const int Runs = 15;

if (args is ["workspace", var folder])
{
    SyntheticWorkspace.Write(folder, services: 1000, versions: 50);
    return;
}

var results = new Dictionary<string, double>();
foreach (var (services, versions) in new[] { (1000, 50), (10_000, 20) })
{
    var catalogue = SyntheticCatalogue.Layered(services, versions);
    var roots = SyntheticCatalogue.Roots(services);
    var (milliseconds, mebibytes, chosen) = Measure(() =>
        Resolver.Resolve(catalogue, roots, useDevTags: false).Services.Count
    );
    Trace.Assert(chosen > services / 2, "most of the catalogue takes part");
    results[$"resolve_{services}x{versions}_ms"] = milliseconds;
    results[$"resolve_{services}x{versions}_MiB"] = mebibytes;
    results[$"resolve_{services}x{versions}_chosen"] = chosen;
}

var diamonds = SyntheticCatalogue.DeepDiamonds(depth: 30, versions: 20);
var (explained, _, length) = Measure(() =>
{
    try
    {
        _ = Resolver.Resolve(diamonds, SyntheticCatalogue.DiamondRoots, useDevTags: false);
        throw new UnreachableException("the diamonds have no answer");
    }
    catch (PlatformException e)
    {
        return e.Message.Length;
    }
});
results["deep_diamonds_explained_ms"] = explained;
results["deep_diamonds_message_characters"] = length;
await using var output = Console.OpenStandardOutput();
await output.WriteAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(results) + "\n"));

static (double Milliseconds, double Mebibytes, int Result) Measure(Func<int> work)
{
    var result = work();
    for (var i = 0; i < 3; i++)
    {
        _ = work();
    }

    var times = new List<double>();
    var allocated = 0L;
    for (var i = 0; i < Runs; i++)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        _ = work();
        times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
    }

    times.Sort();
    return (Math.Round(times[Runs / 2], 2), Math.Round(allocated / 1048576.0, 1), result);
}
