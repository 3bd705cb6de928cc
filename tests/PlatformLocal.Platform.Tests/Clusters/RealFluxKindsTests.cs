using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.Tests.PlatformServices;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Platform.Tests.Clusters;

/// <summary>What Flux is asked for, and what is played of it, judged by a real API server with Flux's real kinds.</summary>
[Collection(nameof(ServicesServer))]
public sealed class RealFluxKindsTests(ServicesServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_environment_is_delivered_switched_and_taken_back_by_kinds_that_know_every_field()
    {
        using var client = await server.ConnectWithKindsAsync(Token);
        await using var platform = PlayedPlatform.On(client);
        string name = NewName();
        string target = $"env-{name}";
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var ready = KeepDeploymentsReadyAsync(client, target, stop.Token);
        var auth = Service("auth", DeploymentOf("auth"), ConfigMap("auth"));
        var web = Service("web", DeploymentOf("web"), PortService("web")) with { DependsOn = ["auth"] };
        JsonObject? document = null;
        var request = Request(name, auth, web) with
        {
            Keep = (asked, _) =>
            {
                document = asked;
                return Task.CompletedTask;
            },
        };

        await platform.Direct.DeliverAsync(request, new ProgressLog(), Token);
        var delivered = await platform.DeliverAsync(request);
        var stored = await Task.WhenAll(document.Items("items").Select(i => ReadyAsync(client, ObjectReference.Of(i))));
        var byFlux = await platform.FindAsync("apps/v1", "Deployment", "web", target);
        await platform.Direct.DeliverAsync(request, new ProgressLog(), Token);
        var byUs = await platform.FindAsync("apps/v1", "Deployment", "web", target);
        await stop.CancelAsync();
        await ready;

        delivered.Changes.Should().NotContain(c => c.Change == ChangeKind.Created);
        document.Items("items").Should().HaveCount(3);
        document
            .Items("items")
            .Zip(stored)
            .SelectMany(p => Lost(p.First["spec"], p.Second["spec"], p.First.Text("kind")!))
            .Should()
            .BeEmpty();
        PlayedPlatform.ManagersOf(byFlux).Should().Equal(FluxKinds.FieldManager);
        PlayedPlatform.ManagersOf(byUs).Should().Equal("platform-local");
        byUs.Label(FluxKinds.OwnerName).Should().BeNull();
    }

    private static async Task<JsonObject> ReadyAsync(KubernetesClient client, ObjectReference reference)
    {
        while (true)
        {
            var now = await client.GetAsync(reference, Token);
            if (now.Condition("Ready").Text("status") == "True")
            {
                return now;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }
    }

    private static IEnumerable<string> Lost(JsonNode? sent, JsonNode? stored, string path) =>
        (sent, stored) switch
        {
            (JsonObject a, JsonObject b) => a.SelectMany(p =>
                b.ContainsKey(p.Key) ? Lost(p.Value, b[p.Key], $"{path}.{p.Key}") : [$"{path}.{p.Key}"]
            ),
            (JsonArray a, JsonArray b) when a.Count <= b.Count => a.SelectMany((e, i) => Lost(e, b[i], $"{path}[{i}]")),
            (JsonObject or JsonArray, _) => [path],
            _ => [],
        };
}
