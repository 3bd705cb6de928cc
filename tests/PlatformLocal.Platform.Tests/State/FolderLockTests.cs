using PlatformLocal.Core;
using PlatformLocal.Kubernetes.Files;
using PlatformLocal.Platform.State;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.State;

public sealed class FolderLockTests : IDisposable
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_folder.Path, "shop.lock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Whoever_waits_is_told_for_whom_and_gets_the_lock_when_it_is_free()
    {
        var told = new TaskCompletionSource<LockHolder?>();
        var first = await TakeAsync("create-local-platform", s_long);
        first!.Tell(["cluster", "registry"]);

        var second = FolderLock.TryTakeAsync(File, "serve", s_long, told.SetResult, TimeProvider.System, Token);
        var holder = await told.Task;
        second.IsCompleted.Should().BeFalse();
        first.Dispose();
        using var taken = await second;

        holder!.ToString().Should().Contain($"process {Environment.ProcessId}, create-local-platform since ");
        holder.ToString().Should().EndWith("just now: cluster, registry");
        taken.Should().NotBeNull();
        FolderLock.HolderOf(File)!.Work.Should().Be("serve");
    }

    [Fact]
    public async Task A_lock_that_is_kept_is_not_got()
    {
        using var first = await TakeAsync("first", s_long);

        var second = await TakeAsync("second", TimeSpan.FromMilliseconds(50));

        second.Should().BeNull();
        FolderLock.IsHeld(File).Should().BeTrue();
        FolderLock.HolderOf(File)!.Work.Should().Be("first");
    }

    [Fact]
    public async Task A_lock_that_is_given_back_leaves_nothing_and_is_given_back_once()
    {
        var first = await TakeAsync("first", s_long);
        first!.Dispose();
        Directory.EnumerateFileSystemEntries(_folder.Path).Should().BeEmpty();
        using var second = await TakeAsync("second", s_long);

        first.Dispose();

        FolderLock.IsHeld(File).Should().BeTrue();
    }

    [Fact]
    public async Task What_a_killed_process_left_behind_holds_nobody_up()
    {
        System.IO.File.WriteAllText(File, "");
        System.IO.File.WriteAllText(Path.ChangeExtension(File, ".holder.json"), "{ half");

        using var taken = await TakeAsync("next", TimeSpan.Zero);

        taken.Should().NotBeNull();
    }

    [Fact]
    public async Task A_lock_that_cannot_say_who_holds_it_is_not_taken_and_leaves_nothing()
    {
        var holder = Directory.CreateDirectory(Path.ChangeExtension(File, ".holder.json")).FullName;

        var take = () => TakeAsync("next", TimeSpan.Zero);

        (await take.Should().ThrowAsync<FolderInPlaceException>()).WithMessage($"{holder} is a folder, and a file *");
        System.IO.File.Exists(File).Should().BeFalse();
        Directory.Delete(holder);
        using var taken = await take();
        taken.Should().NotBeNull();
    }

    [Fact]
    public async Task A_folder_in_the_place_of_a_lock_is_neither_held_nor_free()
    {
        Directory.CreateDirectory(File);

        var look = () => FolderLock.IsHeld(File);
        var take = () => TakeAsync("next", s_long);

        look.Should().Throw<FolderInPlaceException>();
        await take.Should().ThrowAsync<FolderInPlaceException>();
    }

    [Fact]
    public async Task Two_never_hold_it_at_once_though_its_file_comes_and_goes()
    {
        var inside = 0;
        var most = 0;

        await Parallel.ForAsync(
            0,
            200,
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token },
            async (_, _) =>
            {
                using var held = await TakeAsync("one of many", s_long);
                held.Should().NotBeNull();
                var now = Interlocked.Increment(ref inside);
                most = Math.Max(most, now);
                await Task.Yield();
                Interlocked.Decrement(ref inside);
            }
        );

        most.Should().Be(1);
    }

    [Fact]
    public async Task A_second_run_on_a_platform_is_refused_with_who_is_at_work()
    {
        var state = new StateFolder(_folder.Path, "shop");
        using var first = await state.LockAsync("create-local-platform", _ => { }, TimeProvider.System, Token);
        var said = new List<string>();
        var time = new HurriedTime();

        var act = () => state.LockAsync("destroy-local-platform", said.Add, time, Token);

        (await act.Should().ThrowAsync<PlatformException>())
            .WithMessage(
                $"Another run is at work on the platform 'shop': process {Environment.ProcessId}, create-local-platform since *"
            )
            .Which.Kind.Should()
            .Be(FailureKind.Conflict);
        said.Should()
            .ContainSingle()
            .Which.Should()
            .StartWith("Waiting for another run that is at work on the platform");
    }

    private Task<FolderLock?> TakeAsync(string work, TimeSpan patience) =>
        FolderLock.TryTakeAsync(File, work, patience, null, TimeProvider.System, Token);

    /// <summary>A clock on which every look is a second after the last one.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds++;
    }
}
