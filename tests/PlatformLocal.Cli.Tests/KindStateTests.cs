using System.Diagnostics;
using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.Cli.Tests;

/// <summary>What a platform on Kind is not to lose, and what is not to be made for it in vain.</summary>
public sealed class KindStateTests
{
    private static readonly string s_workspace = Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Serving_another_workspace_is_refused_and_leaves_the_platform_as_it_is()
    {
        await using var machine = await KindMachine.StartAsync(Token);
        await using var program = new PlatformCtlProgram();
        machine.Adopt(program, s_workspace);
        var settings = File.ReadAllText(Path.Combine(program.Folder, "platform.json"));

        var served = await program.RunAsync("serve", "--workspace", program.State);

        served.ExitCode.Should().Be(2);
        served.Error.Should().Contain($"The platform 'local' has the workspace {s_workspace}, not ");
        File.ReadAllText(Path.Combine(program.Folder, "platform.json")).Should().Be(settings);
        File.ReadAllText(Path.Combine(program.Folder, "kubeconfig")).Should().Be(machine.Kubeconfig);
    }

    [Fact]
    public async Task A_cluster_is_found_by_its_own_marker_when_the_settings_are_damaged()
    {
        await using var machine = await KindMachine.StartAsync(Token);
        await using var program = new PlatformCtlProgram();
        machine.Adopt(program, s_workspace);
        await machine.MarkAsync(program.Folder, Token);
        var settings = Path.Combine(program.Folder, "platform.json");
        File.WriteAllText(settings, "garbage");
        File.Delete(Path.Combine(program.Folder, "kind-cluster.json"));

        var created = await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        var deployed = await program.RunAsync("deploy-environment", "--file", PlatformCtlProgram.Example("dev-local"));
        var untouched = File.ReadAllText(settings);
        var destroyed = await program.RunAsync("destroy-local-platform", "--verify");

        foreach (var refused in new[] { created, deployed })
        {
            refused.ExitCode.Should().Be(1);
            refused.Error.Should().Contain($"The file {settings} cannot be read").And.Contain("destroy-local-platform");
        }

        untouched.Should().Be("garbage");
        destroyed.ExitCode.Should().Be(0, destroyed.Error);
        destroyed
            .Error.Should()
            .Contain(settings)
            .And.Contain("The Kind cluster 'local' says that it is this platform's");
        machine.KindCalls.Should().ContainSingle(c => c.StartsWith("delete cluster --name local"));
        Directory.Exists(program.Folder).Should().BeFalse();
    }

    [Fact]
    public async Task A_cluster_that_another_folder_made_stays_when_the_settings_are_damaged()
    {
        await using var machine = await KindMachine.StartAsync(Token);
        await using var program = new PlatformCtlProgram();
        machine.Adopt(program, s_workspace);
        await machine.MarkAsync("/somebody/else/local", Token);
        File.WriteAllText(Path.Combine(program.Folder, "platform.json"), "garbage");
        File.Delete(Path.Combine(program.Folder, "kind-cluster.json"));

        var destroyed = await program.RunAsync("destroy-local-platform");

        destroyed.ExitCode.Should().Be(1);
        destroyed.Error.Should().Contain("cannot be found out").And.Contain("rm -r");
        machine.KindCalls.Should().NotContain(c => c.StartsWith("delete"));
        Directory.Exists(program.Folder).Should().BeTrue();
        File.Delete(Path.Combine(program.Folder, "platform.json"));
    }

    [Fact]
    public async Task A_second_deployment_of_an_environment_with_a_cluster_of_its_own_waits_and_ends_nothing()
    {
        await using var machine = await KindMachine.StartAsync(Token);
        await using var program = new PlatformCtlProgram();
        machine.Adopt(program, s_workspace);
        string[] deploy = ["deploy-environment", "--file", PlatformCtlProgram.Example("stage-local")];
        using var first = program.Start(deploy);
        await UntilAsync(() => machine.KindCalls.Any(IsCreation), first);

        var second = await program.RunAsync(deploy);

        second.ExitCode.Should().Be(1, second.Error);
        second
            .Error.Should()
            .Contain("Waiting for another run that is at work on the cluster of stage-local")
            .And.Contain($"process {first.Id}, deploy-environment since ");
        first.HasExited.Should().BeFalse();
        machine
            .KindCalls.Where(c => !c.StartsWith("get ", StringComparison.Ordinal))
            .Should()
            .ContainSingle()
            .Which.Should()
            .Match(c => IsCreation(c));

        using (var kill = Process.Start("kill", [PlatformCtlProgram.CtrlC, $"{first.Id}"]))
        {
            await kill.WaitForExitAsync(Token);
        }

        (await PlatformCtlProgram.EndAsync(first)).ExitCode.Should().Be(130);
    }

    [Theory]
    [InlineData(
        """{"environment_name":"x","environment_type":"prod","services":{"no-such-service":"1.0.0"}}""",
        "no-such-service"
    )]
    [InlineData(
        """{"environment_name":"x","environment_type":"stage","services":{"user-service":">=99.0.0"}}""",
        "99.0.0"
    )]
    public async Task A_claim_is_judged_before_a_cluster_is_made_for_it(string claim, string told)
    {
        await using var machine = await KindMachine.StartAsync(Token);
        await using var program = new PlatformCtlProgram();
        machine.Adopt(program, s_workspace);

        var refused = await program.RunAsync("deploy-environment", "--deploy-only-specified", "--payload", claim);

        refused.ExitCode.Should().NotBe(0);
        refused.Error.Should().Contain(told);
        machine.KindCalls.Should().NotContain(c => IsCreation(c));
    }

    [Fact]
    public async Task A_rollback_on_kind_goes_back_and_makes_nothing()
    {
        await using var machine = await KindMachine.StartAsync(Token);
        await using var program = new PlatformCtlProgram();
        machine.Adopt(program, s_workspace);
        string[] deploy = ["deploy-environment", "--deploy-only-specified", "--payload"];
        await program.RunAsync([.. deploy, """{"environment_name":"mine","services":{"auth-service":"2.3.1"}}"""]);
        await program.RunAsync([.. deploy, """{"environment_name":"mine","services":{"auth-service":"1.9.0"}}"""]);

        var back = await program.RunAsync("deploy-environment", "mine", "--rollback", "1");

        back.ExitCode.Should().Be(0, back.Error);
        back.Output.Should().Contain("auth-service");
        machine.KindCalls.Should().NotContain(c => IsCreation(c));
    }

    private static bool IsCreation(string call) => call.StartsWith("create cluster", StringComparison.Ordinal);

    private static async Task UntilAsync(Func<bool> condition, Process process)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            process.HasExited.Should().BeFalse("it has something to do");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, late.Token);
        }
    }
}
