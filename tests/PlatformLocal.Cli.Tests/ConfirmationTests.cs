using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.Cli.Tests;

/// <summary>What destroys asks on a terminal, and only there.</summary>
public sealed class ConfirmationTests
{
    [Fact]
    public async Task On_a_terminal_the_removal_of_what_matters_is_asked_for_and_no_removes_nothing()
    {
        await using var program = new PlatformCtlProgram();
        await DeployAsync(program, "mine", "dev");
        await DeployAsync(program, "ours", "stage");

        var dev = await program.RunOnTerminalAsync("no", "destroy-environment", "mine");
        var refused = await program.RunOnTerminalAsync("no", "destroy-environment", "ours");
        var still = await program.RunAsync("get-environment", "ours", "-o", "json");
        var agreed = await program.RunOnTerminalAsync("yes", "destroy-environment", "ours");
        var platform = await program.RunOnTerminalAsync("", "destroy-local-platform");
        var all = await program.RunOnTerminalAsync("y", "destroy-local-platform", "--all");
        var isThere = Directory.Exists(program.Folder);
        var stopped = await program.RunOnTerminalAsync("no", "destroy-local-platform", "--keep-state");
        var gone = await program.RunOnTerminalAsync("yes", "destroy-local-platform");

        dev.ExitCode.Should().Be(0, dev.Output);
        dev.Output.Should().NotContain("Type yes");
        refused.ExitCode.Should().Be(4, refused.Output);
        refused.Output.Should().Contain("The stage environment ours is removed").And.Contain("Nothing was removed");
        still.ExitCode.Should().Be(0, still.Error);
        agreed.ExitCode.Should().Be(0, agreed.Output);
        platform.ExitCode.Should().Be(4, platform.Output);
        platform.Output.Should().Contain("The platform 'local' is removed").And.Contain("--yes");
        all.ExitCode.Should().Be(4, all.Output);
        all.Output.Should().Contain($"All platforms of {program.State}");
        isThere.Should().BeTrue();
        stopped.ExitCode.Should().Be(0, stopped.Output);
        gone.ExitCode.Should().Be(0, gone.Output);
        Directory.Exists(program.Folder).Should().BeFalse();
    }

    [Fact]
    public async Task Yes_on_the_command_line_and_a_script_are_not_asked()
    {
        await using var program = new PlatformCtlProgram();
        await DeployAsync(program, "ours", "stage");
        await DeployAsync(program, "theirs", "prod");

        var given = await program.RunOnTerminalAsync("", "destroy-environment", "ours", "--yes");
        var script = await program.RunAsync("destroy-environment", "theirs");
        var platform = await program.RunOnTerminalAsync("", "destroy-local-platform", "--yes");

        given.ExitCode.Should().Be(0, given.Output);
        script.ExitCode.Should().Be(0, script.Error);
        platform.ExitCode.Should().Be(0, platform.Output);
        new[] { given.Output, script.Error, platform.Output }.Should().OnlyContain(o => !o.Contains("Type yes"));
    }

    private static async Task DeployAsync(PlatformCtlProgram program, string name, string type)
    {
        var done = await program.RunAsync(
            "deploy-environment",
            "--workspace",
            Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples"),
            "--deploy-only-specified",
            "--payload",
            $$"""{"environment_name":"{{name}}","environment_type":"{{type}}","services":{"auth-service":"2.3.1"} }"""
        );
        done.ExitCode.Should().Be(0, done.Error);
    }
}
