using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

/// <summary>Kinds that one service brings and another one uses.</summary>
public sealed class KindOrderTests : EmbeddedDeliveries
{
    [Fact]
    public async Task A_circle_between_a_kind_and_its_user_is_told_before_anything_is_applied()
    {
        JsonObject gadget = Yamlish("""{"apiVersion":"circle.example/v1","kind":"Gadget","metadata":{"name":"g"}}""");
        DeliveryRequest request = Request(
            "shop",
            Service("kinds", ClusterObjects.Definition("circle.example", "Gadget")) with
            {
                DependsOn = ["between"],
            },
            Service("between", ConfigMap("between")) with
            {
                DependsOn = ["user"],
            },
            Service("user", gadget)
        );

        PlatformException fault = (await Awaiting(request).Should().ThrowAsync<PlatformException>()).Which;

        fault.Kind.Should().Be(FailureKind.InvalidInput);
        fault
            .Message.Should()
            .Contain("services.user: Gadget g: its kind, of circle.example/v1, comes with kinds")
            .And.Contain("kinds waits for between, which waits for user: neither can begin");
        (await Client.FindAsync(new ObjectReference("v1", "Namespace", null, "env-shop"), Token)).Should().BeNull();
    }

    [Fact]
    public async Task A_user_of_a_kind_that_its_bringer_does_not_wait_for_is_no_circle()
    {
        JsonObject gadget = Yamlish("""{"apiVersion":"line.example/v1","kind":"Gadget","metadata":{"name":"g"}}""");
        DeliveryRequest request = Request(
            "shop",
            Service("user", gadget),
            Service("kinds", ClusterObjects.Definition("line.example", "Gadget")) with
            {
                DependsOn = ["first"],
            },
            Service("first", ConfigMap("first"))
        );

        await Awaiting(request).Should().NotThrowAsync();
    }

    [Fact]
    public async Task A_version_that_a_definition_does_not_serve_is_told_at_once()
    {
        JsonObject definition = ClusterObjects.Definition("unserved.example", "Gadget");
        definition["spec"]!["versions"]![0]!["served"] = false;
        JsonObject gadget = Yamlish("""{"apiVersion":"unserved.example/v1","kind":"Gadget","metadata":{"name":"g"}}""");

        PlatformException fault = (
            await Awaiting(Request("shop", Service("web", definition, gadget))).Should().ThrowAsync<PlatformException>()
        ).Which;

        fault.Kind.Should().Be(FailureKind.InvalidInput);
        fault.Message.Should().Contain("services.web: g: ").And.Contain("unserved.example/v1");
    }

    private Func<Task> Awaiting(DeliveryRequest request) => () => DeliverAsync(request);
}
