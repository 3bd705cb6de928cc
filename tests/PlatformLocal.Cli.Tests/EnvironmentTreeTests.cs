using PlatformLocal.Cli.Rendering;
using PlatformLocal.Client;
using PlatformLocal.Core.Text;
using Spectre.Console;

namespace PlatformLocal.Cli.Tests;

/// <summary>An environment as people see it.</summary>
public sealed class EnvironmentTreeTests
{
    [Theory]
    [InlineData(EnvironmentPhase.Ready, null, "ready")]
    [InlineData(EnvironmentPhase.Ready, "False", "ready, claim away")]
    [InlineData(EnvironmentPhase.Failed, "False", "failed, claim away")]
    [InlineData(EnvironmentPhase.Ready, "True", "ready")]
    public void That_the_claim_is_away_is_part_of_the_state(EnvironmentPhase phase, string? present, string state)
    {
        var shop = new EnvironmentDocument
        {
            EnvironmentName = "shop",
            Phase = phase,
            Conditions = present is null
                ? []
                :
                [
                    new ConditionDocument(ConditionTypes.ClaimPresent, present, "Away")
                    {
                        Message = "The claim of shop is away.",
                        LastTransitionTime = DateTimeOffset.UnixEpoch,
                    },
                ],
        };

        shop.State.Should().Be(state);
        Shown(shop).Should().StartWith($"shop {state}");
    }

    [Fact]
    public void Commands_of_causes_are_told_of_their_cluster()
    {
        var cause = new CauseDocument(
            "StatefulSet db",
            "OldPodBlocksUpdate",
            $"it is broken. To take it away: {ShellCommand.Kubectl("env-shop", "delete", "pod", "db-1")}"
        );
        var shop = new EnvironmentDocument
        {
            EnvironmentName = "shop",
            Phase = EnvironmentPhase.Delivering,
            Services =
            [
                new ServiceDocument
                {
                    Name = "db",
                    Version = "1.0.0",
                    Phase = ServicePhase.Waiting,
                    Causes = [cause],
                },
            ],
        };

        Shown(shop).Should().Contain("kubectl --kubeconfig \"$(platformctl kubeconfig)\" -n env-shop delete pod db-1");
        Shown(shop with { Cluster = "shop" })
            .Should()
            .Contain(
                "kubectl --kubeconfig \"$(platformctl kubeconfig --environment shop)\" -n env-shop delete pod db-1"
            );
    }

    private static string Shown(EnvironmentDocument environment)
    {
        var written = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(written),
                Ansi = AnsiSupport.No,
                Interactive = InteractionSupport.No,
            }
        );
        console.Profile.Width = 1000;
        console.Write(EnvironmentTree.Of(environment));
        return written.ToString();
    }
}
