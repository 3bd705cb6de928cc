using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes;
using PlatformLocal.Server.Tests.Testing;
using PlatformLocal.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>What runs is what is locked: images by the digests that a real registry tells.</summary>
public sealed class ImageDigestTests
{
    private const string Shop = """{"environment_name":"shop","user":"Alice","services":{"auth":"*"}}""";

    private static readonly DeployRequest s_flags = new() { Claim = [], DeployOnlySpecified = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_image_is_deployed_by_its_digest_until_an_upgrade_whatever_is_pushed_under_its_tag()
    {
        await using var registry = await RealRegistry.StartAsync();
        await using var platform = await TestPlatform.StartAsync();
        platform.WriteService("auth", $"{registry.Host}/docker-releases/auth");
        var first = await registry.PushImageAsync("docker-releases/auth", ["2.0.0"], "one");
        var image = $"{registry.Host}/docker-releases/auth:2.0.0";

        await platform.DeployAsync(Shop);
        var deployed = await ImageAsync(platform);
        var before = ReadLock(platform);
        var second = await registry.PushImageAsync("docker-releases/auth", ["2.0.0"], "two");
        var locked = () => TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Locked = true });

        (await locked.Should().ThrowAsync<PlatformException>())
            .WithMessage($"*image digest of auth: {first} before, {second} now*")
            .Which.Kind.Should()
            .Be(FailureKind.Conflict);
        deployed.Should().Be($"{image}@{first}");
        ((string?)JsonNode.Parse(before)!["services"]!["auth"]!["image_digest"]).Should().Be(first);

        await platform.StopAsync();
        Directory.Delete(platform.State.Sources, recursive: true); // nothing is remembered from before
        await platform.ServeAsync();
        var kept = await platform.DeployAsync(Shop);
        var keptImage = await ImageAsync(platform);
        var upgraded = await TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Upgrade = ["auth"] });

        kept.Warnings.Should().ContainSingle(w => w.Contains("was pushed anew") && w.Contains(second));
        keptImage.Should().Be($"{image}@{first}");
        upgraded.Phase.Should().Be(EnvironmentPhase.Ready);
        (await ImageAsync(platform)).Should().Be($"{image}@{second}");
        (await TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Locked = true }))
            .Changes!.Updated.Should()
            .Be(0);
    }

    [Fact]
    public async Task A_digest_stays_when_the_registry_went_away_and_none_is_made_up_when_it_was_never_there()
    {
        await using var platform = await TestPlatform.StartAsync();
        string image;
        await using (var registry = await RealRegistry.StartAsync())
        {
            image = $"{registry.Host}/docker-releases/auth";
            platform.WriteService("auth", image);
            await registry.PushImageAsync("docker-releases/auth", "2.0.0");
            await platform.DeployAsync(Shop);
        }

        var pinned = await ImageAsync(platform);
        await platform.StopAsync();
        Directory.Delete(platform.State.Sources, recursive: true);
        await platform.ServeAsync();
        var replayed = await TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Locked = true });
        var other = await platform.DeployAsync(Shop.Replace("shop", "other"));

        pinned.Should().StartWith($"{image}:2.0.0@sha256:");
        replayed.Changes!.Updated.Should().Be(0);
        replayed.Warnings.Should().BeEmpty();
        other.Phase.Should().Be(EnvironmentPhase.Ready, other.Message);
        (await ImageAsync(platform, "env-other")).Should().Be($"{image}:2.0.0");
    }

    [Fact]
    public async Task An_automatic_update_takes_new_versions_and_not_what_was_pushed_anew_under_versions_that_stay()
    {
        await using var registry = await RealRegistry.StartAsync();
        await using var platform = await TestPlatform.StartAsync();
        platform.WriteUpdates("1s");
        platform.WriteService("auth", $"{registry.Host}/docker-releases/auth");
        var first = await registry.PushImageAsync("docker-releases/auth", ["2.0.0"], "one");
        await platform.DeployAsync("""{"environment_name":"shop","services":{"web":"^1.0"}}""");
        await registry.PushImageAsync("docker-releases/auth", ["2.0.0"], "two");
        Directory.Delete(platform.State.Sources, recursive: true); // what was fetched is old

        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0]}");
        await platform.WaitAsync(
            "shop",
            e => e is { Phase: EnvironmentPhase.Ready } && e.Services.Any(s => s.Version == "1.2.0")
        );

        (await ImageAsync(platform)).Should().Be($"{registry.Host}/docker-releases/auth:2.0.0@{first}");
    }

    [Fact]
    public async Task A_development_build_of_the_user_is_deployed_from_the_user_s_repository()
    {
        await using var registry = await RealRegistry.StartAsync();
        await using var platform = await TestPlatform.StartAsync();
        platform.WriteService("auth", $"{registry.Host}/docker-releases/auth", "{}\n  versions: registry");
        await registry.PushImageAsync("docker-releases/auth", "2.0.0");
        await registry.PushImageAsync("docker-snapshots/auth", "2.1.0-dev.1");
        var digest = await registry.PushImageAsync("user-repos/alice-local-repo/auth", ["2.1.0-dev.2"], "mine");

        var plan = await platform.Api.PlanAsync(
            "shop",
            s_flags with
            {
                Claim = (JsonObject)JsonNode.Parse(Shop)!,
                UseDevTags = true,
            },
            Token
        );
        await TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { UseDevTags = true });
        await TestPlatform.DeployAsync(
            platform.Api,
            Shop.Replace("Alice", "bob").Replace("shop", "other"),
            s_flags with
            {
                UseDevTags = true,
            }
        );

        var image = $"{registry.Host}/user-repos/alice-local-repo/auth:2.1.0-dev.2";
        plan.Services.Single().Image.Should().Be($"{image}@{digest}");
        (await ImageAsync(platform)).Should().Be($"{image}@{digest}");
        (await ImageAsync(platform, "env-other"))
            .Should()
            .StartWith($"{registry.Host}/docker-snapshots/auth:2.1.0-dev.1@");
    }

    private static async Task<string?> ImageAsync(TestPlatform platform, string targetNamespace = "env-shop")
    {
        using var client = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);
        var deployment = await client.GetAsync(
            new ObjectReference("apps/v1", "Deployment", targetNamespace, "auth"),
            Token
        );
        return (string?)deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["image"];
    }

    private static string ReadLock(TestPlatform platform) =>
        File.ReadAllText(Path.Combine(platform.Bucket, "shop.lock.json"));
}
