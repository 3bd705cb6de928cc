using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

/// <summary>What was deleted and does not go, because finalizers hold it.</summary>
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
        IReadOnlyList<string> remarks = (await Delivery.LookAsync("held", "env-held", Token)).Remarks;
        var free = new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } };
        await Client.PatchAsync(s_held, PatchKind.Merge, free, null, Token);
        IReadOnlyList<string> freed = (await Delivery.LookAsync("held", "env-held", Token)).Remarks;
        DeliveryResult last = await DeliverAsync(without);

        progress
            .All.SelectMany(told => told.Causes)
            .Should()
            .Contain(
                new CauseDocument(
                    "ConfigMap held",
                    "Terminating",
                    "is being deleted and waits for the finalizer example.test/hold"
                )
            );
        first.Changes.Should().ContainSingle(change => change.Name == "plain" && change.Change == ChangeKind.Pruned);
        foreach (IReadOnlyList<ObjectChange> changes in new[] { first.Changes, second.Changes, plan })
        {
            ObjectChange change = changes.Should().ContainSingle(c => c.Name == "held").Subject;
            change.Change.Should().Be(ChangeKind.Kept);
            change.Note.Should().Be("it is being deleted and waits for the finalizer example.test/hold");
        }
        first
            .Remarks.Should()
            .Equal(
                "ConfigMap env-held/held is no longer wanted, is being deleted and waits for the finalizer example.test/hold. "
                    + "See whether that which takes finalizers away runs; if it never will, take them away by hand: "
                    + "kubectl -n env-held edit configmap held"
            );
        second.Remarks.Should().Equal(first.Remarks);
        remarks.Should().Equal(first.Remarks);
        freed.Should().BeEmpty();
        last.Changes.Should().NotContain(change => change.Name == "held");
        last.Remarks.Should().BeEmpty();
    }

    [Fact]
    public async Task What_is_wanted_is_planned_and_told_with_its_finalizer_and_made_again()
    {
        DeliveryRequest request = Request("held", Service("web", ConfigMap("held"), ConfigMap("plain")));
        await DeliverAsync(request);
        await HoldAsync(s_held, "example.test/hold");
        await Client.DeleteAsync(s_held, new DeleteOptions(), Token);

        IReadOnlyList<ObjectChange> plan = await Delivery.PlanAsync(request, Token);
        DeliveredLook look = await Delivery.LookAsync("held", "env-held", Token);
        var progress = new ProgressLog();
        Task<DeliveryResult> delivery = Delivery.DeliverAsync(request, progress, Token);
        while (progress.All.All(told => told.Causes.Count == 0))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }

        await HoldAsync(s_held);
        DeliveryResult done = await delivery;

        const string held = "is being deleted and waits for the finalizer example.test/hold";
        plan.Should()
            .ContainSingle(change => change.Change != ChangeKind.Unchanged)
            .Which.Should()
            .Match<ObjectChange>(change =>
                change.Name == "held"
                && change.Change == ChangeKind.Recreated
                && change.Note == $"it {held}, and is made again when it is gone"
            );
        look.Remarks.Should().BeEmpty();
        look.Leaving["web"].Should().Equal(new CauseDocument("ConfigMap held", "Terminating", held));
        done.Changes.Should()
            .ContainSingle(change => change.Change != ChangeKind.Unchanged)
            .Which.Should()
            .Match<ObjectChange>(change =>
                change.Name == "held" && change.Change == ChangeKind.Recreated && change.Note == "somebody deleted it"
            );
        (await Delivery.LookAsync("held", "env-held", Token)).Leaving.Should().BeEmpty();
        (await Delivery.PlanAsync(request, Token)).Should().OnlyContain(c => c.Change == ChangeKind.Unchanged);
    }

    [Fact]
    public async Task A_plan_tells_that_the_namespace_goes_first_and_what_holds_it()
    {
        DeliveryRequest request = Request("held", Service("web", ConfigMap("held")));
        await DeliverAsync(request);
        await HoldAsync(s_held, "example.test/hold", "example.test/more");
        await Client.DeleteAsync(new ObjectReference("v1", "Namespace", null, "env-held"), new DeleteOptions(), Token);

        ObjectChange home = (await Delivery.PlanAsync(request, Token))[0];
        await HoldAsync(s_held);

        home.Change.Should().Be(ChangeKind.Recreated);
        home.Note.Should()
            .StartWith("it is being deleted with all that is in it (")
            .And.Contain("ConfigMap held waits for the finalizers example.test/hold, example.test/more")
            .And.EndWith("), and is made again when it is gone");
    }

    private Task HoldAsync(ObjectReference what, params string[] finalizers) =>
        Client.PatchAsync(
            what,
            PatchKind.Merge,
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["finalizers"] = new JsonArray([.. finalizers.Select(f => (JsonNode?)f)]),
                },
            },
            null,
            Token
        );
}
