using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;
using PlatformLocal.Server.History;

namespace PlatformLocal.Server.Tests;

public sealed class EnvironmentHistoryTests
{
    private static readonly DateTimeOffset s_time = DateTimeOffset.UnixEpoch;

    [Fact]
    public void The_last_twenty_that_became_ready_are_kept_with_the_failures_between_them()
    {
        var history = EnvironmentHistory.Empty;
        for (var i = 1; i <= 30; i++)
        {
            history = history.Begin(Of($"1.{i}.0"));
            history = history.End(i, i % 3 == 0 ? RolloutOutcome.Failed : RolloutOutcome.Ready, s_time);
        }

        history.Rollouts.Count(r => r.Outcome == RolloutOutcome.Ready).Should().Be(20);
        history.Rollouts.Select(r => r.Number).Should().Equal(Enumerable.Range(1, 30));
        history = history.Begin(Of("1.31.0")).End(31, RolloutOutcome.Ready, s_time);
        history.Rollouts[0].Number.Should().Be(2);
    }

    [Fact]
    public void However_many_fail_the_last_that_became_ready_stays()
    {
        var history = EnvironmentHistory.Empty.Begin(Of("1.0.0")).End(1, RolloutOutcome.Ready, s_time);
        for (var i = 2; i <= 200; i++)
        {
            history = history.Begin(Of($"1.{i}.0")).End(i, RolloutOutcome.Failed, s_time);
        }

        history.Rollouts.Should().HaveCount(EnvironmentHistory.Most);
        history.Rollouts[0].Should().Match<Rollout>(r => r.Number == 1 && r.Outcome == RolloutOutcome.Ready);
        history.Newest!.Number.Should().Be(200);
    }

    [Fact]
    public void What_was_announced_and_came_out_otherwise_keeps_who_asked_for_it()
    {
        var history = EnvironmentHistory
            .Empty.Begin(Of("1.0.0"))
            .End(1, RolloutOutcome.Ready, s_time)
            .Begin(Of("1.2.0") with { Cause = RolloutCause.Upgrade, By = "anna" });

        var moved = history.Begin(Of("1.1.0") with { Cause = RolloutCause.Workspace });
        var back = history.Begin(Of("1.0.0") with { Cause = RolloutCause.Workspace });

        moved.Newest.Should().Match<Rollout>(r => r.Number == 2 && r.Cause == RolloutCause.Upgrade && r.By == "anna");
        moved.Rollouts.Should().HaveCount(2);
        back.Rollouts.Should().ContainSingle().Which.Outcome.Should().Be(RolloutOutcome.Ready);
    }

    [Fact]
    public void What_is_overtaken_is_superseded()
    {
        var history = EnvironmentHistory.Empty.Begin(Of("1.0.0")).Begin(Of("1.1.0", claim: "other"));

        history.Rollouts.Select(r => r.Outcome).Should().Equal(RolloutOutcome.Superseded, RolloutOutcome.InProgress);
    }

    [Fact]
    public void A_rollback_holds_while_the_workspace_changes_and_no_longer_once_the_claim_does()
    {
        var history = EnvironmentHistory
            .Empty.Begin(Of("1.0.0"))
            .Begin(Of("1.0.0") with { Cause = RolloutCause.Rollback, BackTo = 1 })
            .End(2, RolloutOutcome.Ready, s_time);

        var edited = history.Begin(Of("1.0.0", manifests: "edited") with { Cause = RolloutCause.Workspace });
        var changed = history.Begin(Of("1.0.0", claim: "other"));

        history.HeldAt(Claim("mine"))!.BackTo.Should().Be(1);
        edited.Newest!.Number.Should().Be(3);
        edited.HeldAt(Claim("mine"))!.BackTo.Should().Be(1);
        changed.HeldAt(Claim("other")).Should().BeNull();
        changed.HeldAt(Claim("mine")).Should().BeNull();
    }

    private static JsonObject Claim(string name) => new() { ["user"] = name };

    private static Rollout Of(string version, string claim = "mine", string manifests = "sha256:0") =>
        new()
        {
            Time = s_time,
            Cause = RolloutCause.Claim,
            Claim = Claim(claim),
            Lock = new EnvironmentLock(
                "shop",
                new Dictionary<string, LockedService>
                {
                    ["web"] = new()
                    {
                        Version = PlatformVersion.Parse(version),
                        Reason = "",
                        Manifests = manifests,
                    },
                }
            ),
        };
}
