using Microsoft.Extensions.DependencyInjection;
using PlatformLocal.Client;
using PlatformLocal.Kubernetes;
using PlatformLocal.Server.Reconciliation;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>What a platform does about its environments when it starts again.</summary>
public sealed class RestartTests
{
    private const string Shop = """{"environment_name":"shop","services":{"web":"^1.0"}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_as_it_was_is_ready_without_being_built_or_delivered_anew()
    {
        await using var platform = await TestPlatform.StartAsync();
        platform.WriteService("auth", "auth", "{}\n  secrets: [SIGNING_KEY]");
        platform.WriteService("web", "web", "{auth: \"*\"}");
        await platform.DeployAsync(Shop);
        var before = await platform.Api.GetAsync("shop", Token);
        await platform.StopAsync();

        await platform.ServeAsync();
        var after = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);

        Compilations(platform).Should().Be(0);
        after!.Changes.Should().BeNull("nothing was delivered");
        after.Services.Should().BeEquivalentTo(before.Services, o => o.WithStrictOrdering());
        after.History.Should().BeEquivalentTo(before.History);
        after.Conditions.Should().Contain(c => c.Type == "Ready" && c.Status == "True");
        (await platform.DeployAsync(Shop)).Changes!.Unchanged.Should().BeGreaterThan(10);
    }

    [Fact]
    public async Task A_workspace_that_changed_meanwhile_is_delivered()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        await platform.StopAsync();
        platform.WriteService("auth", "auth-of-others");

        await platform.ServeAsync();
        var after = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);

        after!.Changes!.Updated.Should().BeGreaterThan(0);
    }

    [Theory]
    [InlineData("v1", "ConfigMap")]
    [InlineData("apps/v1", "Deployment")]
    public async Task What_is_missing_in_the_cluster_is_delivered(string apiVersion, string kind)
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        using (var client = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig))
        {
            await client.DeleteAsync(new ObjectReference(apiVersion, kind, "env-shop", "auth"), null, Token);
        }

        await platform.StopAsync();

        await platform.ServeAsync();
        var after = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);

        after!.Changes!.Created.Should().Be(1);
    }

    [Fact]
    public async Task What_did_not_become_ready_is_tried_again()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(
            """{"environment_name":"shop","services":{"auth":{"version":"2.0.0","docker_image":"auth:fail-start"}}}"""
        );
        await platform.StopAsync();

        await platform.ServeAsync();
        await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Failed);

        Compilations(platform).Should().Be(1);
    }

    private static long Compilations(TestPlatform platform) =>
        platform.Services.GetRequiredService<ClaimCompiler>().Compilations;
}
