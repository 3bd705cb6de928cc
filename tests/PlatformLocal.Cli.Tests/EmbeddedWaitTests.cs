using System.Diagnostics;
using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.Cli.Tests;

/// <summary>What whoever waits for a deployment hears, and what goes on without him.</summary>
public sealed class EmbeddedWaitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_platform_that_was_killed_in_the_middle_goes_on_where_it_was()
    {
        await using var program = new PlatformCtlProgram();
        PlatformCtlProgram.SkipWithoutKubectl();
        await program.RunAsync(
            "create-local-platform",
            "--workspace",
            Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples")
        );
        var stored = await program.RunAsync(
            "deploy-environment",
            "--file",
            PlatformCtlProgram.Example("time-series-dev"),
            "--no-wait"
        );

        Kill(program.ServingProcess());
        var again = await program.RunAsync(
            "deploy-environment",
            "--file",
            PlatformCtlProgram.Example("time-series-dev")
        );

        stored.ExitCode.Should().Be(0, stored.Error);
        again.ExitCode.Should().Be(0, again.Error);
        again.Output.Should().Contain("time-series-dev is ready");
    }

    [Fact]
    public async Task Interrupting_a_wait_leaves_the_work_going_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "signals are sent with kill");
        await using var program = new PlatformCtlProgram();
        PlatformCtlProgram.SkipWithoutKubectl();
        await program.RunAsync(
            "create-local-platform",
            "--workspace",
            Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples")
        );
        using var waiting = program.Start(
            "deploy-environment",
            "--deploy-only-specified",
            "--payload",
            """{"environment_name":"stuck","services":{"auth-service":{"version":"2.3.1","docker_image":"auth:missing-1"}}}"""
        );
        await UntilAsync(async () =>
            (await program.RunAsync("list-environments", "-o", "json")).Output.Contains("stuck")
        );

        using (var kill = Process.Start("kill", [PlatformCtlProgram.CtrlC, $"{waiting.Id}"]))
        {
            await kill.WaitForExitAsync(Token);
        }

        var outcome = await PlatformCtlProgram.EndAsync(waiting);
        var still = await program.RunAsync("get-environment", "stuck", "-o", "json");

        outcome.ExitCode.Should().Be(130);
        outcome.Error.Should().Contain("goes on in the background");
        still.Json["phase"]!.ToString().Should().Be("delivering");
    }

    [Fact]
    public async Task A_failure_names_the_object_the_reason_and_what_to_try()
    {
        await using var program = new PlatformCtlProgram();
        PlatformCtlProgram.SkipWithoutKubectl();

        var failed = await program.RunAsync(
            "deploy-environment",
            "--workspace",
            Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples"),
            "--deploy-only-specified",
            "--payload",
            """{"environment_name":"broken","services":{"auth-service":{"version":"2.3.1","docker_image":"auth:fail-1"}}}"""
        );
        var document = (await program.RunAsync("get-environment", "broken", "-o", "json")).Json;

        failed.ExitCode.Should().Be(1);
        failed
            .Error.Should()
            .Contain("CrashLoopBackOff")
            .And.Contain("kubectl")
            .And.Contain("auth-service")
            .And.NotContain("   at ");
        var commands = document["next_step"]!.ToString().Split('\n').Where(l => l.Contains("kubectl ")).ToList();
        commands
            .Should()
            .NotBeEmpty()
            .And.OnlyContain(l => l.Contains("kubectl --kubeconfig \"$(platformctl kubeconfig)\" "));
    }

    [Fact]
    public async Task A_wait_that_is_too_short_ends_with_3()
    {
        await using var program = new PlatformCtlProgram();
        PlatformCtlProgram.SkipWithoutKubectl();

        var late = await program.RunAsync(
            "deploy-environment",
            "--workspace",
            Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples"),
            "--deploy-only-specified",
            "--timeout",
            "1",
            "--payload",
            """{"environment_name":"slow","services":{"auth-service":{"version":"2.3.1","docker_image":"auth:missing-1"}}}"""
        );

        late.ExitCode.Should().Be(3);
        late.Error.Should().Contain("auth-service").And.Contain("goes on in the background");
        late.Error.Should().Contain("slow is not ready after 1 s: 0 of 1 ready.");
    }

    [Fact]
    public async Task Why_it_waits_is_written_once_and_shown_by_every_command()
    {
        await using var program = new PlatformCtlProgram();
        PlatformCtlProgram.SkipWithoutKubectl();

        var late = await program.RunAsync(
            "deploy-environment",
            "--workspace",
            Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples"),
            "--deploy-only-specified",
            "--timeout",
            "6",
            "--payload",
            """{"environment_name":"slow","services":{"auth-service":{"version":"2.3.1","docker_image":"auth:missing-1"}}}"""
        );
        var shown = await program.RunAsync("get-environment", "slow");
        var listed = await program.RunAsync("list-environments");
        var accepted = await program.RunAsync(
            "deploy-environment",
            "--deploy-only-specified",
            "--no-wait",
            "--payload",
            """{"environment_name":"slow","services":{"auth-service":{"version":"2.3.1","docker_image":"auth:fail-1"}}}"""
        );

        var lines = late.Error.Split('\n');
        lines
            .Where(l => l.Contains("slow: auth-service 2.3.1: Pod auth-service-") && l.Contains("auth:missing-1"))
            .Should()
            .ContainSingle()
            .Which.Should()
            .MatchRegex(@"\(0 of 1 ready, \d+ s\)$");
        lines.Should().Contain(l => l.Contains("    Pod auth-service-") && l.Contains("auth:missing-1"));
        shown.Output.Should().Contain("0 of 1 ready").And.Contain("auth:missing-1");
        shown.Error.Should().NotContain("Error:", "it has not failed");
        listed.Output.Should().Contain("slow: Pod auth-service-").And.Contain("auth:missing-1");
        accepted.Output.Should().Contain("Accepted: slow, revision ").And.Contain("  auth-service 2.3.1");
        accepted.Output.Should().NotContain("missing-1").And.NotContain("ready:");
    }

    private static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
        process.WaitForExit();
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, late.Token);
        }
    }
}
