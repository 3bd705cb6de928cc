using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

/// <summary>A namespace that the platform did not make is neither taken over nor deleted.</summary>
public sealed class NamespaceOwnershipTests : EmbeddedDeliveries
{
    private static readonly ObjectReference s_home = new("v1", "Namespace", null, "env-adopt");
    private static readonly ObjectReference s_mine = new("v1", "ConfigMap", "env-adopt", "mine");

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"app.kubernetes.io/managed-by":"Helm","platform.local/environment-type":"dev"}""")]
    public async Task A_namespace_of_somebody_else_is_refused_by_delivery_and_plan_and_stays_as_it_is(string labels)
    {
        JsonObject before = await MakeForeignAsync(labels);
        DeliveryRequest request = Request("adopt", Service("base", ConfigMap("base")));
        Func<Task>[] attempts =
        [
            () => Delivery.DeliverAsync(request, new ProgressLog(), Token),
            () => Delivery.PlanAsync(request, Token),
            () => Delivery.RequireNamespaceAsync("adopt", "env-adopt", Token),
        ];

        foreach (Func<Task> attempt in attempts)
        {
            PlatformException fault = (await attempt.Should().ThrowAsync<PlatformException>()).Which;
            fault.Kind.Should().Be(FailureKind.NotAllowed);
            fault.Message.Should().Contain("Namespace env-adopt").And.Contain("the platform did not make it");
            fault.NextStep.Should().Contain("Choose another environment_name");
        }
        JsonObject? after = await Client.FindAsync(s_home, Token);
        JsonNode.DeepEquals(after, before).Should().BeTrue();
    }

    [Fact]
    public async Task Removing_an_environment_leaves_a_namespace_of_somebody_else_alone()
    {
        JsonObject before = await MakeForeignAsync("{}");

        await Delivery.RemoveAsync("adopt", "env-adopt", Token);

        JsonNode.DeepEquals(await Client.FindAsync(s_home, Token), before).Should().BeTrue();
        (await Client.FindAsync(s_mine, Token)).Should().NotBeNull();
    }

    [Fact]
    public async Task A_namespace_whose_mark_somebody_took_away_is_no_longer_deleted()
    {
        await Delivery.DeliverAsync(Request("adopt", Service("base", ConfigMap("mine"))), new ProgressLog(), Token);
        var unmark = new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [DeliveryLabels.Environment] = null } },
        };
        await Client.PatchAsync(s_home, PatchKind.Merge, unmark, null, Token);

        await Delivery.RemoveAsync("adopt", "env-adopt", Token);

        (await Client.FindAsync(s_mine, Token)).Should().NotBeNull();
    }

    [Fact]
    public async Task A_namespace_that_an_earlier_version_made_is_the_environments_and_goes_with_it()
    {
        // Earlier versions applied the namespace and did nothing else to mark it.
        await Client.ApplyAsync(
            Yamlish(
                """
                {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"env-adopt","labels":{
                 "app.kubernetes.io/managed-by":"platform-local","app.kubernetes.io/part-of":"adopt",
                 "platform.local/environment":"adopt","platform.local/environment-type":"dev"}}}
                """
            ),
            new WriteOptions { FieldManager = "platform-local", Force = true },
            Token
        );

        DeliveryResult result = await Delivery.DeliverAsync(
            Request("adopt", Service("base", ConfigMap("mine"))),
            new ProgressLog(),
            Token
        );
        await Delivery.RemoveAsync("adopt", "env-adopt", Token);

        result.Changes.Should().Contain(change => change.Name == "mine" && change.Change == ChangeKind.Created);
        (await Client.FindAsync(s_home, Token)).Should().BeNull();
    }

    [Fact]
    public async Task What_is_made_between_the_look_and_the_making_is_not_taken_over()
    {
        var home = new EnvironmentNamespace(Client, new DirectDeliveryOptions(), "adopt", "env-adopt");
        (await home.FindAsync(Token)).Should().BeNull();
        JsonObject before = await MakeForeignAsync("{}");

        Func<Task> make = () => home.TryMakeAsync(s_home.ToObject(), Token);

        (await make.Should().ThrowAsync<PlatformException>()).Which.Kind.Should().Be(FailureKind.NotAllowed);
        JsonNode.DeepEquals(await Client.FindAsync(s_home, Token), before).Should().BeTrue();
    }

    private async Task<JsonObject> MakeForeignAsync(string labels)
    {
        JsonObject home = s_home.ToObject();
        home.Metadata()!["labels"] = JsonNode.Parse(labels);
        await Client.CreateAsync(home, null, Token);
        JsonObject mine = ConfigMap("mine");
        mine.Metadata()!["namespace"] = "env-adopt";
        await Client.CreateAsync(mine, null, Token);
        return (await Client.FindAsync(s_home, Token))!;
    }
}
