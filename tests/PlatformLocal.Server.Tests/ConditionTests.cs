using PlatformLocal.Client;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>The sides of an environment's state.</summary>
public sealed class ConditionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_ready_environment_is_accepted_resolved_delivered_and_ready_with_its_claim()
    {
        await using var platform = await TestPlatform.StartAsync();

        var shop = await platform.DeployAsync("""{"environment_name":"shop","services":{"web":"*"}}""");

        foreach (var type in new[] { "Accepted", "Resolved", "Delivered", "Ready", "UpToDate" })
        {
            Condition(shop, type)
                .Should()
                .Match<ConditionDocument>(c => c.Status == "True" && c.ObservedRevision == shop.Revision, type);
        }

        shop.Conditions.Should().NotContain(c => c.Type == "Stalled");
        shop.ObservedRevision.Should().Be(shop.Revision);
        shop.NextTry.Should().BeNull();
    }

    [Fact]
    public async Task What_is_refused_stalls_until_the_workspace_changes()
    {
        await using var platform = await TestPlatform.StartAsync();
        platform.DropClaim("shop", Claim("web", "^3.0"));

        var stalled = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Invalid && e.IsSettled);
        var transition = Condition(stalled!, "Stalled").LastTransitionTime;
        platform.WriteCatalogue("web: {versions: [1.0.0, 3.0.0]}", "auth: {versions: [2.0.0]}");
        var ready = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);

        Condition(stalled!, "Accepted").Status.Should().Be("True");
        Condition(stalled!, "Resolved")
            .Should()
            .Match<ConditionDocument>(c => c.Status == "False" && c.Reason == "Refused" && c.Message!.Contains("^3.0"));
        Condition(stalled!, "Ready").Status.Should().Be("False");
        (stalled!.NextTry - transition).Should().BeGreaterThan(TimeSpan.FromMinutes(4), "only a change helps before");
        ready!.Conditions.Should().NotContain(c => c.Type == "Stalled");
        Condition(ready, "Ready").LastTransitionTime.Should().BeAfter(transition);
    }

    [Fact]
    public async Task What_is_refused_is_not_tried_again_by_a_workspace_that_changes_nothing_of_it()
    {
        await using var platform = await TestPlatform.StartAsync();
        var objects = Path.Combine(platform.Workspace, "services", "auth", "infrastructure", "objects.yaml");
        var good = await File.ReadAllTextAsync(objects, Token);
        platform.WriteService("other", "other");
        await File.WriteAllTextAsync(
            objects,
            good.Replace("spec:\n  selector", "spec:\n  replicas: -1\n  selector"),
            Token
        );
        platform.DropClaim("shop", Claim("auth", "2.0.0"));
        var refused = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Invalid && e.IsSettled);
        platform.DropClaim("lost", Claim("nobody", "1.0.0").Replace("shop", "lost"));
        var lost = await platform.WaitAsync("lost", e => e?.Phase == EnvironmentPhase.Invalid && e.IsSettled);

        // What another service is made of is none of theirs; that it was looked at shows at one that it is of.
        platform.WriteService("other", "another");
        platform.DropClaim("third", Claim("auth", "2.0.0").Replace("shop", "third"));
        await platform.WaitAsync("third", e => e?.Phase == EnvironmentPhase.Invalid && e.IsSettled);
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, Token);
        var after = await platform.Api.GetAsync("shop", Token);
        var lostAfter = await platform.Api.GetAsync("lost", Token);
        await File.WriteAllTextAsync(objects, good, Token);
        var ready = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);

        refused!.Message.Should().Contain("spec.replicas");
        after.Requested.Should().Be(refused.Requested);
        lostAfter.Requested.Should().Be(lost!.Requested);
        ready!.Message.Should().BeNull();
    }

    [Fact]
    public async Task A_claim_that_is_not_valid_is_not_accepted_and_a_valid_one_in_its_place_is()
    {
        await using var platform = await TestPlatform.StartAsync();
        platform.DropClaim("shop", Claim("web", "one of these"));
        var invalid = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Invalid && e.IsSettled);

        platform.DropClaim("shop", Claim("web", "1.0.0"));
        await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);

        Condition(invalid!, "Accepted").Status.Should().Be("False");
        Condition(invalid!, "Resolved").Status.Should().Be("Unknown");
    }

    [Fact]
    public async Task What_failed_in_the_cluster_is_tried_again_by_itself_and_says_when()
    {
        await using var platform = await TestPlatform.StartAsync();

        var failed = await platform.DeployAsync(
            """{"environment_name":"shop","services":{"auth":{"version":"2.0.0","docker_image":"auth:fail-start"}}}"""
        );

        failed.Phase.Should().Be(EnvironmentPhase.Failed);
        Condition(failed, "Delivered")
            .Should()
            .Match<ConditionDocument>(c => c.Status == "False" && c.Reason == "Failed");
        Condition(failed, "Resolved").Status.Should().Be("True");
        failed.Conditions.Should().NotContain(c => c.Type == "Stalled");
        (failed.NextTry - TimeProvider.System.GetUtcNow()).Should().BeLessThan(TimeSpan.FromSeconds(11));
    }

    private static ConditionDocument Condition(EnvironmentDocument environment, string type) =>
        environment.Conditions.Should().ContainSingle(c => c.Type == type).Subject;

    private static string Claim(string service, string version) =>
        $$"""{"user":"anna","environment_name":"shop","environment_type":"dev","creation_date":"2026-11-21","services":{"{{service}}":"{{version}}"} }""";
}
