using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

/// <summary>Changes that the API refuses for objects that are there, and accepts for new ones.</summary>
public sealed class RecreationTests : EmbeddedDeliveries
{
    /// <summary>An object before and after, and the field that the API refuses to change.</summary>
    public static TheoryData<string, string, string> Changes =>
        new()
        {
            {
                """{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"a"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"ONE|TWO"},"subjects":[]}""",
                "RoleBinding",
                "roleRef"
            },
            {
                """{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"a"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"ONE|TWO"},"subjects":[]}""",
                "ClusterRoleBinding",
                "roleRef"
            },
            {
                """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"replicas":0,"selector":{"matchLabels":{"app":"ONE|TWO"}},"template":{"metadata":{"labels":{"app":"ONE|TWO"}},"spec":{"containers":[{"name":"a","image":"x/a:1"}]}}}}""",
                "Deployment",
                "spec.selector"
            },
            {
                """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"replicas":0,"strategy":{"type":"RollingUpdate|Recreate"},"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"a","image":"x/a:1"}]}}}}""",
                "Deployment",
                "spec.strategy.rollingUpdate"
            },
            {
                """{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"a"},"spec":{"replicas":0,"serviceName":"ONE|TWO","selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"a","image":"x/a:1"}]}}}}""",
                "StatefulSet",
                "spec"
            },
            {
                """{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"clusterIP":"10.96.0.77|10.96.0.78","ports":[{"port":80}]}}""",
                "Service",
                "spec.clusterIP"
            },
            {
                """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"immutable":true,"data":{"a":"ONE|TWO"}}""",
                "ConfigMap",
                "data"
            },
            {
                """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"type":"Opaque|example.com/other","data":{"a":"MQ=="}}""",
                "Secret",
                "type"
            },
        };

