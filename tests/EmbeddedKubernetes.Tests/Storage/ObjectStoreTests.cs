using System.Text.Json.Nodes;
using EmbeddedKubernetes.Json;
using EmbeddedKubernetes.Storage;
using EmbeddedKubernetes.Tests.Support;
using Microsoft.Extensions.Logging;

namespace EmbeddedKubernetes.Tests.Storage;

public sealed class ObjectStoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("object-store-");

    private string Journal => Path.Combine(_folder.FullName, "store.journal");

    public void Dispose() => _folder.Delete(recursive: true);

    private static ObjectKey Key(string name) => new("things.", "ns", name);

    private static JsonObject Thing(string name, string value = "1") =>
        new()
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["uid"] = "uid-" + name },
            ["value"] = value,
        };

    private static int RecordOf(string name) =>
        JournalRecord.Put(new StoredObject(Key(name), 1, Thing(name).ToUtf8())).Size
        + "\"resourceVersion\":\"4\",".Length;

    private static async Task<StoredObject> PutAsync(ObjectStore store, string name, string value = "1")
    {
        var put = store.TryPut(Key(name), store.Get(Key(name)), Thing(name, value))!;
        await store.DurableAsync(put.ResourceVersion);
        return put;
    }

    [Fact]
    public async Task What_was_written_is_there_after_a_restart_and_versions_go_on()
    {
        long last;
        using (var store = ObjectStore.Open(_folder.FullName))
        {
            await PutAsync(store, "a");
            await PutAsync(store, "a", "2");
            await PutAsync(store, "b");
            var gone = store.TryDelete(store.Get(Key("b"))!)!;
            await store.DurableAsync(gone.ResourceVersion);
            last = store.ResourceVersion;
        }
        using var again = ObjectStore.Open(_folder.FullName);
        again.Get(Key("a"))!.Read()["value"]!.GetValue<string>().Should().Be("2");
        again.Get(Key("b")).Should().BeNull();
        again.ResourceVersion.Should().Be(last);
    }

    [Fact]
    public async Task A_journal_torn_at_any_byte_loses_only_the_last_record()
    {
        using (var store = ObjectStore.Open(_folder.FullName))
        {
            await PutAsync(store, "kept");
        }
        var whole = new FileInfo(Journal).Length;
        using (var store = ObjectStore.Open(_folder.FullName))
        {
            await PutAsync(store, "torn");
        }
        var bytes = await File.ReadAllBytesAsync(Journal, TestContext.Current.CancellationToken);
        for (var length = whole; length < bytes.Length; length++)
        {
            await File.WriteAllBytesAsync(Journal, bytes[..(int)length], TestContext.Current.CancellationToken);
            using var store = ObjectStore.Open(_folder.FullName);
            store.Get(Key("kept")).Should().NotBeNull();
            store.Get(Key("torn")).Should().BeNull("the journal was cut after {0} of {1} bytes", length, bytes.Length);
            await PutAsync(store, "next");
        }
    }

    [Fact]
    public async Task A_torn_journal_is_read_without_a_warning_and_every_cut_is_kept()
    {
        using (var store = ObjectStore.Open(_folder.FullName))
        {
            await PutAsync(store, "a");
            await PutAsync(store, "b");
        }
        using var logged = new CollectingLoggers();
        for (var crash = 1; crash <= 2; crash++)
        {
            var whole = await File.ReadAllBytesAsync(Journal, TestContext.Current.CancellationToken);
            await File.WriteAllBytesAsync(Journal, whole[..^3], TestContext.Current.CancellationToken);
            using var store = ObjectStore.Open(_folder.FullName, logged);
            await PutAsync(store, "again");
        }
        File.Exists(Journal + ".cut-1").Should().BeTrue();
        File.Exists(Journal + ".cut-2").Should().BeTrue();
        logged.Entries.Should().HaveCount(2).And.OnlyContain(e => e.Level == LogLevel.Information);
    }

    [Fact]
    public async Task A_bit_flipped_anywhere_costs_one_record_and_is_told()
    {
        using (var store = ObjectStore.Open(_folder.FullName))
        {
            await PutAsync(store, "a");
            await PutAsync(store, "b");
            await PutAsync(store, "c");
        }
        var whole = await File.ReadAllBytesAsync(Journal, TestContext.Current.CancellationToken);
        for (var at = 0; at < whole.Length; at++)
        {
            var bytes = whole.ToArray();
            bytes[at] ^= 4;
            await File.WriteAllBytesAsync(Journal, bytes, TestContext.Current.CancellationToken);
            using var logged = new CollectingLoggers();
            using (var store = ObjectStore.Open(_folder.FullName, logged))
            {
                store.List("things.").Should().HaveCountGreaterThanOrEqualTo(2, "the bit at {0} was flipped", at);
                await PutAsync(store, "next");
            }
            var told = logged.Entries.Should().ContainSingle().Subject;
            told.Text.Should().Contain(Journal + ".cut-1");
            var lengthOfLast = at >= whole.Length - RecordOf("c") && at < whole.Length - RecordOf("c") + 4;
            told.Level.Should().Be(lengthOfLast ? told.Level : LogLevel.Critical, "the bit at {0} was flipped", at);
            File.Exists(Journal + ".cut-1").Should().BeTrue("what was left out is kept beside the journal");
            using (var again = ObjectStore.Open(_folder.FullName, logged))
            {
                again.Get(Key("next")).Should().NotBeNull();
            }
            logged.Entries.Should().ContainSingle("the journal is whole again");
            File.Delete(Journal + ".cut-1");
        }
    }

    [Fact]
    public async Task A_flush_that_fails_takes_the_write_back_and_the_journal_is_written_anew()
    {
        using var logged = new CollectingLoggers();
        using (var store = ObjectStore.Open(_folder.FullName, logged))
        {
            await PutAsync(store, "before");
            store.FailFlushes(true);
            var write = () => PutAsync(store, "refused");
            await write.Should().ThrowAsync<StorageException>();
            store.FailFlushes(false);
            store.Get(Key("refused")).Should().BeNull();
            logged.Entries.Should().Contain(e => e.Text.Contains("written anew", StringComparison.Ordinal));
            // What the system held of the old file may be lost: nothing may be read from it any more.
            await PutAsync(store, "after");
        }
        using var again = ObjectStore.Open(_folder.FullName);
        again.List("things.").Select(o => o.Key.Name).Should().Equal("after", "before");
    }

    [Fact]
    public async Task Writes_are_refused_until_the_journal_could_be_written_anew()
    {
        using var store = ObjectStore.Open(_folder.FullName);
        await PutAsync(store, "before");
        var obstacle = Directory.CreateDirectory(Journal + ".new");
        var write = () => PutAsync(store, "refused");
        store.FailFlushes(true);
        await write.Should().ThrowAsync<StorageException>();
        store.FailFlushes(false);
        await write.Should().ThrowAsync<StorageException>("the disk works again, and the journal is the old one");
        obstacle.Delete();
        await write.Should().ThrowAsync<StorageException>("this one writes the journal anew");
        await PutAsync(store, "after");
        store.List("things.").Select(o => o.Key.Name).Should().Equal("after", "before");
    }

    [Fact]
    public async Task Compaction_keeps_everything_and_the_file_small()
    {
        long version;
        using (var store = ObjectStore.Open(_folder.FullName, compactAfter: 20_000))
        {
            for (var i = 0; i < 500; i++)
            {
                await PutAsync(store, "same", new string('x', 500) + i);
            }
            await PutAsync(store, "other");
            version = store.ResourceVersion;
        }
        new FileInfo(Journal).Length.Should().BeLessThan(60_000);
        using var again = ObjectStore.Open(_folder.FullName);
        again.Get(Key("same"))!.Read()["value"]!.GetValue<string>().Should().EndWith("499");
        again.Get(Key("other")).Should().NotBeNull();
        again.ResourceVersion.Should().Be(version);
        Directory.GetFiles(_folder.FullName).Should().HaveCount(1);
    }

    [Fact]
    public async Task Writers_at_once_share_flushes_and_none_is_lost()
    {
        using (var store = ObjectStore.Open(_folder.FullName))
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, 200),
                TestContext.Current.CancellationToken,
                async (i, _) => await PutAsync(store, "n" + i)
            );
        }
        using var again = ObjectStore.Open(_folder.FullName);
        again.List("things.").Should().HaveCount(200);
    }

    [Fact]
    public async Task A_disk_that_refuses_takes_the_write_back_and_the_next_one_works()
    {
        using var logged = new CollectingLoggers();
        using var store = ObjectStore.Open(_folder.FullName, logged);
        await PutAsync(store, "before");
        var rolledBack = 0;
        store.RolledBack = () => rolledBack++;
        store.RefuseWrites(true);
        var put = store.TryPut(Key("refused"), null, Thing("refused"))!;
        var change = store.TryPut(Key("before"), store.Get(Key("before")), Thing("before", "changed"))!;
        var refusal = async () => await store.DurableAsync(Math.Max(put.ResourceVersion, change.ResourceVersion));
        await refusal.Should().ThrowAsync<StorageException>();
        store.Get(Key("refused")).Should().BeNull();
        store.Get(Key("before"))!.Read()["value"]!.GetValue<string>().Should().Be("1");
        rolledBack.Should().BePositive();
        logged.Entries.Should().Contain(e => e.Level == LogLevel.Error && e.Cause is IOException);
        store.RefuseWrites(false);
        await PutAsync(store, "after");
        store.Get(Key("after")).Should().NotBeNull();
    }

    [Fact]
    public void A_list_holds_the_objects_of_its_namespace_in_order_also_when_others_come_and_go()
    {
        using var store = ObjectStore.Open(null);
        foreach (var ns in (ReadOnlySpan<string>)["b", "a", "c"])
        {
            foreach (var name in (ReadOnlySpan<string>)["y", "x"])
            {
                var thing = Thing(name);
                thing["metadata"]!["uid"] = ns + name;
                store.TryPut(new("things.", ns, name), null, thing);
            }
        }
        foreach (var stored in store.List("things.", "c"))
        {
            store.TryDelete(stored);
        }
        store.List("things.", "a").Select(o => o.Key.Name).Should().Equal("x", "y");
        store.List("things.", "c").Should().BeEmpty();
        store
            .List("things.")
            .Select(o => o.Key.Namespace + o.Key.Name)
            .Should()
            .Equal(["ax", "ay", "bx", "by"], "that is the order pages rely on");
        foreach (var stored in store.List("things."))
        {
            store.TryDelete(stored);
        }
        store.Resources().Should().BeEmpty();
    }

    [Fact]
    public void A_write_based_on_an_old_version_is_refused()
    {
        using var store = ObjectStore.Open(null);
        var first = store.TryPut(Key("a"), null, Thing("a"))!;
        store.TryPut(Key("a"), first, Thing("a", "2")).Should().NotBeNull();
        store.TryPut(Key("a"), first, Thing("a", "3")).Should().BeNull();
        store.TryPut(Key("a"), null, Thing("a", "3")).Should().BeNull();
    }

    [Fact]
    public void Following_from_a_version_long_gone_is_refused_and_from_a_known_one_tells_all_since()
    {
        using var store = ObjectStore.Open(null, historyLength: 10);
        var first = store.TryPut(Key("first"), null, Thing("first"))!;
        for (var i = 0; i < 30; i++)
        {
            store.TryPut(Key("n" + i), null, Thing("n" + i));
        }
        store.Subscribe("things.", "", first.ResourceVersion).Should().BeNull();
        using var events = store.Subscribe("things.", "", store.ResourceVersion - 3)!;
        var seen = 0;
        while (events.Events.TryRead(out _))
        {
            seen++;
        }
        seen.Should().Be(3);
    }
}
