using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Server.Tests.Testing;
using PlatformLocal.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>What an environment was, and going back to it.</summary>
public sealed class HistoryTests
{
    private const string Exact = """{"environment_name":"shop","services":{"web":"1.0.0"}}""";
    private const string Ranged = """{"environment_name":"shop","services":{"web":"^1.0"}}""";
    private const string Latest = """{"environment_name":"shop","services":{"web":"latest"}}""";

    private static readonly DeployRequest s_flags = new() { Claim = [], DeployOnlySpecified = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_history_says_what_changed_who_did_it_and_what_became_of_it()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Exact);
        await platform.DeployAsync(Exact);
        await platform.DeployAsync(
            """{"environment_name":"shop","services":{"web":{"version":"1.1.0","docker_image":"web:fail-start"}}}"""
        );
        await platform.DeployAsync(Ranged);
        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0]}");
        await TestPlatform.DeployAsync(platform.Api, Ranged, s_flags with { Upgrade = ["*"] });

        var shop = await platform.Api.FindAsync("shop", Token);
        var history = shop!.History!;

        history
            .Select(r => (r.Number, r.Cause, r.Outcome))
            .Should()
            .Equal(
                (4, RolloutCause.Upgrade, RolloutOutcome.Ready),
                (3, RolloutCause.Claim, RolloutOutcome.Ready),
                (2, RolloutCause.Claim, RolloutOutcome.Failed),
                (1, RolloutCause.Claim, RolloutOutcome.Ready)
            );
        history.Should().OnlyContain(r => r.By == Environment.UserName);
        history[0].Changes.Should().Equal(new LockDifference("web", "version", "1.1.0", "1.2.0"));
        history[1].Changes.Should().Equal(new LockDifference("web", "version", "1.0.0", "1.1.0"));
        history[2].Message.Should().Contain("CrashLoopBackOff");
        history[3]
            .Changes.Should()
            .Equal(
                new LockDifference("auth", "service", null, "2.0.0"),
                new LockDifference("web", "service", null, "1.0.0")
            );
        (await platform.Api.ListAsync("", Token)).Environments.Should().OnlyContain(e => e.History == null);
    }

    [Fact]
    public async Task A_rollback_gives_claim_lock_and_manifests_back_bit_for_bit()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(
            """{"environment_name":"shop","services":{"web":"1.0.0"},"variables":{"COLOR":"red"}}"""
        );
        var (claim, locked) = (Read(platform, "shop.json"), Read(platform, "shop.lock.json"));
        await platform.DeployAsync(
            """{"environment_name":"shop","services":{"web":"^1.1","auth":"*"},"variables":{"COLOR":"green"}}"""
        );
        Read(platform, "shop.lock.json").Should().NotBe(locked);

        var plan = await platform.Api.PlanAsync("shop", Rollback(1), Token);
        var back = await platform.RollBackAsync("shop", 1);

        plan.Services.Should().Contain(s => s.Name == "web" && s.From == "1.1.0" && s.To == "1.0.0");
        back.Phase.Should().Be(EnvironmentPhase.Ready);
        Read(platform, "shop.json").Should().Be(claim);
        Read(platform, "shop.lock.json").Should().Be(locked);
        (await platform.Api.FindAsync("shop", Token))!
            .History![0]
            .Should()
            .Match<RolloutDocument>(r =>
                r.Number == 3 && r.Cause == RolloutCause.Rollback && r.BackTo == 1 && r.By == Environment.UserName
            );
    }

    [Fact]
    public async Task An_environment_that_was_put_back_stays_there_until_it_is_upgraded_though_it_asks_for_the_latest()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Latest);
        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0]}");
        var newer = await platform.DeployAsync(Latest);

        var back = await platform.RollBackAsync("shop", 1);
        var again = await platform.DeployAsync(Latest);
        await platform.StopAsync();
        await platform.ServeAsync();
        var restarted = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);
        var upgraded = await TestPlatform.DeployAsync(platform.Api, Latest, s_flags with { Upgrade = ["*"] });

        Versions(newer).Should().Equal("auth 2.0.0", "web 1.2.0");
        Versions(back).Should().Equal("auth 2.0.0", "web 1.1.0");
        back.Warnings.Should().ContainSingle(w => w.Contains($"put back to 1 by {Environment.UserName}"));
        Versions(again).Should().Equal(Versions(back));
        Versions(restarted!).Should().Equal(Versions(back));
        Versions(upgraded).Should().Equal("auth 2.0.0", "web 1.2.0");
        upgraded.Warnings.Should().NotContain(w => w.Contains("put back"));
    }

    [Fact]
    public async Task A_rollback_to_a_number_that_is_not_there_or_never_became_ready_says_which_ones_are()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Exact);
        await platform.DeployAsync(
            """{"environment_name":"shop","services":{"auth":{"version":"2.0.0","docker_image":"auth:fail-start"}}}"""
        );

        var unknown = () => platform.RollBackAsync("shop", 7);
        var failed = () => platform.RollBackAsync("shop", 2);
        var nowhere = () => platform.RollBackAsync("shopp", 1);
        var changing = () =>
            platform.Api.PutAsync(
                "shop",
                Rollback(1) with
                {
                    Claim = (JsonObject)JsonNode.Parse(Ranged)!,
                },
                null,
                Token
            );

        (await unknown.Should().ThrowAsync<PlatformException>().WithMessage("shop has no 7 in its history."))
            .Which.NextStep.Should()
            .Be("It can be put back to: 1.");
        await failed.Should().ThrowAsync<PlatformException>().WithMessage("shop never became ready at 2.");
        await nowhere.Should().ThrowAsync<PlatformException>().WithMessage("There is no environment 'shopp'*");
        (await platform.Api.Awaiting(a => a.GetAsync("shopp", Token)).Should().ThrowAsync<PlatformException>())
            .Which.NextStep.Should()
            .Be("Did you mean shop?");
        (await changing.Should().ThrowAsync<PlatformException>())
            .Which.Message.Should()
            .Contain("services: cannot be changed by a rollback");
    }

    [Fact]
    public async Task A_rollback_whose_versions_or_manifests_are_gone_is_refused_and_changes_nothing()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Ranged);
        platform.WriteCatalogue("web: {versions: [1.2.0]}", "auth: {versions: [2.0.0]}");
        await platform.DeployAsync(Ranged);
        var before = (
            Read(platform, "shop.json"),
            Read(platform, "shop.lock.json"),
            Read(platform, "shop.history.json")
        );

        var gone = () => platform.RollBackAsync("shop", 1);
        await gone.Should()
            .ThrowAsync<PlatformException>()
            .WithMessage("shop cannot be put back to 1, *version of web: 1.1.0 before, 1.2.0 now.");
        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0]}");
        platform.WriteService("auth", "auth-of-others");

        (await gone.Should().ThrowAsync<PlatformException>())
            .WithMessage("*manifests of auth: *")
            .Which.Kind.Should()
            .Be(FailureKind.Conflict);
        (Read(platform, "shop.json"), Read(platform, "shop.lock.json"), Read(platform, "shop.history.json"))
            .Should()
            .Be(before);
    }

    [Fact]
    public async Task A_refused_rollback_names_the_numbers_that_can_be_gone_back_to_and_no_others()
    {
        await using var platform = await TestPlatform.StartAsync();
        foreach (var version in new[] { "1.0.0", "1.1.0" })
        {
            await platform.DeployAsync(Exact.Replace("1.0.0", version));
        }

        platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0]}");
        await platform.DeployAsync(Exact.Replace("1.0.0", "1.2.0"));

        (await RefusalAsync(1)).NextStep.Should().Be("Bring back what is missing, or go back to another: 2.");
        (await RefusalAsync(9)).NextStep.Should().Be("It can be put back to: 2, 3.");
        platform.WriteCatalogue("web: {versions: [1.2.0]}", "auth: {versions: [2.0.0]}");
        (await RefusalAsync(1)).NextStep.Should().EndWith("there is no other that it could be put back to.");
        (await RefusalAsync(9)).NextStep.Should().Be("It can be put back to: 3.");

        async Task<PlatformException> RefusalAsync(int number) =>
            (
                await platform.Awaiting(p => p.RollBackAsync("shop", number)).Should().ThrowAsync<PlatformException>()
            ).Which;
    }

    [Fact]
    public async Task A_rollback_while_the_claim_is_away_says_that_and_what_to_do()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Exact);
        await platform.DeployAsync(Ranged);
        File.Delete(Path.Combine(platform.Bucket, "shop.json"));
        await platform.WaitAsync("shop", e => e!.Warnings.Count > 0);

        var back = () => platform.RollBackAsync("shop", 1);
        var plan = () => platform.Api.PlanAsync("shop", Rollback(1), Token);

        foreach (var asked in new Func<Task>[] { back, plan })
        {
            (await asked.Should().ThrowAsync<PlatformException>().WithMessage("The claim of shop is away*"))
                .Which.NextStep.Should()
                .Contain("shop.json");
        }
    }

    [Fact]
    public async Task A_rollback_to_a_claim_that_expired_is_refused_because_it_would_remove_the_environment()
    {
        var time = new MovableTime();
        await using var platform = await TestPlatform.StartAsync(time);
        var soon = time.GetUtcNow().AddMinutes(10);
        await platform.DeployAsync(Sue(soon));
        await platform.DeployAsync(Sue(soon.AddHours(1)));
        time.Ahead = TimeSpan.FromMinutes(15);

        var act = () => platform.RollBackAsync("mine", 1);

        await act.Should().ThrowAsync<PlatformException>().WithMessage("*it would remove the environment*");
        (await platform.Api.FindAsync("mine", Token))!.Phase.Should().Be(EnvironmentPhase.Ready);
    }

    [Fact]
    public async Task A_change_that_loses_against_another_leaves_no_entry()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Exact);
        var before = (Read(platform, "shop.lock.json"), Read(platform, "shop.history.json"));

        var late = () =>
            platform.Api.PutAsync(
                "shop",
                s_flags with
                {
                    Claim = (JsonObject)JsonNode.Parse(Ranged)!,
                },
                "outdated",
                Token
            );

        (await late.Should().ThrowAsync<PlatformException>()).Which.Kind.Should().Be(FailureKind.Conflict);
        (Read(platform, "shop.lock.json"), Read(platform, "shop.history.json")).Should().Be(before);
    }

    [Fact]
    public async Task A_history_is_no_claim_and_goes_with_its_environment()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Exact);
        File.Exists(Path.Combine(platform.Bucket, "shop.history.json")).Should().BeTrue();
        (await platform.Api.ListAsync("", Token)).Environments.Select(e => e.EnvironmentName).Should().Equal("shop");

        await platform.Api.DeleteAsync("shop", Token);
        await platform.WaitAsync("shop", e => e is null);

        Directory.EnumerateFiles(platform.Bucket).Should().BeEmpty();
    }

    private static DeployRequest Rollback(int number) => new() { Claim = [], Rollback = number };

    private static string Sue(DateTimeOffset expires) =>
        $$"""{"environment_name":"mine","environment_type":"sue","services":{"auth":"*"},"expiration_date":"{{expires:O}}"}""";

    private static string Read(TestPlatform platform, string key) =>
        File.ReadAllText(Path.Combine(platform.Bucket, key));

    private static IEnumerable<string> Versions(EnvironmentDocument environment) =>
        environment.Services.Select(s => $"{s.Name} {s.Version}");
}
