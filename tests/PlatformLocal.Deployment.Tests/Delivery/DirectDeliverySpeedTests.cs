using System.Diagnostics;
using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

public sealed class DirectDeliverySpeedTests(RealApiServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Five_hundred_objects_take_seconds()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        JsonObject[] objects =
        [
            .. Enumerable.Range(0, 250).SelectMany(i => new[] { ConfigMap($"map-{i}"), PortService($"service-{i}") }),
        ];
        DeliveryRequest request = Request(name, Service("web", objects));
        var delivery = new DirectDelivery(client);
        await client.GetVersionAsync(Token);

        long began = Stopwatch.GetTimestamp();
        await delivery.DeliverAsync(request, new ProgressLog(), Token);
        TimeSpan first = Stopwatch.GetElapsedTime(began);
        began = Stopwatch.GetTimestamp();
        DeliveryResult again = await delivery.DeliverAsync(request, new ProgressLog(), Token);
        TimeSpan second = Stopwatch.GetElapsedTime(began);

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"first {first.TotalMilliseconds} ms, again {second.TotalMilliseconds} ms"
        );
        again.Changes.Should().OnlyContain(change => change.Change == ChangeKind.Unchanged);
        first.Should().BeLessThan(TimeSpan.FromSeconds(20));
        second.Should().BeLessThan(TimeSpan.FromSeconds(5));
    }
}
