using System.Diagnostics;
using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Platform.Tests.Clusters;

/// <summary>Flux looks at health every few seconds only; who sees earlier that all is ready tells it to look.</summary>
public sealed class FluxHealthTests
{
    [Fact]
    public async Task Flux_is_asked_to_look_when_all_of_a_service_is_ready_and_it_has_not_seen_it()
    {
        await using var platform = await PlayedPlatform.StartAsync(
            podStart: TimeSpan.FromMilliseconds(300),
            time: new FastTime(0.001) // the shortest wait takes 20 s
        );
        var auth = Service("auth", DeploymentOf("auth"));
        var web = Service("web", DeploymentOf("web")) with { DependsOn = ["auth"] };
        var watch = Stopwatch.StartNew();

        await platform.DeliverAsync(Request("shop", auth, web));

        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(15));
        (await platform.KustomizationAsync("auth")).Annotation(FluxKinds.RequestedAt).Should().NotBeNull();
    }
}
