using PlatformLocal.Core;
using PlatformLocal.Platform.Steps;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Steps;

public sealed class StepJournalTests : IDisposable
{
    private static readonly Step s_first = TestSteps.Of(("first", "")).Single() with { Input = "1" };
    private static readonly Step s_second = TestSteps.Of(("second", "")).Single();

    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "state", "journal");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_done_is_known_to_the_next_run_for_the_same_input_only()
    {
        using (var journal = Open())
        {
            journal.Write(s_first, StepMark.Started);
            journal.Write(s_first, StepMark.Done);
            journal.Write(s_second, StepMark.Started);
        }

        using var next = Open();

        next.IsDone(s_first).Should().BeTrue();
        next.IsDone(s_first with { Input = "2" }).Should().BeFalse();
        next.IsDone(s_second).Should().BeFalse("it may have been killed");
    }

    [Fact]
    public void A_line_cut_off_anywhere_counts_for_nothing_and_spoils_no_other()
    {
        using (var journal = Open())
        {
            journal.Write(s_first, StepMark.Done);
            journal.Write(s_second, StepMark.Done);
        }

        byte[] whole = System.IO.File.ReadAllBytes(File);
        int firstLine = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int length = firstLine; length < whole.Length - 1; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            using (var torn = Open())
            {
                torn.IsDone(s_first).Should().BeTrue();
                torn.IsDone(s_second).Should().BeFalse();
                torn.Write(s_second, StepMark.Done);
            }

            using var next = Open();
            next.IsDone(s_first).Should().BeTrue();
            next.IsDone(s_second).Should().BeTrue($"it was written after a line of {length - firstLine} bytes");
        }
    }

    [Fact]
    public void A_journal_of_rubbish_is_an_empty_one()
    {
        _folder.Write("state/journal", "\0\0\0\nnull\n{}\n{\"step\":3}\n[]\n}");

        using var journal = Open();

        journal.Find("first").Should().BeNull();
    }

    [Fact]
    public void A_second_run_at_the_same_time_is_told_who_is_at_work()
    {
        using var journal = Open();
        journal.Write(s_first, StepMark.Started);

        var act = Open;

        act.Should()
            .Throw<PlatformException>()
            .WithMessage($"Another run is at work on this: process {Environment.ProcessId}*")
            .Which.Kind.Should()
            .Be(FailureKind.Conflict);
        StepJournal.Read(File).Should().ContainSingle("reading needs no lock");
    }

    [Fact]
    public void A_journal_is_for_its_owner_only()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("file modes are Unix's");
            return;
        }

        using var journal = Open();

        System.IO.File.GetUnixFileMode(File).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private StepJournal Open() => StepJournal.Open(File, TimeProvider.System);
}
