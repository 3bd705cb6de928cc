using PlatformLocal.Cli.Rendering;
using PlatformLocal.Client;
using PlatformLocal.Core.Text;
using Spectre.Console;

namespace PlatformLocal.Cli.Tests;

/// <summary>An environment as people see it.</summary>
public sealed class EnvironmentTreeTests
{
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

        static string Shown(EnvironmentDocument environment)
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
}
