using System.Diagnostics;
using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.Clusters.Embedded.Flux;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Platform.Tests.Clusters;

/// <summary>
/// Flux looks at health every few seconds only: who sees earlier that all is ready tells it to look. And who hears nothing of
/// it says so.
/// </summary>
public sealed class FluxHealthTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

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

    [Fact]
    public async Task A_controller_that_ended_after_an_earlier_build_is_told()
    {
        await using var platform = await PlayedPlatform.StartAsync();
        await platform.DeliverAsync(Request("shop", Service("web", ConfigMap("web"))));
        await platform.StopPlayingAsync();
        var flux = platform.FluxOf(ClusterRegistry.EmbeddedName, TimeSpan.FromSeconds(1));
        var next = Request("shop", Service("web", ConfigMap("web", "2")));

        var delivery = flux.DeliverAsync(next, new ProgressLog(), Token);
        await FetchAsync(platform);
        var deliver = () => delivery;

        (await deliver.Should().ThrowAsync<PlatformException>())
            .Which.Message.Should()
            .Contain("Flux does not answer: its kustomize-controller");
    }

    /// <summary>Does what the source-controller does, once there is something else to fetch.</summary>
    private static async Task FetchAsync(PlayedPlatform platform)
    {
        var source = (await SourceAsync())!;
        while (
            Digest(source) is var digest
            && source.Child("status").Child("artifact").Text("revision")!.EndsWith(digest, StringComparison.Ordinal)
        )
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
            source = (await SourceAsync())!;
        }

        var status = PlayedStatus.Of(source, true, "Succeeded", "fetched", TimeProvider.System.GetUtcNow());
        var artifact = (JsonObject)source["status"]!["artifact"]!.DeepClone();
        artifact["revision"] = Digest(source);
        status["artifact"] = artifact;
        await PlayedStatus.WriteAsync(platform.Client, source, status, "source-controller", Token);

        Task<JsonObject?> SourceAsync() =>
            platform.FindAsync(FluxKinds.SourceVersion, FluxKinds.OciRepository, "platform-delivery");

        static string Digest(JsonObject source) => source.Child("spec").Child("ref").Text("digest")!;
    }
}
