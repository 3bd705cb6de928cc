using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>What becomes of an environment's versions when newer ones appear.</summary>
public sealed class LockTests
{
    private const string Shop = """{"environment_name":"shop","services":{"web":"^1.0"}}""";

    private static readonly DeployRequest s_flags = new() { Claim = [], DeployOnlySpecified = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Versions_stay_until_an_upgrade_is_asked_for_and_the_plan_says_why()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        var before = ReadLock(platform);
        platform.WriteCatalogue("web: {versions: [1.0.0, 1.1.0, 1.2.0]}", "auth: {versions: [2.0.0, 2.1.0]}");

        var again = await platform.DeployAsync(Shop);
        var kept = ReadLock(platform);
        var plan = await platform.Api.PlanAsync("shop", s_flags with { Upgrade = ["web"], Claim = Payload() }, Token);
        var one = await TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Upgrade = ["web"] });
        var all = await TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Upgrade = ["*"] });

        Versions(again).Should().Equal("auth 2.0.0", "web 1.1.0");
        again.Services[1].Reason.Should().Contain("1.2.0 is newer");
        kept.Should().Be(before, "nothing moved");
        plan.Services.Single(s => s.From != s.To)
            .Should()
            .Match<ServicePlan>(s =>
                s.Name == "web"
                && s.From == "1.1.0"
                && s.To == "1.2.0"
                && s.Reason == "newest that '^1.0', which the claim asks for, accepts"
            );
        Versions(one).Should().Equal("auth 2.0.0", "web 1.2.0");
        Versions(all).Should().Equal("auth 2.1.0", "web 1.2.0");
        (await platform.DeployAsync(Shop)).Changes!.Updated.Should().Be(0);
    }

    [Fact]
    public async Task Latest_follows_the_newest_without_being_asked()
    {
        await using var platform = await TestPlatform.StartAsync();
        const string Latest = """{"environment_name":"shop","services":{"web":"latest"}}""";
        await platform.DeployAsync(Latest);
        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0, 2.1.0]}");

        Versions(await platform.DeployAsync(Latest)).Should().Equal("auth 2.0.0", "web 1.2.0");
    }

    [Fact]
    public async Task A_locked_deployment_gives_the_same_bytes_again_and_objects_unchanged()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        var before = ReadLock(platform);
        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0, 2.1.0]}");

        var replayed = await TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Locked = true });

        ReadLock(platform).Should().Be(before);
        replayed.Changes.Should().Be(new ChangeCounts(Created: 0, Updated: 0, Unchanged: 12, Pruned: 0));
    }

    [Fact]
    public async Task A_locked_deployment_keeps_the_lock_of_a_claim_that_asks_for_the_latest()
    {
        await using var platform = await TestPlatform.StartAsync();
        const string latest = """{"environment_name":"shop","services":{"web":"latest"}}""";
        await platform.DeployAsync(latest);
        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0]}");

        var replayed = await TestPlatform.DeployAsync(platform.Api, latest, s_flags with { Locked = true });

        Versions(replayed).Should().Equal("auth 2.0.0", "web 1.1.0");
        Versions(await platform.DeployAsync(latest)).Should().Equal("auth 2.0.0", "web 1.2.0");
    }

    [Fact]
    public async Task A_locked_deployment_fails_with_what_moved_and_changes_nothing()
    {
        await using var platform = await TestPlatform.StartAsync();
        var never = () => TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Locked = true });
        await never.Should().ThrowAsync<PlatformException>().WithMessage("shop has no lock*");
        await platform.DeployAsync(Shop);
        var before = ReadLock(platform);
        platform.WriteCatalogue("web: {versions: [1.0.0, 1.2.0]}", "auth: {versions: [2.0.0]}");
        platform.WriteService("auth", "auth-of-others");

        var moved = () => TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Locked = true });

        (await moved.Should().ThrowAsync<PlatformException>())
            .WithMessage("shop would not be what its lock says: *manifests of auth: sha256:*")
            .WithMessage("*image of auth: localhost:5001/auth:2.0.0 before, localhost:5001/auth-of-others:2.0.0 now*")
            .WithMessage("*version of web: 1.1.0 before, 1.2.0 now*")
            .Which.Kind.Should()
            .Be(FailureKind.Conflict);
        ReadLock(platform).Should().Be(before);
    }

    [Fact]
    public async Task A_start_keeps_the_versions_of_the_lock_and_a_locked_deployment_after_it_tells_what_is_lost()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        var before = ReadLock(platform);
        await platform.StopAsync();
        platform.WriteCatalogue("web: {versions: [1.0.0]}", "auth: {versions: [2.0.0]}");

        await platform.ServeAsync();
        var started = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);
        var locked = () => TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Locked = true });
        (await locked.Should().ThrowAsync<PlatformException>())
            .WithMessage("shop would not be what its lock says: version of web: 1.1.0 before, 1.0.0 now;*")
            .Which.Kind.Should()
            .Be(FailureKind.Conflict);
        var kept = ReadLock(platform);
        var deployed = await platform.DeployAsync(Shop);

        Versions(started!).Should().Equal("auth 2.0.0", "web 1.1.0");
        started!.Warnings.Should().ContainSingle().Which.Should().StartWith("web 1.1.0 is not among the versions");
        kept.Should().Be(before);
        Versions(deployed).Should().Equal("auth 2.0.0", "web 1.0.0");
        deployed.Warnings.Should().BeEmpty();
    }

    [Fact]
    public async Task A_start_that_cannot_keep_the_versions_says_so_and_changes_nothing()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        var before = ReadLock(platform);
        await platform.StopAsync();
        platform.WriteCatalogue("web: {versions: [1.0.0, 1.1.0]}", "auth: {versions: [2.0.0, 3.0.0]}");
        platform.WriteService("web", "web", "{auth: \"^3.0\"}");

        await platform.ServeAsync();
        var started = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Invalid);
        var kept = ReadLock(platform);
        var deployed = await platform.DeployAsync(Shop);

        started!.Message.Should().Contain("version of auth: 2.0.0 before, 3.0.0 now");
        started.NextStep.Should().Contain("plan-environment");
        kept.Should().Be(before);
        Versions(deployed).Should().Equal("auth 3.0.0", "web 1.1.0");
    }

    [Fact]
    public async Task Reasons_are_those_of_the_claim_that_chose_the_versions()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);

        var exact = await platform.DeployAsync(Shop.Replace("^1.0", "1.1.0"));
        var exactly = ReasonOf("web");
        platform.DropClaim(
            "shop",
            File.ReadAllText(Path.Combine(platform.Bucket, "shop.json")).Replace("1.1.0", "~1.1")
        );
        await platform.WaitAsync("shop", e => e!.Services.Any(s => s.Reason!.Contains("~1.1")) && e.IsSettled);

        exactly.Should().Be("asked for by '1.1.0', which the claim asks for");
        exact.Services.Single(s => s.Name == "web").Reason.Should().Be(exactly);
        ReasonOf("web").Should().Contain("'~1.1'");

        string ReasonOf(string service) =>
            JsonNode.Parse(ReadLock(platform))!["services"]![service]!["reason"]!.GetValue<string>();
    }

    [Fact]
    public async Task Reasons_that_name_another_service_name_its_version_as_it_is_now()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0]}");

        await TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Upgrade = ["web"] });

        ReadLock(platform).Should().Contain("which web 1.2.0 needs").And.NotContain("web 1.1.0");
    }

    [Fact]
    public async Task A_lock_from_a_file_gives_the_same_bytes_after_a_removal_and_on_another_platform()
    {
        await using var platform = await TestPlatform.StartAsync();
        await using var other = await TestPlatform.StartAsync();
        foreach (var each in new[] { platform, other })
        {
            each.WriteService("auth", "auth", "{}\n  secrets: [SIGNING_KEY]");
        }

        await platform.DeployAsync(Shop);
        var lockBytes = ReadLock(platform);
        var objects = await HashesAsync(platform);
        var held = s_flags with { Lock = (JsonObject)JsonNode.Parse(lockBytes)! };
        foreach (var each in new[] { platform, other })
        {
            each.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0, 2.1.0]}");
        }

        await platform.Api.DeleteAsync("shop", Token);
        await platform.WaitAsync("shop", e => e is null);
        var plan = await other.Api.PlanAsync("shop", held with { Claim = Payload() }, Token);
        foreach (var each in new[] { platform, other })
        {
            Versions(await TestPlatform.DeployAsync(each.Api, Shop, held)).Should().Equal("auth 2.0.0", "web 1.1.0");
            ReadLock(each).Should().Be(lockBytes);
            (await HashesAsync(each)).Should().Equal(objects).And.HaveCountGreaterThan(5);
        }

        JsonNode.DeepEquals(plan.Lock, held.Lock).Should().BeTrue();
    }

    [Fact]
    public async Task A_lock_from_a_file_holds_development_builds_and_latest_as_well()
    {
        await using var platform = await TestPlatform.StartAsync();
        const string Claim = """{"environment_name":"shop","services":{"auth":"latest"}}""";
        var dev = s_flags with { UseDevTags = true };
        platform.WriteCatalogue("auth: {versions: [2.0.0], devVersions: [2.1.0-dev.1]}");
        await TestPlatform.DeployAsync(platform.Api, Claim, dev);
        var lockBytes = ReadLock(platform);
        platform.WriteCatalogue("auth: {versions: [2.0.0], devVersions: [2.1.0-dev.1, 2.1.0-dev.2]}");

        var held = await TestPlatform.DeployAsync(
            platform.Api,
            Claim,
            dev with
            {
                Lock = (JsonObject)JsonNode.Parse(lockBytes)!,
            }
        );
        var keptBytes = ReadLock(platform);
        var newest = await TestPlatform.DeployAsync(platform.Api, Claim, dev);

        Versions(held).Should().Equal("auth 2.1.0-dev.1");
        keptBytes.Should().Be(lockBytes);
        Versions(newest).Should().Equal("auth 2.1.0-dev.2");
    }

    [Theory]
    [InlineData("""{"environment_name":"other","services":{}}""", "*is 'other', and the claim is of 'shop'*")]
    [InlineData("""{"environment_name":"shop"}""", "*it has no services*")]
    [InlineData(
        """{"environment_name":"shop","services":{"web":{"version":"new"}}}""",
        "*has no version that can be read*"
    )]
    [InlineData(
        """{"environment_name":"shop","services":{"web":{"version":"1.0.0","manifests":"sha256:0"}}}""",
        "*auth 2.0.0 is not in the lock; manifests of web: sha256:0 before, sha256:*"
    )]
    public async Task A_lock_that_does_not_hold_is_refused_and_changes_nothing(string given, string message)
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        var before = ReadLock(platform);

        var act = () =>
            TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Lock = (JsonObject)JsonNode.Parse(given)! });

        await act.Should().ThrowAsync<PlatformException>().WithMessage(message);
        ReadLock(platform).Should().Be(before);
    }

    /// <summary>Kind, name and content of all objects but the values of secrets.</summary>
    private static async Task<IReadOnlyList<string>> HashesAsync(TestPlatform platform)
    {
        using var client = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);
        var hashes = new List<string>();
        foreach (var kind in new[] { "Deployment", "ConfigMap", "ServiceAccount", "NetworkPolicy" })
        {
            var version = kind switch
            {
                "Deployment" => "apps/v1",
                "NetworkPolicy" => "networking.k8s.io/v1",
                _ => "v1",
            };
            var list = await client.ListAsync(version, kind, "env-shop", new ListOptions(), Token);
            hashes.AddRange(
                list.Items.Select(o =>
                    $"{kind} {o["metadata"]!["name"]} {o["metadata"]!["annotations"]?[ManifestLabels.ContentHash]}"
                )
            );
        }

        return [.. hashes.Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task An_upgrade_of_a_service_that_is_not_there_is_refused()
    {
        await using var platform = await TestPlatform.StartAsync();

        var act = () => TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Upgrade = ["webb"] });

        (await act.Should().ThrowAsync<PlatformException>().WithMessage("webb is to be upgraded*"))
            .Which.NextStep.Should()
            .Be("It has: auth, web.");
    }

    [Fact]
    public async Task The_tags_of_a_git_repository_are_deployed_and_used_offline_when_it_vanished()
    {
        await using var platform = await TestPlatform.StartAsync();
        var repository = Path.Combine(platform.Workspace, "repository-of-web");
        await GitAsync("init", "--quiet", repository);
        await GitAsync("-C", repository, "commit", "--quiet", "--allow-empty", "--message", "first");
        await GitAsync("-C", repository, "tag", "v1.3.0");
        await GitAsync("-C", repository, "tag", "v1.4.0-rc.1");
        var definition = Path.Combine(platform.Workspace, "services", "web", "service.yaml");
        await File.AppendAllTextAsync(definition, $"\n  versions: git\n  repository: {repository}\n", Token);

        var early = () => TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Offline = true });
        await early.Should().ThrowAsync<PlatformException>().WithMessage("*were never fetched*");
        var deployed = await platform.DeployAsync(Shop);
        Directory.Delete(repository, recursive: true);
        var offline = await TestPlatform.DeployAsync(platform.Api, Shop, s_flags with { Offline = true });

        Versions(deployed).Should().Equal("auth 2.0.0", "web v1.3.0");
        Versions(offline).Should().Equal("auth 2.0.0", "web v1.3.0");
    }

    private static async Task GitAsync(params string[] arguments) =>
        await new ProgramRunner(TimeProvider.System).RunAsync(
            new ProgramCommand
            {
                Program = "git",
                Arguments = ["-c", "user.name=tests", "-c", "user.email=tests@example.org", .. arguments],
            },
            Token
        );

    [Fact]
    public async Task Services_in_a_circle_start_together_and_a_warning_says_so()
    {
        await using var platform = await TestPlatform.StartAsync();
        platform.WriteService("auth", "auth", "{web: \"*\"}");

        var shop = await platform.DeployAsync(Shop);

        shop.Phase.Should().Be(EnvironmentPhase.Ready);
        shop.Warnings.Should().Contain(w => w.Contains("auth → web → auth"));
    }

    private static IEnumerable<string> Versions(EnvironmentDocument environment) =>
        environment.Services.Select(s => $"{s.Name} {s.Version}");

    private static JsonObject Payload() => (JsonObject)JsonNode.Parse(Shop)!;

    private static string ReadLock(TestPlatform platform) =>
        File.ReadAllText(Path.Combine(platform.Bucket, "shop.lock.json"));
}
