using System.Diagnostics;
using System.Text;
using PlatformLocal.Core;
using PlatformLocal.Deployment.ObjectStore;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.ObjectStore;

public sealed class DirectoryObjectStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DirectoryObjectStore _store;

    public DirectoryObjectStoreTests() => _store = new DirectoryObjectStore(_folder.Path, TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_is_put_can_be_got_and_listed_by_the_same_tag()
    {
        var tag = await _store.PutAsync("b", "shop.json", "one"u8.ToArray(), WriteCondition.None, Token);

        var got = await _store.GetAsync("b", "shop.json", Token);
        Encoding.UTF8.GetString(got!.Content.Span).Should().Be("one");
        got.ETag.Should().Be(tag);
        (await _store.ListAsync("b", Token)).Should().Equal(new ListedObject("shop.json", tag));
    }

    [Fact]
    public async Task A_dropped_file_is_an_object_and_a_hidden_one_is_not()
    {
        _folder.Write("b/dropped.json", "x");
        _folder.Write("b/.dropped.json.swp", "x");

        (await _store.ListAsync("b", Token)).Select(o => o.Key).Should().Equal("dropped.json");
    }

    [Theory]
    [InlineData("a pipe", "pipe or a device")]
    [InlineData("a link to a pipe", "pipe or a device")]
    [InlineData("a link to itself", "link")]
    [InlineData("a huge file", "more than 16 MiB")]
    [InlineData("a folder", "is a folder, and no file")]
    [InlineData("a link to a device without end", "changes while it is read")]
    public async Task A_file_that_cannot_be_read_is_listed_refused_alone_and_holds_nobody_up(string what, string told)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "pipes in folders");
        _folder.Write("b/good.json", "x");
        var odd = Path.Combine(_folder.Path, "b", "odd.json");
        switch (what)
        {
            case "a pipe":
                await MakePipeAsync(odd);
                break;
            case "a link to a pipe":
                await MakePipeAsync(Path.Combine(_folder.Path, "pipe"));
                File.CreateSymbolicLink(odd, Path.Combine(_folder.Path, "pipe"));
                break;
            case "a folder":
                Directory.CreateDirectory(odd);
                break;
            case "a link to itself":
                File.CreateSymbolicLink(odd, odd);
                break;
            case "a huge file":
                await using (var huge = File.Create(odd))
                {
                    huge.SetLength(3L * 1024 * 1024 * 1024);
                }

                break;
            default:
                File.CreateSymbolicLink(odd, "/dev/zero");
                break;
        }

        var first = await _store.ListAsync("b", Token).WaitAsync(TimeSpan.FromSeconds(10), Token);
        first.Select(o => o.Key).Should().Equal(["good.json", "odd.json"], "what is there is never taken for removed");
        (await _store.ListAsync("b", Token)).Should().Equal(first);
        var read = () => _store.GetAsync("b", "odd.json", Token).WaitAsync(TimeSpan.FromSeconds(10), Token);
        (await read.Should().ThrowAsync<PlatformException>())
            .Which.Message.Should()
            .Contain("odd.json")
            .And.Contain(told);
        (await _store.GetAsync("b", "good.json", Token)).Should().NotBeNull();
    }

    [Fact]
    public async Task What_a_killed_process_left_is_removed_and_what_is_being_written_is_not()
    {
        var left = _folder.Write("b/.a.json.0.part", "x");
        var young = _folder.Write("b/.a.json.1.part", "x");
        File.SetLastWriteTimeUtc(left, DateTime.UnixEpoch);

        await _store.ListAsync("b", Token);

        File.Exists(left).Should().BeFalse();
        File.Exists(young).Should().BeTrue();
    }

    private static async Task MakePipeAsync(string path)
    {
        using var made = Process.Start("mkfifo", [path]);
        await made.WaitForExitAsync(Token);
    }

    [Fact]
    public async Task A_changed_file_has_another_tag()
    {
        _folder.Write("b/a.json", "one");
        var before = (await _store.ListAsync("b", Token))[0].ETag;
        File.SetLastWriteTimeUtc(_folder.Write("b/a.json", "two"), DateTime.UnixEpoch);

        (await _store.ListAsync("b", Token))[0].ETag.Should().NotBe(before);
    }

    [Fact]
    public async Task Of_two_writers_that_know_the_same_state_one_wins_and_the_other_is_told()
    {
        var tag = await _store.PutAsync("b", "a", "0"u8.ToArray(), WriteCondition.Absent, Token);

        var outcomes = await Task.WhenAll(
            Enumerable
                .Range(1, 8)
                .Select(i =>
                    Task.Run(() => TryPutAsync(Encoding.UTF8.GetBytes($"{i}"), WriteCondition.Matches(tag)), Token)
                )
        );

        outcomes.Count(won => won).Should().Be(1);
    }

    [Fact]
    public async Task Something_that_must_be_absent_is_not_overwritten()
    {
        await _store.PutAsync("b", "a", "0"u8.ToArray(), WriteCondition.Absent, Token);

        (await TryPutAsync("1"u8.ToArray(), WriteCondition.Absent)).Should().BeFalse();
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("a/b")]
    [InlineData(".a")]
    [InlineData("")]
    public async Task A_key_cannot_lead_out_of_its_bucket(string key)
    {
        var act = () => _store.GetAsync("b", key, Token);

        await act.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task A_change_ends_the_wait_for_it()
    {
        var waiting = _store.WaitForChangeAsync("b", TimeSpan.FromMinutes(1), Token);
        _folder.Write("b/a.json", "x");

        await waiting.WaitAsync(TimeSpan.FromSeconds(20), Token);
    }

    [Fact]
    public async Task On_a_full_disk_nothing_is_half_written()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess,
            "mounting a small disk needs root on Linux"
        );
        using var disk = SmallDisk.TryMount(_folder.Path);
        Assert.SkipWhen(disk is null, "this machine does not allow mounting a small disk");
        using var store = new DirectoryObjectStore(disk.Path, TimeProvider.System);
        await store.PutAsync("b", "a.json", "before"u8.ToArray(), WriteCondition.None, Token);

        var act = () => store.PutAsync("b", "a.json", new byte[1024 * 1024], WriteCondition.None, Token);

        await act.Should().ThrowAsync<PlatformException>().WithMessage("*a.json failed*");
        Encoding.UTF8.GetString((await store.GetAsync("b", "a.json", Token))!.Content.Span).Should().Be("before");
        Directory.EnumerateFiles(Path.Combine(disk.Path, "b")).Should().ContainSingle();
    }

    private async Task<bool> TryPutAsync(byte[] content, WriteCondition condition)
    {
        try
        {
            await _store.PutAsync("b", "a", content, condition, Token);
            return true;
        }
        catch (PlatformException e) when (e.Kind == FailureKind.Conflict)
        {
            return false;
        }
    }

    private sealed class SmallDisk : IDisposable
    {
        private SmallDisk(string path) => Path = path;

        public string Path { get; }

        public static SmallDisk? TryMount(string parent)
        {
            var path = Directory.CreateDirectory(System.IO.Path.Combine(parent, "disk")).FullName;
            return Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path) ? new SmallDisk(path) : null;
        }

        public void Dispose() => Run("umount", Path);

        private static bool Run(string program, params string[] arguments)
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false }
            )!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
    }
}
