using System.Diagnostics;
using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.Cli.Tests;

/// <summary>The main job as a user does it: whole processes on a platform in the background.</summary>
public sealed class EmbeddedPlatformTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deploying_starts_the_platform_and_a_second_time_changes_nothing()
    {
        await using var program = new PlatformCtlProgram();
        PlatformCtlProgram.SkipWithoutKubectl();

        var first = await program.RunAsync("deploy-environment", "--file", PlatformCtlProgram.Example("dev-local"));
        var second = await program.RunAsync("deploy-environment", "--file", PlatformCtlProgram.Example("dev-local"));

        first.ExitCode.Should().Be(0, first.Error);
        first.Error.Should().Contain("embedded platform").And.Contain("user-service 1.4.2 ready");
        first.Output.Should().Contain("dev-local is ready").And.Contain("Next:").And.Contain("nothing is executed");
        second.ExitCode.Should().Be(0);
        second.Output.Should().Contain("unchanged");
    }

    [Theory]
    [InlineData("dev-local")]
    [InlineData("stage-local")]
    [InlineData("prod-local")]
    [InlineData("sue-local")]
    [InlineData("time-series-dev")]
    [InlineData("time-series-prod")]
    public async Task Every_example_deploys_shows_up_and_goes_without_a_trace(string example)
    {
        await using var program = new PlatformCtlProgram();
        PlatformCtlProgram.SkipWithoutKubectl();

        var deployed = await program.RunAsync(
            "deploy-environment",
            "--file",
            PlatformCtlProgram.Example(example),
            "--output",
            "json"
        );
        var list = await program.RunAsync("list-environments", "-o", "json");
        var got = await program.RunAsync("get-environment", example, "-o", "json");
        var pods = await KubectlAsync(program, "get", "pods", "-n", "env-" + example, "-o", "name");
        var removed = await program.RunAsync("destroy-environment", example);
        var namespaces = await KubectlAsync(program, "get", "namespaces", "-o", "name");

        deployed.ExitCode.Should().Be(0, deployed.Error);
        deployed.Json["phase"]!.ToString().Should().Be("ready");
        list.Json["environments"]!.AsArray().Select(e => e!["environment_name"]!.ToString()).Should().Equal(example);
        got.Json["claim"]!["environment_name"]!.ToString().Should().Be(example);
        pods.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.Should().BeGreaterThan(2);
        removed.ExitCode.Should().Be(0, removed.Error);
        namespaces.Output.Should().Contain("namespace/default").And.NotContain("env-");
    }

    [Fact]
    public async Task A_plan_before_and_after_a_deployment_says_what_changes()
    {
        await using var program = new PlatformCtlProgram();
        PlatformCtlProgram.SkipWithoutKubectl();
        var file = PlatformCtlProgram.Example("dev-local");

        var before = await program.RunAsync("plan-environment", "--file", file);
        await program.RunAsync("deploy-environment", "--file", file);
        var after = await program.RunAsync("plan-environment", "--file", file);

        before.Output.Should().Contain("user-service").And.Contain("would change").And.Contain("newest that");
        after.Output.Should().Contain("nothing would change");
    }

    [Fact]
    public async Task An_environment_shows_its_history_and_is_put_back()
    {
        await using var program = new PlatformCtlProgram();
        PlatformCtlProgram.SkipWithoutKubectl();
        await program.RunAsync(
            "create-local-platform",
            "--workspace",
            Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples")
        );
        string[] deploy = ["deploy-environment", "--deploy-only-specified", "--payload"];
        await program.RunAsync([.. deploy, """{"environment_name":"mine","services":{"user-service":"1.4.2"}}"""]);
        await program.RunAsync([.. deploy, """{"environment_name":"mine","services":{"user-service":"1.3.0"}}"""]);

        var plan = await program.RunAsync("plan-environment", "mine", "--rollback", "1");
        var back = await program.RunAsync("deploy-environment", "mine", "--rollback", "1", "--output", "json");
        var text = await program.RunAsync("get-environment", "mine");
        var json = await program.RunAsync("get-environment", "mine", "--output", "json");
        var unknown = await program.RunAsync("deploy-environment", "mine", "--rollback", "7");

        plan.Output.Should().Contain("user-service  1.3.0 → 1.4.2").And.Contain("update  user-service: ");
        back.ExitCode.Should().Be(0, back.Error);
        text.Output.Should()
            .Contain("rollback to 1 by ")
            .And.Contain("auth-service 1.9.0 → 2.3.1, user-service 1.3.0 → 1.4.2");
        text.Error.Should().Contain("mine was put back to 1").And.Contain("stays there until");
        json.Json["history"]!.AsArray().Select(r => (int)r!["number"]!).Should().Equal(3, 2, 1);
        json.Json["history"]![0]!["cause"]!.ToString().Should().Be("rollback");
        unknown.ExitCode.Should().Be(1);
        unknown.Error.Should().Contain("It can be put back to: 1, 2, 3.");
    }

    [Fact]
    public async Task Two_platforms_live_side_by_side_and_destroying_one_leaves_nothing_of_it()
    {
        await using var program = new PlatformCtlProgram();
        var workspace = Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples");
        await program.RunAsync("create-local-platform", "--workspace", workspace);
        await program.RunAsync("create-local-platform", "--name", "second", "--workspace", workspace);
        var pid = program.ServingProcess();

        var destroyed = await program.RunAsync("destroy-local-platform");
        var second = await program.RunAsync("platform-status", "--name", "second", "-o", "json");

        destroyed.ExitCode.Should().Be(0, destroyed.Error);
        Directory.Exists(program.Folder).Should().BeFalse();
        IsAlive(pid).Should().BeFalse();
        second.Json["name"]!.ToString().Should().Be("second");
    }

    [Fact]
    public async Task Two_commands_that_start_the_platform_at_once_share_one()
    {
        await using var program = new PlatformCtlProgram();
        PlatformCtlProgram.SkipWithoutKubectl();

        var outcomes = await Task.WhenAll(
            program.RunAsync("deploy-environment", "--file", PlatformCtlProgram.Example("dev-local")),
            program.RunAsync("deploy-environment", "--file", PlatformCtlProgram.Example("sue-local"))
        );

        outcomes.Should().OnlyContain(o => o.ExitCode == 0, string.Join('\n', outcomes.Select(o => o.Error)));
        var list = await program.RunAsync("list-environments", "-o", "json");
        list.Json["environments"]!.AsArray().Should().HaveCount(2);
    }

    [Fact]
    public async Task Destroying_is_verified_and_all_platforms_of_a_folder_go_at_once()
    {
        await using var program = new PlatformCtlProgram();
        var workspace = Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples");
        // No Docker: this test must not see the clusters of others.
        var alone = new Dictionary<string, string> { ["PATH"] = "/nowhere" };
        string[] names = ["one", "two", "three"];
        foreach (var name in names)
        {
            (await program.RunAsync("create-local-platform", "--name", name, "--workspace", workspace))
                .ExitCode.Should()
                .Be(0);
        }

        var one = await program.RunAsync(alone, "destroy-local-platform", "--name", "one", "--verify");
        var rest = await program.RunAsync(alone, "destroy-local-platform", "--all");

        one.ExitCode.Should().Be(0, one.Error);
        one.Output.Should().Contain("nothing of it is left");
        rest.ExitCode.Should().Be(0, rest.Error);
        rest.Error.Should().Contain("'three' is removed").And.Contain("'two' is removed").And.NotContain("'one'");
        Directory.EnumerateFileSystemEntries(program.State).Should().BeEmpty();
    }

    [Fact]
    public async Task A_workspace_with_faults_is_refused_before_anything_starts()
    {
        await using var program = new PlatformCtlProgram();
        var workspace = Directory.CreateDirectory(
            Path.Combine(program.State, "..", Path.GetFileName(program.State) + "-workspace")
        );
        await File.WriteAllTextAsync(
            Path.Combine(workspace.FullName, "platform.yaml"),
            "apiVersion: platform.local/v9\n",
            Token
        );

        var outcome = await program.RunAsync("create-local-platform", "--workspace", workspace.FullName);
        workspace.Delete(recursive: true);

        outcome.ExitCode.Should().Be(2);
        outcome.Error.Should().Contain("platform.yaml").And.Contain("apiVersion").And.Contain("spec");
        Directory.Exists(program.Folder).Should().BeFalse();
    }

    private static async Task<Outcome> KubectlAsync(PlatformCtlProgram program, params string[] arguments)
    {
        var kubeconfig = (await program.RunAsync("kubeconfig")).Output.Trim();
        using var process = Process.Start(
            new ProcessStartInfo("kubectl", ["--kubeconfig", kubeconfig, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
                UseShellExecute = false,
            }
        )!;
        return await PlatformCtlProgram.EndAsync(process);
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            // One that ended may be listed until it is asked for its exit code.
            var state = $"/proc/{pid}/stat";
            if (File.Exists(state) && File.ReadAllText(state).Split(") ")[^1].StartsWith('Z'))
            {
                return false;
            }

            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (Exception e) when (e is ArgumentException or IOException)
        {
            return false;
        }
    }
}
