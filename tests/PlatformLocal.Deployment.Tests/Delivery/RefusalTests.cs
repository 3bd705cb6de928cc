using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

/// <summary>What a cluster refuses is told at once, by plans and deliveries alike; and what it was not asked about as well.</summary>
public sealed class RefusalTests : EmbeddedDeliveries
{
    [Fact]
    public async Task A_delivery_tells_as_many_refusals_as_its_plan_whatever_is_applied_first()
    {
        await DeliverAsync(Request("all", Database("ReadWriteOnce", "Opaque", "one"), After("db", ConfigMap("a"))));
        JsonObject bad = PortService("bad");
        bad.Child("spec")!["type"] = "Nonsense";
        DeliveryRequest wrong = Request(
            "all",
            Database("ReadWriteMany", "example.com/other", "two"),
            After("db", ConfigMap("a"), bad)
        );

        Func<Task>[] refusals = [() => Delivery.PlanAsync(wrong, Token), () => DeliverAsync(wrong)];

        foreach (Func<Task> refusal in refusals)
        {
            PlatformException fault = (await refusal.Should().ThrowAsync<PlatformException>()).Which;
            fault.Kind.Should().Be(FailureKind.InvalidInput);
            foreach (
                string refused in new[]
                {
                    "PersistentVolumeClaim env-all/data",
                    "Secret env-all/sec",
                    "StatefulSet env-all/db",
                    "Service env-all/bad",
                }
            )
            {
                fault.Message.Should().Contain($"The cluster refused to apply {refused}: ");
            }
            foreach (string named in new[] { "PersistentVolumeClaim data", "Secret sec", "StatefulSet db" })
            {
                fault.NextStep.Should().Contain($"To have {named} deleted and made again");
            }
        }
        PlatformException told = (await refusals[1].Should().ThrowAsync<PlatformException>()).Which;
        told.Message.Should()
            .Contain("\ndb: 3 objects were refused.\n")
            .And.Contain("\nweb: was not applied because db is not ready, and 1 object is refused.\n");
    }

    [Fact]
    public async Task What_the_cluster_could_not_be_asked_about_is_told_by_the_plan()
    {
        await Client.ApplyAsync(InDefault(ConfigMap("taken")), null, Token);
        JsonObject widget = Yamlish(
            """{"apiVersion":"shop.example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":"any"}}"""
        );

        IReadOnlyList<ObjectChange> plan = await Delivery.PlanAsync(
            Request("new", Service("op", Widgets(), ConfigMap("plain"), ConfigMap("taken")), Service("web", widget)),
            Token
        );

        plan.Should().OnlyContain(change => change.Change == ChangeKind.Created);
        plan.Where(change => change.NotChecked is not null)
            .Select(change => $"{change.Kind} {change.Name}: {change.NotChecked}")
            .Should()
            .BeEquivalentTo(
                "Widget w: the kind Widget comes with op",
                "ConfigMap taken: its namespace is not there yet, and in default, where it would be tried, is another one of its name"
            );
    }

    [Fact]
    public async Task Of_a_cluster_that_is_yet_to_be_made_nothing_is_checked()
    {
        IReadOnlyList<ObjectChange> plan = await Delivery.PlanForNewClusterAsync(
            Request("own", Service("web", ConfigMap("a"))),
            Token
        );

        plan.Single(change => change.Kind == "ConfigMap").NotChecked.Should().Be("its cluster is yet to be made");
    }

    private static ServiceDelivery After(string other, params JsonObject[] objects) =>
        Service("web", objects) with
        {
            DependsOn = [other],
        };

    private static ServiceDelivery Database(string mode, string type, string service) =>
        Service(
            "db",
            Yamlish(
                """
                {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data"},
                 "spec":{"accessModes":["MODE"],"resources":{"requests":{"storage":"1Gi"}}}}
                """.Replace("MODE", mode, StringComparison.Ordinal)
            ),
            Yamlish(
                """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"sec"},"type":"TYPE","data":{"a":"MQ=="}}""".Replace(
                    "TYPE",
                    type,
                    StringComparison.Ordinal
                )
            ),
            Yamlish(
                """
                {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"db"},
                 "spec":{"replicas":0,"serviceName":"NAME","selector":{"matchLabels":{"app":"a"}},
                  "template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"a","image":"x/a:1"}]}}}}
                """.Replace("NAME", service, StringComparison.Ordinal)
            )
        );

    private static JsonObject InDefault(JsonObject item)
    {
        item.Metadata()!["namespace"] = "default";
        return item;
    }

    private static JsonObject Widgets() =>
        Yamlish(
            """
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.shop.example.com"},
             "spec":{"group":"shop.example.com","scope":"Namespaced","names":{"plural":"widgets","singular":"widget","kind":"Widget"},
              "versions":[{"name":"v1","served":true,"storage":true,
               "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
            """
        );
}
