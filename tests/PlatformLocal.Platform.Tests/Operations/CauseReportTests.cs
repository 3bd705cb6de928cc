using PlatformLocal.Client;
using PlatformLocal.Platform.Operations;

namespace PlatformLocal.Platform.Tests.Operations;

public sealed class CauseReportTests
{
    [Fact]
    public void What_holds_a_removal_is_told_once()
    {
        var said = new List<string>();
        var report = new CauseReport(said.Add, TimeProvider.System);
        var cause = new CauseDocument("Namespace env-shop", "Terminating", "ConfigMap held waits");
        var held = new EnvironmentDocument
        {
            EnvironmentName = "shop",
            Phase = EnvironmentPhase.Deleting,
            Message = $"{cause}.",
            Causes = [cause],
        };

        report.Report(held);
        report.Report(held with { Message = $"{cause}. " });
        report.Report(held with { Message = "The cluster is away.", Causes = [] });

        said.Should()
            .Equal(
                "shop: Namespace env-shop: Terminating: ConfigMap held waits (0 s)",
                "shop: The cluster is away. (0 s)"
            );
    }
}
