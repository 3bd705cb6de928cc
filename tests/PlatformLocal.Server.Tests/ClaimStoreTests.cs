using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;
using PlatformLocal.Deployment.ObjectStore;
using PlatformLocal.Server.History;
using PlatformLocal.Server.Reconciliation;
using PlatformLocal.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>Claims with their locks and histories, in both kinds of object stores.</summary>
public sealed class ClaimStoreTests(S3Server server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_history_is_kept_beside_its_claim_and_is_no_claim(bool isS3)
    {
        var folder = Directory.CreateTempSubdirectory("platform-local-test-").FullName;
        using var directory = new DirectoryObjectStore(folder, TimeProvider.System);
        using var s3 = isS3 ? await ConnectAsync() : null;
        var claims = new ClaimStore(s3 ?? (IObjectStore)directory);
        var name = $"shop-{Guid.NewGuid():N}";
        await claims.ListAsync(Token); // makes the bucket
        try
        {
            await claims.PutAsync(name, new JsonObject { ["user"] = "ännä <\"'>" }, WriteCondition.None, Token);
            await claims.ChangeHistoryAsync(name, h => h.Begin(Of(name, "1.0.0")), Token);
            await claims.ChangeHistoryAsync(name, h => h.End(1, RolloutOutcome.Failed, Time, "it's gone → ä"), Token);
            var history = await claims.GetHistoryAsync(name, Token);

            (await claims.ListAsync(Token))
                .Keys.Where(k => k.StartsWith(name, StringComparison.Ordinal))
                .Should()
                .Equal(name);
            history
                .Newest.Should()
                .Match<Rollout>(r =>
                    r.Outcome == RolloutOutcome.Failed
                    && r.Message == "it's gone → ä"
                    && r.By == "anna"
                    && r.Time == Time
                );
            history.Newest!.Lock.DifferencesTo(Of(name, "1.0.0").Lock).Should().BeEmpty();
            history.IsOf(new JsonObject { ["user"] = "anna" }).Should().BeTrue();

            await claims.DeleteHistoryAsync(name, Token);
            (await claims.GetHistoryAsync(name, Token)).Rollouts.Should().BeEmpty();
        }
        finally
        {
            await claims.DeleteAsync(name, WriteCondition.None, Token);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Changes_that_several_make_at_once_are_all_kept()
    {
        var folder = Directory.CreateTempSubdirectory("platform-local-test-").FullName;
        using var directory = new DirectoryObjectStore(folder, TimeProvider.System);
        var claims = new ClaimStore(directory);

        await Task.WhenAll(
            Enumerable
                .Range(1, 12)
                .Select(i =>
                    Task.Run(() => claims.ChangeHistoryAsync("shop", h => h.Begin(Of("shop", $"1.{i}.0", i)), Token))
                )
        );

        var history = await claims.GetHistoryAsync("shop", Token);
        history.Rollouts.Select(r => r.Number).Should().Equal(Enumerable.Range(1, 12));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_pass_over_an_outdated_claim_or_lock_writes_nothing()
    {
        var folder = Directory.CreateTempSubdirectory("platform-local-test-").FullName;
        using var directory = new DirectoryObjectStore(folder, TimeProvider.System);
        var claims = new ClaimStore(directory);
        await claims.PutAsync("shop", new JsonObject { ["user"] = "anna" }, WriteCondition.None, Token);
        var stored = (await claims.GetAsync("shop", Token))!;
        var (one, two) = (Of("shop", "1.0.0"), Of("shop", "2.0.0"));
        await claims.RollOutAsync(stored, null, one.Lock, h => h.Begin(one), Token);

        var lateLock = () => claims.RollOutAsync(stored, null, two.Lock, h => h.Begin(two), Token);
        await lateLock.Should().ThrowAsync<OperationCanceledException>();
        await claims.PutAsync("shop", new JsonObject { ["user"] = "bert" }, WriteCondition.None, Token);
        var lateClaim = () => claims.RollOutAsync(stored, one.Lock, two.Lock, h => h.Begin(two), Token);
        await lateClaim.Should().ThrowAsync<OperationCanceledException>();

        (await claims.GetLockAsync("shop", Token))!.DifferencesTo(one.Lock).Should().BeEmpty();
        (await claims.GetHistoryAsync("shop", Token)).Rollouts.Should().ContainSingle();
        Directory.Delete(folder, recursive: true);
    }

    private static DateTimeOffset Time { get; } = new(2026, 11, 21, 18, 0, 0, TimeSpan.Zero);

    private async Task<S3ObjectStore> ConnectAsync() =>
        new(
            new S3ObjectStoreOptions
            {
                Endpoint = await server.RequireAsync(),
                AccessKey = S3Server.AccessKey,
                SecretKey = S3Server.SecretKey,
            },
            TimeProvider.System
        );

    private static Rollout Of(string name, string version, int claim = 0) =>
        new()
        {
            Time = Time,
            Cause = RolloutCause.Claim,
            By = "anna",
            Claim = claim == 0 ? new JsonObject { ["user"] = "anna" } : new JsonObject { ["user"] = $"user {claim}" },
            Lock = new EnvironmentLock(
                name,
                new Dictionary<string, LockedService>
                {
                    ["web"] = new()
                    {
                        Version = PlatformVersion.Parse(version),
                        Reason = "newest that '^1.0' accepts",
                        Manifests = "sha256:0",
                    },
                }
            ),
        };
}
