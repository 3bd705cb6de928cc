using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>Newer versions that appear under an environment.</summary>
public sealed class UpdateTests
{
    private const string Ranged = """{"environment_name":"shop","services":{"web":"^1.0"}}""";
    private const string Auth = "auth: {versions: [2.0.0]}";

    // A version that pulls a service in whose pods crash.
    private const string Broken = "dependsOn: {1.2.0: {auth: \"^2.0\", crashing: \"*\"}}";

    private static readonly DeployRequest s_flags = new() { Claim = [], DeployOnlySpecified = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("^1.0")]
    [InlineData("*")]
    [InlineData("latest")]
    public async Task A_newer_version_rolls_out_by_itself(string constraint)
    {
        await using var platform = await StartAsync();
        await platform.DeployAsync(Ranged.Replace("^1.0", constraint));
        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0, 2.1.0]}");

        var shop = await platform.WaitAsync("shop", e => IsReadyWith(e, "auth 2.1.0", "web 1.2.0"));

        shop!
            .History![0]
            .Should()
            .Match<RolloutDocument>(r => r.Cause == RolloutCause.AutomaticUpdate && r.By == null && r.Number == 2);
        shop.NextUpdate.Should().NotBeNull();
        shop.Warnings.Should().BeEmpty();
    }

    [Fact]
    public async Task An_update_that_fails_is_taken_back_and_marked_and_tried_again_only_when_something_newer_comes()
    {
        await using var platform = await StartAsync();
        platform.WriteService("crashing", "crashing");
        Crash(platform, "crashing");
        await platform.DeployAsync(Ranged);
        var before = File.ReadAllText(Path.Combine(platform.Bucket, "shop.lock.json"));
        platform.WriteCatalogue($"web: {{versions: [1.1.0, 1.2.0], {Broken}}}", Auth, "crashing: {versions: [1.0.0]}");

        var back = await platform.WaitAsync(
            "shop",
            e => IsReadyWith(e, "auth 2.0.0", "web 1.1.0") && e!.History!.Count == 3
        );
        var nextLook = back!.NextUpdate;
        var looked = await platform.WaitAsync("shop", e => e!.NextUpdate > nextLook!.Value.AddSeconds(2));

        back.History!.Select(r => (r.Number, r.Cause, r.Outcome, r.BackTo))
            .Should()
            .Equal(
                (3, RolloutCause.AutomaticRollback, RolloutOutcome.Ready, 1),
                (2, RolloutCause.AutomaticUpdate, RolloutOutcome.Failed, null),
                (1, RolloutCause.Claim, RolloutOutcome.Ready, null)
            );
        back.History![1].Message.Should().Contain("crashing: has failed");
        back.Warnings.Should()
            .ContainSingle(w =>
                w.StartsWith("The automatic update to crashing 1.0.0 failed at ")
                && w.Contains("crashing: has failed. Pod crashing-")
                && w.Contains("container crashing: CrashLoopBackOff")
            );
        File.ReadAllText(Path.Combine(platform.Bucket, "shop.lock.json")).Should().Be(before);
        looked!.History.Should().HaveCount(3, "what failed is not tried again");

        platform.WriteCatalogue(
            $"web: {{versions: [1.1.0, 1.2.0, 1.2.1], {Broken}}}",
            Auth,
            "crashing: {versions: [1.0.0]}"
        );
        var newer = await platform.WaitAsync("shop", e => IsReadyWith(e, "auth 2.0.0", "web 1.2.1"));
        newer!.History![0].Cause.Should().Be(RolloutCause.AutomaticUpdate);
        newer.Warnings.Should().BeEmpty();
    }

    [Fact]
    public async Task Whoever_deployed_what_was_taken_back_hears_of_its_failure_and_of_what_is_ready_instead()
    {
        await using var platform = await StartAsync();
        platform.WriteService("crashing", "crashing");
        Crash(platform, "crashing");
        await platform.DeployAsync(Ranged);
        platform.WriteCatalogue($"web: {{versions: [1.1.0, 1.2.0], {Broken}}}", Auth, "crashing: {versions: [1.0.0]}");
        await platform.WaitAsync("shop", e => e!.History![0].Outcome == RolloutOutcome.InProgress);

        var failed = await platform.DeployAsync(Ranged);
        var again = await platform.DeployAsync(Ranged);

        failed.Phase.Should().Be(EnvironmentPhase.Ready);
        failed.Failure.Should().Be(FailureKind.Failed);
        failed
            .Message.Should()
            .StartWith("shop is ready, and not with what was deployed: ")
            .And.Contain("crashing is not there instead of 1.0.0")
            .And.Contain("web is 1.1.0 instead of 1.2.0")
            .And.Contain("The automatic update to crashing 1.0.0 failed at ");
        failed.NextStep.Should().Contain("platformctl get-environment shop");
        again.Failure.Should().BeNull("what is there now is what was asked for");
    }

    [Fact]
    public async Task What_failed_does_not_hold_other_services_back()
    {
        await using var platform = await StartAsync();
        platform.WriteService("crashing", "crashing");
        Crash(platform, "crashing");
        await platform.DeployAsync(Ranged);
        platform.WriteCatalogue($"web: {{versions: [1.1.0, 1.2.0], {Broken}}}", Auth, "crashing: {versions: [1.0.0]}");
        await platform.WaitAsync("shop", e => e!.History!.Count == 3 && e.Phase == EnvironmentPhase.Ready);

        platform.WriteCatalogue(
            $"web: {{versions: [1.1.0, 1.2.0], {Broken}}}",
            "auth: {versions: [2.0.0, 2.3.0]}",
            "crashing: {versions: [1.0.0]}"
        );

        await platform.WaitAsync("shop", e => IsReadyWith(e, "auth 2.3.0", "web 1.1.0"));
    }

    [Fact]
    public async Task An_update_that_was_under_way_when_the_platform_ended_is_still_taken_back_when_it_fails()
    {
        await using var platform = await StartAsync();
        platform.WriteService("crashing", "crashing");
        Crash(platform, "crashing");
        await platform.DeployAsync(Ranged);
        platform.WriteCatalogue($"web: {{versions: [1.1.0, 1.2.0], {Broken}}}", Auth, "crashing: {versions: [1.0.0]}");
        await platform.WaitAsync("shop", e => e!.History![0].Outcome == RolloutOutcome.InProgress);

        await platform.StopAsync();
        await platform.ServeAsync();

        var back = await platform.WaitAsync(
            "shop",
            e => IsReadyWith(e, "auth 2.0.0", "web 1.1.0") && e!.History!.Count == 3
        );
        back!.History![0].Cause.Should().Be(RolloutCause.AutomaticRollback);
    }

    [Fact]
    public async Task A_claim_that_changes_during_an_update_wins_over_it()
    {
        await using var platform = await StartAsync();
        platform.WriteService("crashing", "crashing");
        Crash(platform, "crashing");
        await platform.DeployAsync(Ranged);
        platform.WriteCatalogue(
            $"web: {{versions: [1.0.0, 1.1.0, 1.2.0], {Broken}}}",
            Auth,
            "crashing: {versions: [1.0.0]}"
        );
        await platform.WaitAsync("shop", e => e!.History![0].Outcome == RolloutOutcome.InProgress);

        var changed = await platform.DeployAsync("""{"environment_name":"shop","services":{"web":"1.0.0"}}""");

        Versions(changed).Should().Equal("auth 2.0.0", "web 1.0.0");
        (await platform.Api.FindAsync("shop", Token))!
            .History!.Select(r => (r.Cause, r.Outcome))
            .Should()
            .Equal(
                (RolloutCause.Claim, RolloutOutcome.Ready),
                (RolloutCause.AutomaticUpdate, RolloutOutcome.Superseded),
                (RolloutCause.Claim, RolloutOutcome.Ready)
            );
    }

    [Theory]
    [InlineData("""{"environment_name":"shop","services":{"web":"1.1.0"}}""", "exact versions")]
    [InlineData(
        """{"environment_name":"shop","environment_type":"stage","services":{"web":"^1.0"}}""",
        "never, by type"
    )]
    public async Task Exact_versions_and_types_without_updates_stay(string claim, string why)
    {
        await using var platform = await StartAsync();
        await File.AppendAllTextAsync(
            Path.Combine(platform.Workspace, "platform.yaml"),
            "  environmentTypes: {stage: {updates: {every: never}}}\n",
            Token
        );
        await platform.DeployAsync(claim);
        await platform.DeployAsync("""{"environment_name":"other","services":{"web":"^1.0"}}""");
        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0, 2.1.0]}");
        await platform.WaitAsync("other", e => IsReadyWith(e, "auth 2.1.0", "web 1.2.0"));

        var shop = await platform.Api.FindAsync("shop", Token);

        Versions(shop!).Should().Equal(["auth 2.0.0", "web 1.1.0"], why);
        shop!.NextUpdate.Should().BeNull();
    }

    [Fact]
    public async Task What_was_put_back_by_hand_is_not_updated_until_it_is_upgraded()
    {
        await using var platform = await StartAsync();
        await platform.DeployAsync(Ranged);
        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", Auth);
        await platform.WaitAsync("shop", e => IsReadyWith(e, "auth 2.0.0", "web 1.2.0"));

        await platform.RollBackAsync("shop", 1);
        await platform.DeployAsync("""{"environment_name":"other","services":{"web":"1.1.0 || ^1.3"}}""");
        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0, 1.3.0]}", Auth);
        await platform.WaitAsync("other", e => IsReadyWith(e, "auth 2.0.0", "web 1.3.0"));

        Versions((await platform.Api.FindAsync("shop", Token))!).Should().Equal("auth 2.0.0", "web 1.1.0");
        await TestPlatform.DeployAsync(platform.Api, Ranged, s_flags with { Upgrade = ["web"] });
        platform.WriteCatalogue("web: {versions: [1.3.0, 1.4.0]}", Auth);
        await platform.WaitAsync("shop", e => IsReadyWith(e, "auth 2.0.0", "web 1.4.0"));
    }

    [Fact]
    public async Task A_workspace_that_is_not_valid_leaves_the_environment_as_it_is_and_says_so()
    {
        await using var platform = await StartAsync();
        await platform.DeployAsync(Ranged);
        platform.WriteCatalogue("web: {versions: [one]}");

        var shop = await platform.WaitAsync("shop", e => e!.Warnings.Count > 0);

        shop!.Phase.Should().Be(EnvironmentPhase.Ready);
        shop.Warnings.Should().ContainSingle(w => w.StartsWith("Newer versions cannot be looked for: "));
        shop.NextUpdate.Should().NotBeNull();
    }

    private static async Task<TestPlatform> StartAsync()
    {
        var platform = TestPlatform.Prepare();
        platform.WriteUpdates("1s");
        await platform.ServeAsync();
        return platform;
    }

    private static void Crash(TestPlatform platform, string service)
    {
        var file = Path.Combine(platform.Workspace, "services", service, "infrastructure", "objects.yaml");
        File.WriteAllText(file, File.ReadAllText(file).Replace("${IMAGE}", $"{service}:fail-${{SERVICE_VERSION}}"));
    }

    private static bool IsReadyWith(EnvironmentDocument? environment, params string[] versions) =>
        environment?.Phase == EnvironmentPhase.Ready && Versions(environment).SequenceEqual(versions);

    private static IEnumerable<string> Versions(EnvironmentDocument environment) =>
        environment.Services.Select(s => $"{s.Name} {s.Version}");
}
