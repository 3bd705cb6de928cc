using PlatformLocal.Cli.Tests.Testing;
using PlatformLocal.Testing;

namespace PlatformLocal.Cli.Tests;

/// <summary>Artifacts as a user pushes, deploys, locks and prunes them: whole processes, a real registry.</summary>
public sealed class ArtifactCommandTests
{
    private const string Head = "apiVersion: platform.local/v1alpha1\nkind: ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_pushed_is_deployed_elsewhere_and_a_plan_holds_the_next_deployment_to_it()
    {
        await using var registry = await RealRegistry.StartAsync();
        await using var program = new PlatformCtlProgram();
        using var folder = new TemporaryFolder();
        var manifest = WriteMaker(folder, registry);
        folder.Write(
            "consumer/platform.yaml",
            $"{Head}Platform\nmetadata: {{name: test}}\nspec: {{serviceSources: [{{oci: \"{registry.Host}\", services: [web]}}]}}\n"
        );
        var claim = folder.Write("consumer/claim.json", """{"environment_name": "shop", "services": {"web": "*"}}""");
        string[] only = ["--file", claim, "--deploy-only-specified"];

        var pushed = await PushAsync("1.0.0");
        var planned = await program.RunAsync([.. "plan-environment -o json".Split(' '), .. only]);
        var plan = folder.Write("plan.json", planned.Output);
        await File.AppendAllTextAsync(manifest, "# changed\n", Token);
        await PushAsync("1.1.0");
        var refused = await PushAsync("1.0.0");
        // The newer version is there, and what was fetched a moment ago no longer counts.
        Directory.Delete(Path.Combine(program.Folder, "sources"), recursive: true);
        var held = await program.RunAsync(["deploy-environment", .. only, "--lock", plan]);
        var upgraded = await program.RunAsync([.. "deploy-environment --upgrade -o json".Split(' '), .. only]);
        var moved = await program.RunAsync(["deploy-environment", .. only, "--lock", plan]);
        var wrong = await program.RunAsync(["deploy-environment", .. only, "--lock", plan, "--upgrade"]);

        pushed.ExitCode.Should().Be(0, pushed.Error);
        pushed.Json["artifact"]!.ToString().Should().Be($"{registry.Host}/oci-releases/web:1.0.0");
        planned.Json["lock"]!["services"]!["web"]!["source"]!
            .ToString()
            .Should()
            .Be($"oci://{registry.Host}/oci-releases/web@{pushed.Json["digest"]}");
        refused.ExitCode.Should().Be(1);
        refused.Error.Should().Contain("A release never changes");
        held.ExitCode.Should().Be(0, held.Error);
        held.Error.Should().Contain("web 1.0.0 ready");
        upgraded.Json["services"]![0]!["version"]!.ToString().Should().Be("1.1.0");
        moved.ExitCode.Should().Be(0, "a lock returns to what it says: " + moved.Error);
        wrong.ExitCode.Should().Be(2);

        Task<Outcome> PushAsync(string version) =>
            program.RunAsync([
                .. $"artifact push web {version} --to releases -o json --workspace".Split(' '),
                Path.Combine(folder.Path, "maker"),
            ]);
    }

    [Fact]
    public async Task Pruning_shows_first_and_deletes_when_it_is_told_to()
    {
        await using var registry = await RealRegistry.StartAsync();
        await using var program = new PlatformCtlProgram();
        using var folder = new TemporaryFolder();
        WriteMaker(folder, registry);
        string[] workspace = ["--workspace", Path.Combine(folder.Path, "maker")];
        await registry.PushImageAsync(
            "docker-snapshots/web",
            ["1.0.0-dev.1"],
            """{"created": "2020-01-01T00:00:00Z"}"""
        );
        await registry.PushImageAsync("docker-releases/web", ["1.0.0"], """{"created": "2020-01-01T00:00:00Z"}""");
        var pushed = await program.RunAsync([
            "artifact",
            "push",
            "web",
            "1.0.0-dev.2",
            "--to",
            "user",
            "--user",
            "al",
            .. workspace,
        ]);

        var shown = await program.RunAsync(["artifact", "prune", .. workspace]);
        var asked = await program.RunAsync(["artifact", "prune", "-o", "json", .. workspace]);
        var done = await program.RunAsync(["artifact", "prune", "--yes", .. workspace]);
        var again = await program.RunAsync(["artifact", "prune", "--yes", .. workspace]);
        var wrong = await program.RunAsync(["artifact", "prune", "web", .. workspace]);
        var incomplete = await program.RunAsync(["artifact", "push", "web", .. workspace]);

        pushed.Output.Should().StartWith($"{registry.Host}/user-repos/al-local-repo/oci/web:1.0.0-dev.2@sha256:");
        shown.Output.Should().Contain("delete").And.Contain("1.0.0-dev.1").And.Contain("repeat it with --yes");
        asked.Json["deleted"]!.GetValue<int>().Should().Be(0);
        asked.Json["artifacts"]!
            .AsArray()
            .Select(a => $"{a!["retention"]} {a["tags"]![0]}")
            .Should()
            .Equal("delete 1.0.0-dev.1", "young 1.0.0-dev.2");
        done.ExitCode.Should().Be(0, done.Error);
        done.Output.Should().Contain("1 deleted");
        again.Output.Should().Contain("There is nothing to delete");
        (wrong.ExitCode, incomplete.ExitCode).Should().Be((2, 2));
    }

    private static string WriteMaker(TemporaryFolder folder, RealRegistry registry)
    {
        folder.Write(
            "maker/platform.yaml",
            $"{Head}Platform\nmetadata: {{name: test}}\nspec: {{registry: \"{registry.Host}\"}}\n"
        );
        folder.Write(
            "maker/services/web/service.yaml",
            $"{Head}ServiceDefinition\nmetadata: {{name: web}}\nspec: {{image: docker-releases/web, manifests: infrastructure}}\n"
        );
        return folder.Write(
            "maker/services/web/infrastructure/objects.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {version: \"${SERVICE_VERSION}\"}\n"
        );
    }
}
