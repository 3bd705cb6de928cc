using System.Text.Json.Nodes;
using PlatformLocal.Delivery;
using PlatformLocal.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Tests.Kubernetes;
using static PlatformLocal.Tests.Delivery.Deliveries;

namespace PlatformLocal.Tests.Delivery;

public sealed class DirectDeliveryTests(RealApiServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Delivering_the_same_request_again_changes_nothing()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        DeliveryRequest request = Request(name, Service("web", ConfigMap("a"), PortService("web"), Deployment("web")));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task controller = KeepDeploymentsReadyAsync(client, request.Namespace, over.Token);
        var delivery = new DirectDelivery(client);

        DeliveryResult first = await delivery.DeliverAsync(request, new ProgressLog(), Token);
        DeliveryResult second = await delivery.DeliverAsync(request, new ProgressLog(), Token);
        IReadOnlyList<ObjectChange> plan = await delivery.PlanAsync(request, Token);

        first.Changes.Should().OnlyContain(change => change.Change == ChangeKind.Created).And.HaveCount(4);
        second.Changes.Should().OnlyContain(change => change.Change == ChangeKind.Unchanged).And.HaveCount(4);
        plan.Should().OnlyContain(change => change.Change == ChangeKind.Unchanged).And.HaveCount(4);
        await over.CancelAsync();
        await controller;
    }

    [Fact]
    public async Task What_is_no_longer_delivered_is_pruned()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        var delivery = new DirectDelivery(client);
        await delivery.DeliverAsync(
            Request(name, Service("web", ConfigMap("a"), ConfigMap("b"))),
            new ProgressLog(),
            Token
        );
        DeliveryRequest smaller = Request(name, Service("web", ConfigMap("a", "2")));

        IReadOnlyList<ObjectChange> plan = await delivery.PlanAsync(smaller, Token);
        DeliveryResult result = await delivery.DeliverAsync(smaller, new ProgressLog(), Token);

        result
            .Changes.Select(change => (change.Change, change.Name))
            .Should()
            .Equal((ChangeKind.Unchanged, $"env-{name}"), (ChangeKind.Updated, "a"), (ChangeKind.Pruned, "b"));
        plan.Should().Equal(result.Changes);
        (await client.FindAsync(new ObjectReference("v1", "ConfigMap", $"env-{name}", "b"), Token)).Should().BeNull();
    }

    [Fact]
    public async Task A_change_by_hand_is_undone()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        var delivery = new DirectDelivery(client);
        DeliveryRequest request = Request(name, Service("web", ConfigMap("a")));
        await delivery.DeliverAsync(request, new ProgressLog(), Token);
        var reference = new ObjectReference("v1", "ConfigMap", request.Namespace, "a");
        var patch = new JsonObject { ["data"] = new JsonObject { ["key"] = "by hand" } };
        await client.PatchAsync(reference, PatchKind.Merge, patch, new WriteOptions { FieldManager = "hand" }, Token);

        DeliveryResult result = await delivery.DeliverAsync(request, new ProgressLog(), Token);

        result.Changes.Should().Contain(change => change.Name == "a" && change.Change == ChangeKind.Updated);
        (await client.GetAsync(reference, Token)).Child("data").Text("key").Should().Be("1");
    }
}
