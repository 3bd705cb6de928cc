using System.Diagnostics;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

public sealed class ReconcilerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dropped_claim_is_deployed_and_a_removed_one_destroyed()
    {
        await using var platform = await TestPlatform.StartAsync();
        platform.WriteGracePeriod("1s");

        platform.DropClaim("shop", Claim("shop"));
        await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);
        File.Delete(Path.Combine(platform.Bucket, "shop.json"));
        await platform.WaitAsync("shop", e => e is null);

        Directory.EnumerateFiles(platform.Bucket).Should().BeEmpty();
    }

    [Fact]
    public async Task A_faulty_dropped_claim_is_invalid_until_it_is_corrected()
    {
        await using var platform = await TestPlatform.StartAsync();

        platform.DropClaim("shop", Claim("shop").Replace("\"dev\"", "\"production\""));
        var faulty = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Invalid);
        platform.DropClaim("shop", Claim("shop"));
        var ready = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);

        faulty!.Faults.Should().ContainSingle().Which.Path.Should().Be("environment_type");
        ready!.Faults.Should().BeEmpty();
        ready.Message.Should().BeNull();
    }

    [Fact]
    public async Task A_claim_under_another_name_than_its_own_is_invalid()
    {
        await using var platform = await TestPlatform.StartAsync();

        platform.DropClaim("shop", Claim("other"));

        (await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Invalid))!
            .Message.Should()
            .Contain("stored as shop.json");
    }

    [Fact]
    public async Task A_crashing_service_fails_with_its_reason_and_recovers_when_it_is_corrected()
    {
        await using var platform = await TestPlatform.StartAsync();
        var failing =
            """{"environment_name":"shop","services":{"auth":{"version":"2.0.0","docker_image":"auth:fail-start"},"web":"*"}}""";

        var failed = await platform.DeployAsync(failing);
        var repaired = await platform.DeployAsync("""{"environment_name":"shop","services":{"web":"*"}}""");

        failed.Phase.Should().Be(EnvironmentPhase.Failed);
        failed.Message.Should().Contain("auth").And.Contain("CrashLoopBackOff");
        failed.NextStep.Should().Contain("kubectl");
        failed.Services.Single(s => s.Name == "auth").Phase.Should().Be(ServicePhase.Failed);
        failed.Services.Single(s => s.Name == "web").Phase.Should().Be(ServicePhase.Pending);
        repaired.Phase.Should().Be(EnvironmentPhase.Ready);
        repaired.Message.Should().BeNull();
    }

    [Fact]
    public async Task A_failing_environment_does_not_hold_others_up()
    {
        await using var platform = await TestPlatform.StartAsync();
        for (var i = 0; i < 4; i++)
        {
            platform.DropClaim($"bad-{i}", Claim($"bad-{i}", "missing-image"));
        }

        var good = await platform.DeployAsync("""{"environment_name":"good","services":{"auth":"*"}}""");

        good.Phase.Should().Be(EnvironmentPhase.Ready);
    }

    [Fact]
    public async Task A_restart_in_the_middle_converges()
    {
        await using var platform = await TestPlatform.StartAsync();
        platform.DropClaim("shop", Claim("shop"));
        await platform.WaitAsync("shop", e => e is not null);
        await platform.StopAsync();

        await platform.ServeAsync();

        var shop = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);
        shop!.Services.Should().OnlyContain(s => s.Phase == ServicePhase.Ready);
    }

    [Fact]
    public async Task What_was_removed_while_nobody_looked_is_destroyed_at_the_start()
    {
        await using var platform = await TestPlatform.StartAsync();
        platform.WriteGracePeriod("1s");
        await platform.DeployAsync("""{"environment_name":"shop","services":{"auth":"*"}}""");
        await platform.StopAsync();
        File.Delete(Path.Combine(platform.Bucket, "shop.json"));

        await platform.ServeAsync();

        await platform.WaitAsync("shop", e => e is null);
        await WaitUntilAsync(() => !File.Exists(Path.Combine(platform.Bucket, "shop.lock.json")));
    }

    [Fact]
    public async Task A_sue_environment_is_removed_when_it_expires()
    {
        await using var platform = await TestPlatform.StartAsync();
        var soon = TimeProvider.System.GetUtcNow().AddSeconds(2);

        var mine = await platform.DeployAsync(
            $$"""{"environment_name":"mine","environment_type":"sue","services":{"auth":"*"},"expiration_date":"{{soon:O}}"}"""
        );
        await platform.WaitAsync("mine", e => e is null);

        mine.Phase.Should().Be(EnvironmentPhase.Ready);
        Directory.EnumerateFiles(platform.Bucket).Should().BeEmpty();
    }

    [Fact]
    public async Task What_expires_while_it_is_waited_for_is_removed_at_once()
    {
        await using var platform = await TestPlatform.StartAsync();
        var soon = TimeProvider.System.GetUtcNow().AddSeconds(4);
        var deployed = platform.DeployAsync(
            $$"""{"environment_name":"mine","environment_type":"sue","services":{"auth":{"version":"*","docker_image":"auth:missing-1"} },"expiration_date":"{{soon:O}}"}"""
        );
        await platform.WaitAsync("mine", e => e?.Phase == EnvironmentPhase.Delivering);
        var started = Stopwatch.GetTimestamp();
        await platform.WaitAsync("mine", e => e is null);

        Stopwatch.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(12));
        await deployed.Awaiting(d => d).Should().ThrowAsync<PlatformException>();
        Directory.EnumerateFiles(platform.Bucket).Should().BeEmpty();
    }

    [Fact]
    public async Task An_environment_can_be_removed_and_deployed_again_at_once()
    {
        await using var platform = await TestPlatform.StartAsync();
        const string shop = """{"environment_name":"shop","services":{"web":"*"}}""";
        await platform.DeployAsync(shop);

        await platform.Api.DeleteAsync("shop", Token);
        var again = await platform.DeployAsync(shop);

        again.Phase.Should().Be(EnvironmentPhase.Ready);
        again.Services.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_second_process_on_the_same_platform_is_refused()
    {
        await using var platform = await TestPlatform.StartAsync();

        var act = () =>
            PlatformServer.StartAsync(
                new ServeOptions
                {
                    State = platform.State,
                    Workspace = platform.Workspace,
                    Version = "test",
                },
                Token
            );

        await act.Should().ThrowAsync<PlatformException>().WithMessage("*served already*");
    }

    private static string Claim(string name, string image = "") =>
        $$"""
            {"user":"anna","environment_name":"{{name}}","environment_type":"dev","creation_date":"2026-11-21",
             "services":{"auth":{"version":"2.0.0"{{(
                image.Length > 0 ? $",\"docker_image\":\"auth:{image}\"" : ""
            )}}} } }
            """;

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, late.Token);
        }
    }
}
