using Microsoft.Extensions.DependencyInjection;
using PlatformLocal.Client;
using PlatformLocal.Deployment.ObjectStore;
using PlatformLocal.Kubernetes;
using PlatformLocal.Server.Reconciliation;
using PlatformLocal.Server.Status;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>Claims that are away for a moment, and buckets that are.</summary>
public sealed class VanishedClaimTests
{
    // The platform makes its folder again as soon as it is away; claims come last, after what is beside them.
    private static void BringBack(string hidden, string bucket)
    {
        Directory.CreateDirectory(bucket);
        foreach (var file in Directory.EnumerateFiles(hidden).OrderByDescending(f => f.Length))
        {
            File.Move(file, Path.Combine(bucket, Path.GetFileName(file)));
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_claim_that_comes_back_in_time_removes_nothing()
    {
        await using var platform = await StartAsync("1h", "shop");
        var before = await UidAsync(platform, "shop");
        var file = Path.Combine(platform.Bucket, "shop.json");

        File.Move(file, file + "~");
        var away = await platform.WaitAsync("shop", e => e!.Warnings.Any(w => w.Contains("is away")));
        File.Move(file + "~", file);
        var back = await platform.WaitAsync("shop", e => e!.Phase == EnvironmentPhase.Ready && e.Warnings.Count == 0);

        away!.Phase.Should().Be(EnvironmentPhase.Ready);
        away.Conditions.Should().Contain(c => c.Type == ConditionTypes.ClaimPresent && c.Reason == "Away");
        back!.Services.Should().NotBeEmpty();
        (await UidAsync(platform, "shop")).Should().Be(before);
    }

    [Fact]
    public async Task Saving_a_claim_again_and_again_the_way_editors_do_never_removes_its_environment()
    {
        await using var platform = await StartAsync("1h", "shop");
        var before = await UidAsync(platform, "shop");
        var file = Path.Combine(platform.Bucket, "shop.json");
        var content = await File.ReadAllTextAsync(file, Token);

        for (var i = 0; i < 200; i++)
        {
            File.Delete(file);
            await Task.Yield();
            await File.WriteAllTextAsync(file, content, Token);
        }

        await platform.WaitAsync("shop", e => e!.Phase == EnvironmentPhase.Ready && e.Warnings.Count == 0);
        (await UidAsync(platform, "shop")).Should().Be(before);
    }

    [Fact]
    public async Task A_removal_through_the_API_does_not_tell_that_the_claim_is_away()
    {
        await using var platform = await StartAsync("1h", "shop");
        var status = platform.Services.GetRequiredService<EnvironmentStatus>();
        var away = new EnvironmentFact.ClaimAway(TimeProvider.System.GetUtcNow());
        status.Report("shop", away).Warnings.Should().ContainSingle();

        var asked = status.Report("shop", new EnvironmentFact.Asked(long.MaxValue, null, null));
        var seenLate = status.Report("shop", away);

        asked.Warnings.Should().BeEmpty();
        seenLate.Warnings.Should().BeEmpty();
    }

    [Fact]
    public async Task A_claim_that_was_removed_by_way_of_the_platform_is_never_away_however_late_that_is_said()
    {
        await using var platform = await StartAsync("1h", "shop");
        var told = new List<string>();
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var watch = WatchAsync();

        // The look comes between the removal of the claim and the word of it.
        await platform.Services.GetRequiredService<ClaimStore>().DeleteAsync("shop", WriteCondition.None, Token);

        await platform.WaitAsync("shop", e => e is null);
        await watch;
        told.Should().BeEmpty();

        async Task WatchAsync()
        {
            await foreach (var now in platform.Api.WatchAsync("shop", watching.Token))
            {
                told.AddRange(now.Conditions.Where(c => c.Type == ConditionTypes.ClaimPresent).Select(c => c.Reason));
            }
        }
    }

    [Fact]
    public async Task A_removal_through_the_API_does_not_wait()
    {
        await using var platform = await StartAsync("1h", "shop");

        await platform.Api.DeleteAsync("shop", Token);

        await platform.WaitAsync("shop", e => e is null);
        (await UidAsync(platform, "shop")).Should().BeNull();
    }

    [Fact]
    public async Task An_environment_whose_claim_is_away_can_be_removed_through_the_API()
    {
        await using var platform = await StartAsync("1h", "shop");
        File.Delete(Path.Combine(platform.Bucket, "shop.json"));
        await platform.WaitAsync("shop", e => e!.Warnings.Count > 0);

        await platform.Api.DeleteAsync("shop", Token);

        await platform.WaitAsync("shop", e => e is null);
    }

    [Fact]
    public async Task A_bucket_that_vanishes_removes_nothing_however_long_it_is_away()
    {
        await using var platform = await StartAsync("1s", "shop", "login");
        var hidden = platform.Bucket + "-unmounted";
        var before = await UidAsync(platform, "shop");

        Directory.Move(platform.Bucket, hidden);
        var away = await platform.WaitAsync("shop", e => e!.Warnings.Any(w => w.Contains("as if the bucket were")));
        // One that is made and removed in the empty bucket shows that the grace period is over.
        await platform.DeployAsync("""{"environment_name":"clock","services":{"auth":"*"}}""");
        File.Delete(Path.Combine(platform.Bucket, "clock.json"));
        await platform.WaitAsync("clock", e => e is null);
        var stays = await UidAsync(platform, "shop");
        BringBack(hidden, platform.Bucket);
        await platform.WaitAsync("shop", e => e!.Phase == EnvironmentPhase.Ready && e.Warnings.Count == 0);
        await platform.WaitAsync("login", e => e!.Phase == EnvironmentPhase.Ready && e.Warnings.Count == 0);

        away!.Warnings.Should().ContainSingle().Which.Should().Contain("platformctl destroy-environment shop");
        stays.Should().Be(before);
        (await UidAsync(platform, "shop")).Should().Be(before);
    }

    [Fact]
    public async Task A_platform_that_starts_beside_an_empty_bucket_removes_nothing()
    {
        await using var platform = await StartAsync("1s", "shop");
        var before = await UidAsync(platform, "shop");
        await platform.StopAsync();
        var hidden = platform.Bucket + "-unmounted";
        Directory.Move(platform.Bucket, hidden);

        await platform.ServeAsync();
        await platform.WaitAsync("shop", e => e?.Warnings.Count > 0);
        await platform.DeployAsync("""{"environment_name":"clock","services":{"auth":"*"}}""");
        File.Delete(Path.Combine(platform.Bucket, "clock.json"));
        await platform.WaitAsync("clock", e => e is null);
        var stays = await UidAsync(platform, "shop");
        BringBack(hidden, platform.Bucket);
        var back = await platform.WaitAsync("shop", e => e!.Phase == EnvironmentPhase.Ready);

        stays.Should().Be(before);
        back!.Services.Should().NotBeEmpty();
        (await UidAsync(platform, "shop")).Should().Be(before);
    }

    [Fact]
    public async Task An_environment_whose_claim_went_while_nobody_looked_is_listed_as_what_it_was()
    {
        await using var platform = await StartAsync("1h", "shop");
        await platform.StopAsync();
        File.Delete(Path.Combine(platform.Bucket, "shop.json"));

        await platform.ServeAsync();
        await platform.WaitAsync("shop", e => e?.Warnings.Count > 0);

        (await platform.Api.ListAsync("", Token))
            .Environments.Should()
            .ContainSingle()
            .Which.Should()
            .Match<EnvironmentDocument>(e =>
                e.EnvironmentType == "dev"
                && e.User == Environment.UserName
                && e.Simulated
                && e.CreationDate != null
                && e.Namespace == "env-shop"
            );
    }

    [Fact]
    public async Task An_environment_whose_bucket_is_away_can_be_removed_and_does_not_come_back()
    {
        await using var platform = await StartAsync("1s", "shop");
        await platform.StopAsync();
        Directory.Delete(platform.Bucket, recursive: true);
        await platform.ServeAsync();
        await platform.WaitAsync("shop", e => e?.Warnings.Count > 0);

        await platform.Api.DeleteAsync("shop", Token);
        await platform.WaitAsync("shop", e => e is null);
        // The next one that goes shows that the bucket was looked at since.
        await platform.DeployAsync("""{"environment_name":"clock","services":{"auth":"*"}}""");
        File.Delete(Path.Combine(platform.Bucket, "clock.json"));
        await platform.WaitAsync("clock", e => e is null);

        (await platform.Api.ListAsync("", Token)).Environments.Should().BeEmpty();
        (await UidAsync(platform, "shop")).Should().BeNull();
    }

    [Fact]
    public async Task A_claim_that_nothing_was_made_of_is_forgotten_after_the_grace_period()
    {
        await using var platform = await TestPlatform.StartAsync();
        platform.WriteGracePeriod("1s");
        platform.DropClaim("odd", """{"environment_name":"odd"}""");
        await platform.WaitAsync("odd", e => e?.Phase == EnvironmentPhase.Invalid);

        File.Delete(Path.Combine(platform.Bucket, "odd.json"));

        await platform.WaitAsync("odd", e => e is null);
    }

    private static async Task<TestPlatform> StartAsync(string gracePeriod, params string[] environments)
    {
        var platform = await TestPlatform.StartAsync();
        platform.WriteGracePeriod(gracePeriod);
        foreach (var name in environments)
        {
            var done = await platform.DeployAsync($$"""{"environment_name":"{{name}}","services":{"auth":"2.0.0"} }""");
            done.Phase.Should().Be(EnvironmentPhase.Ready);
        }

        return platform;
    }

    private static async Task<string?> UidAsync(TestPlatform platform, string name)
    {
        var home = new ObjectReference("v1", "Namespace", null, $"env-{name}");
        var found = await platform.Services.GetRequiredService<KubernetesClient>().FindAsync(home, Token);
        return found?.Uid();
    }
}
