using EmbeddedKubernetes;
using PlatformLocal.Cli.Tests.Testing;
using PlatformLocal.Kubernetes;
using PlatformLocal.Operations;

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
}