    [Fact]
    public async Task An_object_that_does_not_go_says_what_holds_it()
    {
        const string both =
            """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","annotations":{"platform.local/recreate":"enabled"},"finalizers":["example.test/hold"]},"immutable":true,"data":{"a":"ONE|TWO"}}""";
        await DeliverAsync(Request("imm", Service("web", Side(both, 0))));

        var act = () =>
            DeliverAsync(Request("imm", Service("web", Side(both, 1)) with { Timeout = TimeSpan.FromSeconds(2) }));

        var failed = (await act.Should().ThrowAsync<PlatformException>()).Which;
        failed.Kind.Should().Be(FailureKind.NotReadyInTime);
        failed
            .Message.Should()
            .Contain(
                "waits until ConfigMap env-imm/a, which is made again, is gone: that waits for the finalizer example.test/hold"
            );
        failed.NextStep.Should().EndWith("kubectl -n env-imm edit configmap a");
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task What_cannot_be_changed_is_made_again_where_the_manifest_says_so_and_explained_otherwise(
        string both,
        string kind,
        string field
    )
    {
        (JsonObject before, JsonObject after) = (Side(both, 0), Side(both, 1));
        await DeliverAsync(Request("imm", Service("web", before)));
        var reference = ObjectReference.Of(before) with
        {
            Namespace = kind.StartsWith("Cluster", StringComparison.Ordinal) ? null : "env-imm",
        };
        string? first = (await Client.GetAsync(reference, Token)).Uid();
        DeliveryRequest asItIs = Request("imm", At("web/objects.yaml, line 3", Service("web", after)));
        Func<Task>[] refusals = [() => Delivery.PlanAsync(asItIs, Token), () => DeliverAsync(asItIs)];

        foreach (Func<Task> refusal in refusals)
        {
            PlatformException fault = (await refusal.Should().ThrowAsync<PlatformException>()).Which;
            fault.Kind.Should().Be(FailureKind.InvalidInput);
            fault.Message.Should().Contain(field).And.Contain($"{reference} would be accepted if it were made anew.");
            fault
                .NextStep.Should()
                .Be(
                    $"To have {kind} a deleted and made again, allow it and deliver again: "
                        + reference.Kubectl("annotate", "platform.local/recreate=enabled", "--overwrite")
                        + $"\nOr to have that whenever it is needed, annotate {kind} a in its manifest, web/objects.yaml, line 3: "
                        + "platform.local/recreate: enabled"
                );
        }
        (await Client.GetAsync(reference, Token)).Uid().Should().Be(first, "what is refused is not touched");
        foreach (string annotation in new[] { DeliveryLabels.Recreate, DeliveryLabels.FluxForce })
        {
            DeliveryRequest wanted = Request("imm", Service("web", Annotated(after, annotation)));
            IReadOnlyList<ObjectChange> plan = await Delivery.PlanAsync(wanted, Token);
            DeliveryResult result = await DeliverAsync(wanted);
            DeliveryResult again = await DeliverAsync(wanted);

            plan.Should().BeEquivalentTo(result.Changes);
            ObjectChange change = result.Changes.Single(c => c.Kind == kind);
            change.Change.Should().Be(ChangeKind.Recreated);
            change.Note.Should().Contain(field).And.EndWith("cannot be changed");
            (await Client.GetAsync(reference, Token)).Uid().Should().NotBe(first);
            again.Changes.Should().OnlyContain(c => c.Change == ChangeKind.Unchanged);
            await RemoveAsync("imm");
            await DeliverAsync(Request("imm", Service("web", before)));
        }
    }

    [Fact]
    public async Task A_manifest_that_is_wrong_deletes_nothing()
    {
        JsonObject before = DeploymentOf("a");
        await DeliverAsync(Request("wrong", Service("web", before)));
        var reference = ObjectReference.Of(before) with { Namespace = "env-wrong" };
        string? uid = (await Client.GetAsync(reference, Token)).Uid();
        JsonObject wrong = Annotated(DeploymentOf("b"), DeliveryLabels.Recreate);
        wrong.Metadata()!["name"] = "a";
        wrong.Child("spec")!["replicas"] = -1;

        Func<Task> deliver = () => DeliverAsync(Request("wrong", Service("web", wrong)));

        PlatformException fault = (await deliver.Should().ThrowAsync<PlatformException>()).Which;
        fault.Message.Should().Contain("spec.replicas").And.NotContain("made anew");
        fault.NextStep.Should().StartWith("Correct ");
        (await Client.GetAsync(reference, Token)).Uid().Should().Be(uid);
    }

    [Fact]
    public async Task What_holds_data_needs_a_second_word()
    {
        DeliveryRequest Claiming(string mode, params string[] annotations) =>
            Request(
                "data",
                Service(
                    "db",
                    Annotated(
                        Yamlish(
                            """
                            {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data"},
                             "spec":{"accessModes":["MODE"],"resources":{"requests":{"storage":"1Gi"}}}}
                            """.Replace("MODE", mode, StringComparison.Ordinal)
                        ),
                        annotations
                    )
                )
            );
        await DeliverAsync(Claiming("ReadWriteOnce"));
        var reference = new ObjectReference("v1", "PersistentVolumeClaim", "env-data", "data");
        string? uid = (await Client.GetAsync(reference, Token)).Uid();

        Func<Task> one = () => DeliverAsync(Claiming("ReadWriteMany", DeliveryLabels.Recreate));

        PlatformException fault = (await one.Should().ThrowAsync<PlatformException>()).Which;
        fault
            .NextStep.Should()
            .Be(
                "To have PersistentVolumeClaim data deleted and made again, which deletes what it holds, allow it and deliver again: "
                    + "kubectl -n env-data annotate persistentvolumeclaim data platform.local/prune=enabled --overwrite"
            );
        (await Client.GetAsync(reference, Token)).Uid().Should().Be(uid);
        DeliveryResult both = await DeliverAsync(
            Claiming("ReadWriteMany", DeliveryLabels.Recreate, DeliveryLabels.Prune)
        );
        both.Changes.Should().ContainSingle(change => change.Change == ChangeKind.Recreated);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_cannot_be_edited_is_allowed_once_at_the_object_itself(bool isPutBack)
    {
        JsonObject Sized(string size) =>
            Yamlish(
                """
                {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data"},
                 "spec":{"accessModes":["MODE"],"resources":{"requests":{"storage":"1Gi"}}}}
                """.Replace("MODE", size, StringComparison.Ordinal)
            );
        // A version out of a registry has no place where it could be edited; what is put back would be something else then.
        DeliveryRequest Of(string mode) =>
            Request(
                "fixed",
                isPutBack ? At("a.yaml, line 1", Service("db", Sized(mode))) : Service("db", Sized(mode))
            ) with
            {
                IsPutBack = isPutBack,
            };
        await DeliverAsync(Of("ReadWriteOnce"));
        var reference = new ObjectReference("v1", "PersistentVolumeClaim", "env-fixed", "data");

        Func<Task> refused = () => DeliverAsync(Of("ReadWriteMany"));
        string advice = (await refused.Should().ThrowAsync<PlatformException>()).Which.NextStep!;
        await Client.PatchAsync(
            reference,
            PatchKind.Merge,
            Yamlish(
                """{"metadata":{"annotations":{"platform.local/recreate":"enabled","platform.local/prune":"enabled"}}}"""
            ),
            new WriteOptions { FieldManager = "kubectl-annotate" },
            Token
        );
        IReadOnlyList<ObjectChange> plan = await Delivery.PlanAsync(Of("ReadWriteMany"), Token);
        DeliveryResult allowed = await DeliverAsync(Of("ReadWriteMany"));
        Func<Task> again = () => DeliverAsync(Of("ReadWriteOnce"));

        advice
            .Should()
            .EndWith(
                "kubectl -n env-fixed annotate persistentvolumeclaim data platform.local/recreate=enabled platform.local/prune=enabled --overwrite"
            )
            .And.NotContain("manifest");
        plan.Should().BeEquivalentTo(allowed.Changes);
        allowed.Changes.Should().ContainSingle(c => c.Change == ChangeKind.Recreated);
        (await again.Should().ThrowAsync<PlatformException>("the word goes with the object"))
            .Which.Message.Should()
            .Contain("made anew");
    }

    private static ServiceDelivery At(string place, ServiceDelivery service) =>
        service with
        {
            Places = service.Objects.ToDictionary(item => item, _ => place),
        };

    private static JsonObject Annotated(JsonObject item, params string[] annotations)
    {
        var annotated = (JsonObject)item.DeepClone();
        annotated.Metadata()!["annotations"] = new JsonObject(
            annotations.Select(a => KeyValuePair.Create(a, (JsonNode?)"enabled"))
        );
        return annotated;
    }

    /// <summary>Where a value has two sides, one of them.</summary>
    private static JsonObject Side(string both, int side)
    {
        var item = Yamlish(both);
        Choose(item);
        return item;

        void Choose(JsonNode? node)
        {
            foreach (
                JsonNode? child in node is JsonObject o
                    ? o.Select(p => p.Value).ToArray()
                    : [.. node as JsonArray ?? []]
            )
            {
                if (
                    child is JsonValue value
                    && value.TryGetValue(out string? text)
                    && text.Contains('|', StringComparison.Ordinal)
                )
                {
                    child.ReplaceWith(text.Split('|')[side]);
                }
                else
                {
                    Choose(child);
                }
            }
        }
    }
}
