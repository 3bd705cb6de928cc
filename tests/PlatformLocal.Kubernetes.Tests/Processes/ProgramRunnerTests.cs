using System.Collections.Concurrent;
using System.Diagnostics;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Kubernetes.Tests.Processes;

public sealed class ProgramRunnerTests
{
    private static readonly ProgramRunner s_runner = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ProgramRunnerTests() => Assert.SkipUnless(File.Exists("/bin/sh"), "needs /bin/sh");

    [Fact]
    public async Task Output_and_errors_are_kept_apart()
    {
        ProgramResult result = await s_runner.RunAsync(Shell("echo out; echo err >&2"), Token);

        result.Output.Should().Be("out\n");
        result.Error.Should().Be("err\n");
        result.ExitCode.Should().Be(0);
        result.IsTruncated.Should().BeFalse();
    }

    [Fact]
    public async Task Arguments_are_passed_as_they_stand()
    {
        var command = new ProgramCommand { Program = "printf", Arguments = ["%s|", "a b", "$HOME", "'\"", "", "*"] };

        ProgramResult result = await s_runner.RunAsync(command, Token);

        result.Output.Should().Be("a b|$HOME|'\"||*|");
    }

    [Fact]
    public async Task Input_environment_and_folder_reach_the_program()
    {
        string folder = Path.GetTempPath().TrimEnd('/');
        ProgramCommand command = Shell("cat; echo $COLOUR-${HOME-none}; pwd") with
        {
            StandardInput = "grüße\n",
            WorkingDirectory = folder,
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["COLOUR"] = "blue",
                ["HOME"] = null,
            },
        };

        ProgramResult result = await s_runner.RunAsync(command, Token);

