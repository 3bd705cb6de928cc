using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.EndToEnd.Tests;

/// <summary>The platform on a real Kind cluster, served from this machine, by the commands a user types.</summary>
[Collection(KindTests.Name)]
public sealed class KindPlatformTests
{
    private const string Platform = "e2e-platform";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_platform_is_created_used_upgraded_killed_and_removed_without_a_trace()
    {
        await Programs.SkipWithoutKindAsync();
        using var workspace = new TestWorkspace();
        await using var program = new PlatformCtlProgram();
        string[] create = Programs.Create(
            Platform,
            workspace.Folder,
            ["--platform-api", "on-host", "--services", "none"]
        );
        await RemoveLeftoverAsync();

        var created = await program.RunAsync(create);
        created.ExitCode.Should().Be(0, created.Error);
        created.Error.Should().Contain("longest chain");
        foreach (var version in new[] { "1.0.0", "1.1.0" })
        {
            await Programs.RunAsync("docker", "tag", Programs.BaseImage!, $"localhost:5001/e2e/hello:{version}");
            (await Programs.RunAsync("docker", "push", $"localhost:5001/e2e/hello:{version}")).ExitCode.Should().Be(0);
            await Programs.RunAsync("docker", "rmi", $"localhost:5001/e2e/hello:{version}");
        }

        var deployed = await DeployAsync(program, "1.0.0");
        deployed.ExitCode.Should().Be(0, deployed.Error);
        deployed.Json["simulated"]!.GetValue<bool>().Should().BeFalse();
        (await FetchAsync(program)).Should().Contain("hello from 1.0.0");

        // As the hints say it: what it was made with is remembered.
        var again = await program.RunAsync("create-local-platform", "--name", Platform, "--output", "json");
        again.ExitCode.Should().Be(0, again.Error);
        using (var serving = System.Diagnostics.Process.GetProcessById(ServingProcess(program)))
        {
            serving.Kill();
            await serving.WaitForExitAsync(Token);
        }

        var upgraded = await DeployAsync(program, "1.1.0");
        upgraded.ExitCode.Should().Be(0, upgraded.Error);
        (await FetchAsync(program)).Should().Contain("hello from 1.1.0");

        var removed = await program.RunAsync("destroy-environment", "real", "--name", Platform);
        removed.ExitCode.Should().Be(0, removed.Error);
        (await KubectlAsync(program, "get", "namespaces", "-o", "name")).Should().NotContain("env-real");

        var destroyed = await program.RunAsync("destroy-local-platform", "--name", Platform);
        destroyed.ExitCode.Should().Be(0, destroyed.Error);
        (await Programs.RunAsync("kind", "get", "clusters")).Output.Should().NotContain(Platform);
        (await Programs.ContainersAsync()).Should().Contain("kind-registry").And.NotContain(Platform);
        Directory.Exists(Path.Combine(program.State, Platform)).Should().BeFalse();
    }

    private static Task<Outcome> DeployAsync(PlatformCtlProgram program, string version) =>
        program.RunAsync(
            "deploy-environment",
            "--name",
            Platform,
            "--output",
            "json",
            "--timeout",
            "80",
            "--payload",
            $$"""{"environment_name":"real","services":{"hello":"{{version}}"} }"""
        );

    private static async Task<string> FetchAsync(PlatformCtlProgram program) =>
        await KubectlAsync(program, "get", "--raw", "/api/v1/namespaces/env-real/services/hello:http/proxy/");

    private static async Task<string> KubectlAsync(PlatformCtlProgram program, params string[] arguments)
    {
        var kubeconfig = (await program.RunAsync("kubeconfig", "--name", Platform)).Output.Trim();
        var outcome = await Programs.RunAsync("kubectl", ["--kubeconfig", kubeconfig, .. arguments]);
        outcome.ExitCode.Should().Be(0, outcome.Error);
        return outcome.Output;
    }

    private static int ServingProcess(PlatformCtlProgram program) =>
        System.Text.Json.Nodes.JsonNode.Parse(
            File.ReadAllText(Path.Combine(program.State, Platform, "endpoint.json"))
        )!["process_id"]!.GetValue<int>();

    // A run that was killed leaves a cluster whose state folder is gone.
    private static async Task RemoveLeftoverAsync() =>
        await Programs.RunAsync("kind", "delete", "cluster", "--name", Platform);
}
