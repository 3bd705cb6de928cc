using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>Namespaces that the platform did not make, on every way to an environment and out of it.</summary>
public sealed class NamespaceTests
{
    private const string Payload = """{"environment_name":"adopt","services":{"auth":"*"}}""";
    private static readonly ObjectReference s_home = new("v1", "Namespace", null, "env-adopt");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deployment_and_a_plan_into_a_namespace_of_somebody_else_are_refused_and_no_claim_is_stored()
    {
        await using var platform = await TestPlatform.StartAsync();
        await MakeAsync(platform, []);

        var deploy = () => platform.DeployAsync(Payload);
        var plan = () =>
            platform.Api.PlanAsync(
                "adopt",
                new DeployRequest { Claim = (JsonObject)JsonNode.Parse(Payload)!, DeployOnlySpecified = true },
                Token
            );

        (await deploy.Should().ThrowAsync<PlatformException>()).Which.Kind.Should().Be(FailureKind.NotAllowed);
        (await plan.Should().ThrowAsync<PlatformException>()).Which.Message.Should().Contain("did not make it");
        File.Exists(Path.Combine(platform.Bucket, "adopt.json")).Should().BeFalse();
        (await FindAsync(platform)).Should().NotBeNull();
    }

    [Fact]
    public async Task A_dropped_claim_for_such_a_namespace_fails_and_its_removal_leaves_the_namespace()
    {
        await using var platform = await TestPlatform.StartAsync();
        await MakeAsync(platform, []);

        platform.DropClaim(
            "adopt",
            """{"user":"anna","environment_name":"adopt","environment_type":"dev","creation_date":"2026-11-21","services":{"auth":"*"}}"""
        );
        var failed = await platform.WaitAsync("adopt", e => e?.Phase == EnvironmentPhase.Failed);
        await platform.Api.DeleteAsync("adopt", Token);
        await platform.WaitAsync("adopt", e => e is null);

        failed!.Failure.Should().Be(FailureKind.NotAllowed);
        (await FindAsync(platform)).Should().NotBeNull();
    }

    [Fact]
    public async Task A_namespace_that_only_carries_an_environments_name_as_a_label_survives_a_restart()
    {
        await using var platform = await TestPlatform.StartAsync();
        var copy = new ObjectReference("v1", "Namespace", null, "my-copy");
        var item = copy.ToObject();
        item["metadata"]!["labels"] = new JsonObject { ["platform.local/environment"] = "adopt" };
        await Kubernetes(platform).CreateAsync(item, null, Token);
        await platform.StopAsync();

        await platform.ServeAsync();
        await platform.DeployAsync("""{"environment_name":"shop","services":{"auth":"*"}}""");

        (await Kubernetes(platform).FindAsync(copy, Token)).Should().NotBeNull();
        (await platform.Api.FindAsync("adopt", Token)).Should().BeNull("it never was an environment");
    }

    private static KubernetesClient Kubernetes(TestPlatform platform) =>
        platform.Services.GetRequiredService<KubernetesClient>();

    private static Task<JsonObject?> FindAsync(TestPlatform platform) => Kubernetes(platform).FindAsync(s_home, Token);

    private static Task MakeAsync(TestPlatform platform, JsonObject labels)
    {
        var item = s_home.ToObject();
        item["metadata"]!["labels"] = labels;
        return Kubernetes(platform).CreateAsync(item, null, Token);
    }
}