        result.Output.Should().Be($"grüße\nblue-none\n{folder}\n");
    }

    [Fact]
    public async Task A_program_that_reads_nothing_may_be_given_much()
    {
        ProgramResult result = await s_runner.RunAsync(
            Shell("exit 0") with
            {
                StandardInput = new string('x', 1 << 20),
            },
            Token
        );

        result.ExitCode.Should().Be(0);
    }

    [Fact]
    public async Task Much_output_on_both_streams_does_not_block_and_only_its_end_is_kept()
    {
        ProgramCommand command = Shell(
            "i=0; while [ $i -lt 20000 ]; do echo out$i; echo err$i >&2; i=$((i+1)); done"
        ) with
        {
            CaptureLimit = 1000,
        };

        ProgramResult result = await s_runner.RunAsync(command, Token);

        result.Output.Should().HaveLength(1000).And.EndWith("out19999\n");
        result.Error.Should().HaveLength(1000).And.EndWith("err19999\n");
        result.IsTruncated.Should().BeTrue();
    }

    [Fact]
    public async Task Lines_are_told_as_they_come_with_secrets_redacted()
    {
        var lines = new ConcurrentQueue<ProgramLine>();
        ProgramCommand command = Shell("echo token hunter2; echo bad >&2; printf unfinished") with
        {
            Secrets = ["hunter2", ""],
            OnLine = lines.Enqueue,
        };

        ProgramResult result = await s_runner.RunAsync(command, Token);

        lines
            .Should()
            .BeEquivalentTo([
                new ProgramLine("token ***", IsError: false),
                new ProgramLine("unfinished", IsError: false),
                new ProgramLine("bad", IsError: true),
            ]);
        result.Output.Should().Contain("hunter2", "the caller may need it");
    }

    [Fact]
    public async Task A_failure_says_command_code_and_last_lines_and_no_secret()
    {
        ProgramCommand command = Shell("echo working; echo cannot log in with hunter2 >&2; exit 3 # hunter2") with
        {
            Secrets = ["hunter2"],
        };

        ProgramException fault = (
            await s_runner.Invoking(r => r.RunAsync(command, Token)).Should().ThrowAsync<ProgramException>()
        ).Which;

        fault.Message.Should().Be("sh failed with exit code 3. Its last lines:\n  cannot log in with ***");
        fault.ExitCode.Should().Be(3);
        fault.NextStep.Should().StartWith("Run it yourself to see more: sh -c '");
        (fault.ToString() + fault.Command).Should().NotContain("hunter2");
    }

    [Fact]
    public async Task A_missing_program_says_what_to_install()
    {
        var command = new ProgramCommand { Program = "no-such-program-here" };
        var known = new ProgramCommand { Program = "/no/such/folder/kubectl" };

        ProgramException fault = (
            await s_runner.Invoking(r => r.RunAsync(command, Token)).Should().ThrowAsync<ProgramException>()
        ).Which;
        ProgramException kubectl = (
            await s_runner.Invoking(r => r.RunAsync(known, Token)).Should().ThrowAsync<ProgramException>()
        ).Which;

        fault.NextStep.Should().Be("Install no-such-program-here and make sure that it is in PATH.");
        kubectl.NextStep.Should().Contain("https://kubernetes.io/docs/tasks/tools/");
    }

    [Fact]
    public async Task A_missing_folder_is_not_called_a_missing_program()
    {
        ProgramCommand command = Shell("true") with { WorkingDirectory = "/no/such/folder" };

        await s_runner
            .Invoking(r => r.RunAsync(command, Token))
            .Should()
            .ThrowAsync<ProgramException>()
            .WithMessage("*the folder does not exist*");
    }

    [Fact]
    public async Task A_program_that_takes_too_long_is_stopped()
    {
        ProgramCommand command = Shell("echo waiting for godot; exec sleep 1000") with
        {
            Timeout = TimeSpan.FromMilliseconds(300),
        };

        ProgramException fault = (
            await s_runner.Invoking(r => r.RunAsync(command, Token)).Should().ThrowAsync<ProgramException>()
        ).Which;

        fault.Kind.Should().Be(FailureKind.NotReadyInTime);
        fault
            .Message.Should()
            .Be("sh did not finish within 0.3 s and was stopped. Its last lines:\n  waiting for godot");
    }

    [Theory]
    [InlineData(StopSignal.Interrupt, "INT")]
    [InlineData(StopSignal.Terminate, "TERM")]
    public async Task Cancelling_lets_a_program_tidy_up(StopSignal signal, string name)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var lines = new ConcurrentQueue<string>();
        string script = $"trap 'echo tidied; exit 0' {name}; echo ready; while :; do sleep 0.05; done";
        var command = new ProgramCommand
        {
            // A shell cannot trap what its parents ignore, as background jobs ignore SIGINT.
            Program = "env",
            Arguments = [$"--default-signal={name}", "sh", "-c", script],
            StopSignal = signal,
            GracePeriod = TimeSpan.FromSeconds(20),
            OnLine = line =>
            {
                lines.Enqueue(line.Text);
                if (line.Text == "ready")
                {
                    cancel.Cancel();
                }
            },
        };

        await s_runner
            .Invoking(r => r.RunAsync(command, cancel.Token))
            .Should()
            .ThrowAsync<OperationCanceledException>();

        lines.Should().Equal("ready", "tidied");
    }

    [Fact(Timeout = 20_000)]
    public async Task A_program_that_does_not_listen_is_killed_with_its_children()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self"), "needs /proc");
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        int child = 0;
        ProgramCommand command = Shell("trap '' TERM; sleep 1000 & echo $!; wait") with
        {
            GracePeriod = TimeSpan.FromMilliseconds(100),
            OnLine = line =>
            {
                child = int.Parse(line.Text);
                cancel.Cancel();
            },
        };

        await s_runner
            .Invoking(r => r.RunAsync(command, cancel.Token))
            .Should()
            .ThrowAsync<OperationCanceledException>();

        while (IsRunning(child))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }
    }

    [Fact]
    public async Task The_second_token_kills_at_once()
    {
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(Token);
        ProgramCommand command = Shell("trap '' TERM INT; echo ready; while :; do sleep 0.05; done") with
        {
            GracePeriod = TimeSpan.FromMinutes(10),
            OnLine = _ => kill.Cancel(),
        };

        await s_runner
            .Invoking(r => r.RunAsync(command, Token, kill.Token))
            .Should()
            .ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task A_child_that_outlives_the_program_does_not_hold_up_the_result()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var runner = new ProgramRunner(new FastTime());
        ProgramCommand command = Shell("sleep 30 & echo $!") with { Timeout = TimeSpan.FromHours(1) };

        ProgramResult result = await runner.RunAsync(command, Token);

        using Process child = Process.GetProcessById(int.Parse(result.Output));
        child.Kill();
    }

    [Fact]
    public async Task A_fault_of_the_line_callback_is_the_callers()
    {
        ProgramCommand command = Shell("echo a") with { OnLine = _ => throw new InvalidOperationException("mine") };

        await s_runner
            .Invoking(r => r.RunAsync(command, Token))
            .Should()
            .ThrowAsync<InvalidOperationException>()
            .WithMessage("mine");
    }

    [Fact]
    public void A_command_is_shown_as_one_would_type_it()
    {
        var command = new ProgramCommand
        {
            Program = "git",
            Arguments = ["clone", "https://user:s3cret@host/x", "it's here"],
            Secrets = ["s3cret"],
        };

        command.ToString().Should().Be("git clone https://user:***@host/x 'it'\\''s here'");
    }

    /// <summary>A killed child whose parent is gone too may stay listed as a zombie until init looks after it.</summary>
    private static bool IsRunning(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return !stat[(stat.LastIndexOf(')') + 2)..].StartsWith('Z');
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static ProgramCommand Shell(string script) => new() { Program = "sh", Arguments = ["-c", script] };
}
