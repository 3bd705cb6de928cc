using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

public sealed class RemovalTests(RealApiServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_an_environment_has_is_removed_and_removing_again_does_nothing()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        string group = $"{name}.example";
        var delivery = new DirectDelivery(client);
        DeliveryRequest request = Request(
            name,
            Service("web", ConfigMap("a"), Role($"role-{name}"), ClusterObjects.Definition(group, "Gadget")),
            Service("user", Gadget(group)) with
            {
                DependsOn = ["web"],
            }
        );
        IReadOnlyList<ObjectChange> plan = await delivery.PlanAsync(request, Token);
        DeliveryResult made = await delivery.DeliverAsync(request, new ProgressLog(), Token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task controller = FinishNamespaceAsync(client, request.Namespace, over.Token);

        await delivery.RemoveAsync(name, request.Namespace, Token);
        await delivery.RemoveAsync(name, request.Namespace, Token);

        plan.Should().OnlyContain(change => change.Change == ChangeKind.Created).And.HaveCount(5);
        plan.Where(change => change.NotChecked is not null).Should().ContainSingle(change => change.Kind == "Gadget");
        made.Changes.Should().BeEquivalentTo(plan.Select(change => change with { NotChecked = null }));
        (await client.FindAsync(new ObjectReference("v1", "Namespace", null, request.Namespace), Token))
            .Should()
            .BeNull();
        (
            await client.FindAsync(
                new ObjectReference("rbac.authorization.k8s.io/v1", "ClusterRole", null, $"role-{name}"),
                Token
            )
        )
            .Should()
            .BeNull();
        (
            await client.FindAsync(
                new ObjectReference("apiextensions.k8s.io/v1", "CustomResourceDefinition", null, $"gadgets.{group}"),
                Token
            )
        )
            .Should()
            .BeNull("no other environment brings it");
        await over.CancelAsync();
        await controller;
    }

    [Fact]
    public async Task A_finalizer_that_nobody_handles_is_named()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        string group = $"{name}.example";
        JsonObject gadget = Gadget(group);
        gadget.Metadata()!["finalizers"] = new JsonArray("example.org/cleanup");
        DeliveryRequest request = Request(name, Service("web", ClusterObjects.Definition(group, "Gadget"), gadget));
        var delivery = new DirectDelivery(
            client,
            new DirectDeliveryOptions { RemovalTimeout = TimeSpan.FromSeconds(1) }
        );
        await delivery.DeliverAsync(request, new ProgressLog(), Token);

        Func<Task> remove = () => delivery.RemoveAsync(name, request.Namespace, Token);

        PlatformException fault = (await remove.Should().ThrowAsync<PlatformException>()).Which;
        fault.Kind.Should().Be(FailureKind.NotReadyInTime);
        fault.Message.Should().Contain($"Gadget {request.Namespace}/g waits for the finalizer example.org/cleanup");
    }

    [Fact]
    public async Task A_namespace_that_does_not_go_says_what_keeps_it()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        DeliveryRequest request = Request(name, Service("web", ConfigMap("a")));
        var delivery = new DirectDelivery(
            client,
            new DirectDeliveryOptions { RemovalTimeout = TimeSpan.FromSeconds(1) }
        );
        await delivery.DeliverAsync(request, new ProgressLog(), Token);

        Func<Task> remove = () => delivery.RemoveAsync(name, request.Namespace, Token);

        PlatformException fault = (await remove.Should().ThrowAsync<PlatformException>()).Which;
        fault
            .Message.Should()
            .Contain($"Namespace env-{name} is not gone")
            .And.Contain("it has the finalizer kubernetes");
    }

    [Fact]
    public async Task An_environment_can_be_made_again_while_its_namespace_is_still_being_deleted()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        DeliveryRequest request = Request(name, Service("web", ConfigMap("a")));
        var delivery = new DirectDelivery(client);
        await delivery.DeliverAsync(request, new ProgressLog(), Token);
        await client.DeleteAsync(new ObjectReference("v1", "Namespace", null, request.Namespace), null, Token);
        IReadOnlyList<ObjectChange> plan = await delivery.PlanAsync(request, Token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);

        Task<DeliveryResult> delivering = delivery.DeliverAsync(request, new ProgressLog(), Token);
        Task controller = FinishNamespaceAsync(client, request.Namespace, over.Token);

        DeliveryResult result = await delivering;
        result.Changes.Should().OnlyContain(change => change.Change == ChangeKind.Created);
        plan[0].Should().Match<ObjectChange>(c => c.Kind == "Namespace" && c.Change == ChangeKind.Recreated);
        plan.Skip(1).Should().OnlyContain(change => change.Change == ChangeKind.Created);
        await over.CancelAsync();
        await controller;
    }

    [Fact]
    public async Task An_object_that_is_still_being_deleted_is_made_again_when_it_is_gone()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        DeliveryRequest request = Request(name, Service("web", ConfigMap("a")));
        var delivery = new DirectDelivery(client);
        await delivery.DeliverAsync(request, new ProgressLog(), Token);
        var reference = new ObjectReference("v1", "ConfigMap", request.Namespace, "a");
        var hold = new JsonObject
        {
            ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray("example.org/hold") },
        };
        JsonObject held = await client.PatchAsync(reference, PatchKind.Merge, hold, null, Token);
        await client.DeleteAsync(reference, null, Token);
        var log = new ProgressLog();

        Task<DeliveryResult> delivering = delivery.DeliverAsync(request, log, Token);
        while (!log.Phases("web").Contains(ServicePhase.Waiting))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }
        var release = new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } };
        await client.PatchAsync(reference, PatchKind.Merge, release, null, Token);
        await delivering;

        (await client.GetAsync(reference, Token)).Uid().Should().NotBe(held.Uid());
    }

    [Fact]
    public async Task A_namespace_of_another_environment_is_left_alone()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        DeliveryRequest request = Request(name, Service("web", ConfigMap("a")));
        var delivery = new DirectDelivery(client);
        await delivery.DeliverAsync(request, new ProgressLog(), Token);

        Func<Task> deliver = () =>
            delivery.DeliverAsync(request with { Environment = "other" }, new ProgressLog(), Token);
        Func<Task> remove = () => delivery.RemoveAsync("other", request.Namespace, Token);

        (await deliver.Should().ThrowAsync<PlatformException>()).Which.Kind.Should().Be(FailureKind.Conflict);
        (await remove.Should().ThrowAsync<PlatformException>())
            .Which.Message.Should()
            .Contain($"belongs to the environment {name}");
    }

    private static JsonObject Role(string name) =>
        Yamlish(
            """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"NAME"},
             "rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]}
            """.Replace("NAME", name, StringComparison.Ordinal)
        );

    private static JsonObject Gadget(string group) =>
        Yamlish(
            """{"apiVersion":"GROUP/v1","kind":"Gadget","metadata":{"name":"g"},"spec":{}}""".Replace(
                "GROUP",
                group,
                StringComparison.Ordinal
            )
        );
}
