using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

public sealed class DirectDeliveryTests(RealApiServer server)
{
    // As newer API servers want it.
    private const string CompleteJob = """
        {"status":{"startTime":"2026-01-01T00:00:00Z","completionTime":"2026-01-01T00:00:01Z",
         "conditions":[{"type":"SuccessCriteriaMet","status":"True"},{"type":"Complete","status":"True"}]}}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Delivering_the_same_request_again_changes_nothing()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        DeliveryRequest request = Request(
            name,
            Service("web", ConfigMap("a"), PortService("web"), DeploymentOf("web"))
        );
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
    public async Task The_plan_of_a_new_environment_is_refused_as_its_delivery_would_be()
    {
        using KubernetesClient client = await server.ConnectAsync();
        JsonObject wrong = DeploymentOf("web");
        wrong["spec"]!["replicas"] = -1;
        DeliveryRequest request = Request(NewName(), Service("web", wrong, ConfigMap("a")));

        var plan = () => new DirectDelivery(client).PlanAsync(request, Token);

        (await plan.Should().ThrowAsync<PlatformException>())
            .WithMessage($"*Deployment {request.Namespace}/web*spec.replicas*")
            .Which.Kind.Should()
            .Be(FailureKind.InvalidInput);
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

    [Fact]
    public async Task A_job_whose_template_changes_is_made_again_and_other_fixed_fields_are_explained()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        var delivery = new DirectDelivery(client);
        JsonObject fixedMap = ConfigMap("fixed");
        fixedMap["immutable"] = true;
        JsonObject changedMap = ConfigMap("fixed", "2");
        changedMap["immutable"] = true;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task controller = CompleteJobsAsync(client, $"env-{name}", over.Token);
        await delivery.DeliverAsync(Request(name, Service("web", Job("1"), fixedMap)), new ProgressLog(), Token);
        DeliveryRequest changed = Request(name, Service("web", Job("2"), fixedMap));

        IReadOnlyList<ObjectChange> plan = await delivery.PlanAsync(changed, Token);
        DeliveryResult result = await delivery.DeliverAsync(changed, new ProgressLog(), Token);
        Func<Task> refuse = () =>
            delivery.DeliverAsync(Request(name, Service("web", Job("2"), changedMap)), new ProgressLog(), Token);

        ObjectChange job = result.Changes.Single(change => change.Kind == "Job");
        job.Change.Should().Be(ChangeKind.Recreated);
        job.Note.Should().Be("spec.template cannot be changed");
        plan.Should().BeEquivalentTo(result.Changes);
        PlatformException fault = (await refuse.Should().ThrowAsync<PlatformException>()).Which;
        fault
            .NextStep.Should()
            .EndWith($"kubectl -n env-{name} annotate configmap fixed platform.local/recreate=enabled --overwrite");
        await over.CancelAsync();
        await controller;
    }

    [Fact]
    public async Task Manifests_that_leave_out_what_old_servers_need_are_delivered()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        var delivery = new DirectDelivery(client);
        JsonObject service = Yamlish(
            """{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":80},{"port":81,"name":"b"}]}}"""
        );
        service.Child("spec").Items("ports").First()["name"] = "a";
        JsonObject deployment = DeploymentOf("a");
        deployment.Child("spec").Child("template").Child("spec").Items("containers").First()["ports"] = JsonNode.Parse(
            """[{"containerPort":80}]"""
        );
        JsonObject secret = Yamlish(
            """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","creationTimestamp":null},"stringData":{"k":"grüße","old":"x"}}"""
        );
        JsonObject later = Yamlish(
            """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"stringData":{"k":"grüße"}}"""
        );
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task controller = KeepDeploymentsReadyAsync(client, $"env-{name}", over.Token);

        await delivery.DeliverAsync(
            Request(name, Service("web", service, deployment, secret)),
            new ProgressLog(),
            Token
        );
        await delivery.DeliverAsync(
            Request(name, Service("web", service, deployment, later)),
            new ProgressLog(),
            Token
        );

        JsonObject stored = await client.GetAsync(new ObjectReference("v1", "Secret", $"env-{name}", "a"), Token);
        stored.Child("data")!.ToJsonString().Should().Be("""{"k":"Z3LDvMOfZQ=="}""", "a key that is dropped goes");
        secret.Child("stringData").Should().NotBeNull("the request is not changed");
        await over.CancelAsync();
        await controller;
    }

    [Fact]
    public async Task A_job_that_cleans_up_after_itself_is_not_run_again()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        var reference = new ObjectReference("batch/v1", "Job", $"env-{name}", "migrate");
        Task<DeliveryResult> delivering = new DirectDelivery(client).DeliverAsync(
            Request(name, Service("web", Job("1"), DeploymentOf("web"))),
            new ProgressLog(),
            Token
        );
        await AppearAsync(client, reference);
        JsonObject deployment = await AppearAsync(
            client,
            reference with
            {
                ApiVersion = "apps/v1",
                Kind = "Deployment",
                Name = "web",
            }
        );
        var onStatus = new WriteOptions { Subresource = "status" };
        JsonNode complete = JsonNode.Parse(CompleteJob)!;
        await client.PatchAsync(reference, PatchKind.Merge, complete, onStatus, Token);
        await client.DeleteAsync(reference, null, Token);

        await client.PatchAsync(
            ObjectReference.Of(deployment),
            PatchKind.Merge,
            ReadyStatus(deployment),
            onStatus,
            Token
        );
        await delivering;

        (await client.FindAsync(reference, Token)).Should().BeNull();
    }

    private static JsonObject Job(string version) =>
        Yamlish(
            """
            {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"migrate"},
             "spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"a","image":"migrate:VERSION"}]}}}}
            """.Replace("VERSION", version, StringComparison.Ordinal)
        );

    private static async Task CompleteJobsAsync(
        KubernetesClient client,
        string target,
        CancellationToken cancellationToken
    )
    {
        JsonNode complete = JsonNode.Parse(CompleteJob)!;
        try
        {
            await foreach (WatchEvent change in client.WatchAsync("batch/v1", "Job", target, null, cancellationToken))
            {
                if (change.Kind == WatchEventKind.Added)
                {
                    var onStatus = new WriteOptions { Subresource = "status" };
                    var reference = ObjectReference.Of(change.Item);
                    await client.PatchAsync(
                        reference,
                        PatchKind.Merge,
                        complete.DeepClone(),
                        onStatus,
                        cancellationToken
                    );
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The test is over.
        }
    }
}
