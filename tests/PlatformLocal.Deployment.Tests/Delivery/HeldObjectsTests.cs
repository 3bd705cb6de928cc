using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

/// <summary>What is no longer wanted and does not go, because finalizers hold it.</summary>
public sealed class HeldObjectsTests : EmbeddedDeliveries
{
    private static readonly ObjectReference s_held = new("v1", "ConfigMap", "env-held", "held");

    [Fact]
    public async Task It_is_told_while_it_is_waited_for_and_afterwards_until_it_is_gone()
    {
        JsonObject held = ConfigMap("held");
        held.Metadata()!["finalizers"] = new JsonArray("example.test/hold");
        await DeliverAsync(Request("held", Service("web", ConfigMap("plain"), held)));
        DeliveryRequest without = Request("held", Service("web"));
        var progress = new ProgressLog();

        DeliveryResult first = await Delivery.DeliverAsync(without, progress, Token);
        DeliveryResult second = await DeliverAsync(without);
        IReadOnlyList<ObjectChange> plan = await Delivery.PlanAsync(without, Token);
        IReadOnlyList<string> remarks = await Delivery.RemarksAsync("held", "env-held", Token);
        var free = new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } };
        await Client.PatchAsync(s_held, PatchKind.Merge, free, null, Token);
        IReadOnlyList<string> freed = await Delivery.RemarksAsync("held", "env-held", Token);
        DeliveryResult last = await DeliverAsync(without);

        progress
            .All.SelectMany(told => told.Causes)
            .Should()
            .Contain(
                new CauseDocument(
                    "ConfigMap held",
                    "Terminating",
                    "is being deleted and waits for the finalizers example.test/hold"
                )
            );
        first.Changes.Should().ContainSingle(change => change.Name == "plain" && change.Change == ChangeKind.Pruned);
        foreach (IReadOnlyList<ObjectChange> changes in new[] { first.Changes, second.Changes, plan })
        {
            ObjectChange change = changes.Should().ContainSingle(c => c.Name == "held").Subject;
            change.Change.Should().Be(ChangeKind.Kept);
            change.Note.Should().Be("it is being deleted and waits for the finalizers example.test/hold");
        }
        first
            .Remarks.Should()
            .Equal(
                "ConfigMap env-held/held is no longer wanted, is being deleted and waits for the finalizers example.test/hold. "
                    + "See whether that which takes them away runs; if it never will, take them away by hand: "
                    + "kubectl -n env-held edit configmap held"
            );
        second.Remarks.Should().Equal(first.Remarks);
        remarks.Should().Equal(first.Remarks);
        freed.Should().BeEmpty();
        last.Changes.Should().NotContain(change => change.Name == "held");
        last.Remarks.Should().BeEmpty();
    }
}
