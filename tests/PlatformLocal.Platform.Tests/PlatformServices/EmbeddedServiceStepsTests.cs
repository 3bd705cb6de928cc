using EmbeddedKubernetes;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.PlatformServices;
using PlatformLocal.Platform.PlatformServices.Installation;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.Steps;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.PlatformServices;

/// <summary>The installation on an embedded cluster: new enough for Flux, and with controllers for workloads.</summary>
public sealed class EmbeddedServiceStepsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Charts_and_manifests_are_installed_shown_and_taken_back()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(
            new EmbeddedClusterOptions { PodStartDelay = TimeSpan.Zero },
            Token
        );
        using var client = KubernetesClient.FromKubeconfig(cluster.KubeconfigPath);
        await using var driver = new FluxDriver(client) { PlaysWorkloads = false };
        using var folder = new TemporaryFolder();
        var choice = PlatformServiceSelection.Of(
            "cert-manager,kong,postgres,redis,cedar-agent",
            DeliveryKinds.Flux,
            new PlatformServiceSettings
            {
                FluxManifests = ServicesServer.WriteFluxManifests(folder, ServicesServer.PublishedFluxKinds()),
            }
        );
        var steps = new PlatformServiceSteps(
            choice,
            _ => Task.FromResult(KubernetesClient.FromKubeconfig(cluster.KubeconfigPath)),
            new ServiceInstallationOptions
            {
                Interval = TimeSpan.FromMilliseconds(20),
                Timeout = TimeSpan.FromSeconds(20),
            }
        );
        var runner = new StepRunner(new StepGraph(steps.After()), TimeProvider.System);

        var before = await PlatformServiceStatus.ReadAsync(client, choice, Token);
        await runner.RunAsync(Token);
        await runner.RunAsync(Token);
        var installed = await PlatformServiceStatus.ReadAsync(client, choice, Token);
        await steps.RemoveAsync(_ => { }, Token);

        before.Should().OnlyContain(s => !s.Ready && s.Message.Contains("is not there"));
        installed.Should().HaveCount(5).And.OnlyContain(s => s.Ready);
        installed
            .Select(s => $"{s.Name} {s.Version} {s.By}")
            .Should()
            .Contain(["kong 3.4.1 flux", "redis 7.4.5 direct"]);
        (await client.ListAsync("apps/v1", "Deployment", PlatformService.Namespace, null, Token))
            .Items.Should()
            .BeEmpty();
        (await client.FindAsync(new("v1", "Namespace", null, "flux-system"), Token)).Should().BeNull();
    }
}
