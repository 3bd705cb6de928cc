using System.Text.Json.Nodes;
using EmbeddedKubernetes.Storage;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Storage;

public sealed class CompactionTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("compaction-");

    private string Journal => Path.Combine(_folder.FullName, "store.journal");

    public void Dispose() => _folder.Delete(recursive: true);

    private static StoredObject? Put(ObjectStore store, string name, string value)
    {
        var key = new ObjectKey("things.", "ns", name);
        var thing = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["uid"] = "uid-" + name },
            ["value"] = value,
        };
        return store.TryPut(key, store.Get(key), thing);
    }

    private static long LiveBytes(ObjectStore store) => store.List("things.").Sum(o => (long)o.Json.Length);

    [Fact]
    public async Task A_store_with_nothing_or_next_to_nothing_in_it_closes()
    {
        for (var round = 0; round < 2; round++)
        {
            var write = round == 1;
            var closing = Task.Run(() => OpenAndClose(write), TestContext.Current.CancellationToken);
            await closing.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        }
    }

    private void OpenAndClose(bool write)
    {
        using var store = ObjectStore.Open(_folder.FullName);
        if (write)
        {
            store.TryPut(new("t.", "", "a"), null, []);
        }
    }

    [Fact]
    public async Task However_objects_come_and_go_a_closed_journal_is_at_most_twice_as_large_as_they_are()
    {
        var random = new Random(20);
        for (var round = 0; round < 5; round++)
        {
            long live;
            using (var store = ObjectStore.Open(_folder.FullName, compactAfter: 50_000))
            {
                StoredObject? last = null;
                for (var i = 0; i < 2000; i++)
                {
                    var name = "n" + random.Next(200);
                    last = Put(store, name, new string('x', random.Next(400))) ?? last;
                }
                // Nearly all of them go again in the end.
                foreach (var stored in store.List("things.").Skip(round == 4 ? 5 : 150))
                {
                    last = store.TryDelete(stored);
                }
                await store.DurableAsync(last!.ResourceVersion);
                live = LiveBytes(store);
            }
            new FileInfo(Journal).Length.Should().BeLessThan((2 * live) + 500);
        }
    }

    [Fact]
    public async Task What_is_written_while_a_compaction_runs_is_there_after_a_restart()
    {
        var written = new Dictionary<string, string>(StringComparer.Ordinal);
        long version;
        using (var store = ObjectStore.Open(_folder.FullName, compactAfter: 1000))
        {
            // Every few writes make a compaction due, so that most run while others go on.
            await Parallel.ForEachAsync(
                Enumerable.Range(0, 8),
                TestContext.Current.CancellationToken,
                async (writer, _) =>
                {
                    for (var i = 0; i < 300; i++)
                    {
                        var name = $"w{writer}-{i % 10}";
                        if (i % 7 == 6 && store.Get(new("things.", "ns", name)) is { } present)
                        {
                            var gone = store.TryDelete(present)!;
                            await store.DurableAsync(gone.ResourceVersion);
                            lock (written)
                            {
                                written.Remove(name);
                            }
                            continue;
                        }
                        var put = Put(store, name, i.ToString(System.Globalization.CultureInfo.InvariantCulture))!;
                        await store.DurableAsync(put.ResourceVersion);
                        lock (written)
                        {
                            written[name] = put.Read()["value"]!.GetValue<string>();
                        }
                    }
                }
            );
            version = store.ResourceVersion;
        }
        using var again = ObjectStore.Open(_folder.FullName);
        again
            .List("things.")
            .ToDictionary(o => o.Key.Name, o => o.Read()["value"]!.GetValue<string>(), StringComparer.Ordinal)
            .Should()
            .BeEquivalentTo(written);
        again.ResourceVersion.Should().Be(version);
    }

    [Fact]
    public async Task A_journal_copied_at_any_moment_holds_what_was_acknowledged_before()
    {
        using var store = ObjectStore.Open(_folder.FullName, compactAfter: 500);
        var copy = Directory.CreateTempSubdirectory("compaction-copy-");
        try
        {
            for (var i = 0; i < 200; i++)
            {
                var value = new string('x', 100) + i;
                await store.DurableAsync(Put(store, "same", value)!.ResourceVersion);
                File.Copy(Journal, Path.Combine(copy.FullName, "store.journal"), overwrite: true);
                using var read = ObjectStore.Open(copy.FullName);
                read.Get(new("things.", "ns", "same"))!.Read()["value"]!.GetValue<string>().Should().Be(value);
            }
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_compaction_that_is_refused_is_told_and_loses_nothing()
    {
        using var logged = new CollectingLoggers();
        var obstacle = new DirectoryInfo(Journal + ".new");
        using (var store = ObjectStore.Open(_folder.FullName, logged, compactAfter: 1000))
        {
            obstacle.Create();
            for (var i = 0; i < 100; i++)
            {
                await store.DurableAsync(Put(store, "same", new string('x', 100) + i)!.ResourceVersion);
            }
            await logged.UntilAsync(entries =>
                entries.Any(e => e.Text.Contains("could not be compacted", StringComparison.Ordinal))
            );
        }
        obstacle.Delete();
        using var again = ObjectStore.Open(_folder.FullName);
        again.Get(new("things.", "ns", "same"))!.Read()["value"]!.GetValue<string>().Should().EndWith("99");
    }
}
