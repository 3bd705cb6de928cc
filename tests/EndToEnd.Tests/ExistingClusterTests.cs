using EmbeddedKubernetes;
using PlatformLocal.Cli.Tests.Testing;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.Operations;

namespace PlatformLocal.EndToEnd.Tests;

/// <summary>A platform on a cluster that was there before it.</summary>
public sealed class ExistingClusterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_touched_before_it_is_allowed_and_nothing_is_left_after_it()
    {
        using var workspace = new TestWorkspace();
        await using var cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        await using var program = new PlatformCtlProgram();
        string[] create =
        [
            "create-local-platform",
            "--cluster",
            "existing",
            "--kubeconfig",
            cluster.KubeconfigPath,
            "--workspace",
            workspace.Folder,
        ];

        var refused = await program.RunAsync(create);
        var allowed = await program.RunAsync([.. create, "--yes"]);
        using var client = KubernetesClient.FromKubeconfig(cluster.KubeconfigPath);
        var steps = await StepMirror.ReadAsync(client, Token);
        var deployed = await program.RunAsync(
            "deploy-environment",
            "--payload",
            """{"environment_name":"real","services":{"hello":"*"}}"""
        );
        var destroyed = await program.RunAsync("destroy-local-platform", "--verify");

        refused.ExitCode.Should().Be(4);
        refused.Error.Should().Contain("nobody allowed it").And.Contain("--yes");
        allowed.ExitCode.Should().Be(0, allowed.Error);
        steps.Keys.Should().Contain(["permission", "baseline", "platform"]);
        deployed.ExitCode.Should().Be(0, deployed.Error);
        destroyed.ExitCode.Should().Be(0, destroyed.Error);
        var namespaces = await client.ListAsync("v1", "Namespace", null, null, Token);
        namespaces
            .Items.Select(n => (string?)n["metadata"]!["name"])
            .Should()
            .NotContain(["env-real", "platform-system", "flux-system"])
            .And.Contain("default");
        (await client.FindAsync(new ObjectReference("v1", "ConfigMap", "kube-system", "platform-local"), Token))
            .Should()
            .BeNull();
    }

    [Fact]
    public async Task Its_platform_services_are_remembered_shown_and_removed_with_the_platform()
    {
        using var workspace = new TestWorkspace();
        await using var cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        await using var program = new PlatformCtlProgram();
        string[] create =
        [
            "create-local-platform",
            "--cluster",
            "existing",
            "--kubeconfig",
            cluster.KubeconfigPath,
            "--workspace",
            workspace.Folder,
            "--yes",
        ];
        using var client = Kubernetes.KubernetesClient.FromKubeconfig(cluster.KubeconfigPath);

        var created = await program.RunAsync([.. create, "--services", "redis", "--delivery", "direct"]);
        var again = await program.RunAsync("create-local-platform", "--output", "json");
        var installed = await ItemsAsync(client, "apps/v1", "Deployment");
        var destroyed = await program.RunAsync("destroy-local-platform");

        created.ExitCode.Should().Be(0, created.Error);
        created.Error.Should().Contain("made up the Secret redis-credentials").And.MatchRegex(@"redis \d+\.\d s");
        again.ExitCode.Should().Be(0, again.Error);
        again.Json["services"]!.AsArray().Should().ContainSingle();
        again.Json["services"]![0]!["name"]!.GetValue<string>().Should().Be("redis");
        again.Json["services"]![0]!["ready"]!.GetValue<bool>().Should().BeTrue();
        installed.Should().Equal("redis");
        destroyed.ExitCode.Should().Be(0, destroyed.Error);
        (await ItemsAsync(client, "apps/v1", "Deployment")).Should().BeEmpty();
        (await ItemsAsync(client, "v1", "Secret")).Should().NotContain("redis-credentials");
    }

    private static async Task<IEnumerable<string>> ItemsAsync(
        Kubernetes.KubernetesClient client,
        string apiVersion,
        string kind
    ) =>
        (await client.ListAsync(apiVersion, kind, "platform-system", null, Token)).Items.Select(i =>
            (string)i["metadata"]!["name"]!
        );
}
