using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

public sealed class DeliveryFailureTests(RealApiServer server)
{
    private const string Crashing =
        """[{"name":"app","image":"x","imageID":"","ready":false,"restartCount":RESTARTS,"state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 40s restarting"}}}]""";

    private const string NoImage =
        """[{"name":"app","image":"x","imageID":"","ready":false,"restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image x"}}}]""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_not_ready_in_time_is_told_and_others_go_on()
    {
        using KubernetesClient client = await server.ConnectAsync();
        DeliveryRequest request = Request(
            NewName(),
            Service("slow", DeploymentOf("slow")) with
            {
                Timeout = TimeSpan.FromSeconds(1),
            },
            Service("after", ConfigMap("after")) with
            {
                DependsOn = ["slow"],
            },
            Service("last", ConfigMap("last")) with
            {
                DependsOn = ["after"],
            },
            Service("other", ConfigMap("other"))
        );
        var log = new ProgressLog();

        PlatformException fault = await FailAsync(client, request, log);

        fault.Kind.Should().Be(FailureKind.NotReadyInTime);
        fault
            .Message.Should()
            .Contain("slow: is not ready after 1 s.")
            .And.Contain($"Deployment {request.Namespace}/slow: its controller has not looked at the latest change yet")
            .And.Contain("after: was not applied because slow is not ready.")
            .And.Contain("last: was not applied because after is not ready.");
        fault.NextStep.Should().Contain($"kubectl -n {request.Namespace} describe deployment slow");
        log.Phases("slow").Should().EndWith(ServicePhase.Failed);
        log.Phases("other").Should().EndWith(ServicePhase.Ready);
        log.Phases("after").Should().OnlyContain(phase => phase == ServicePhase.Pending);
        (await client.FindAsync(new ObjectReference("v1", "ConfigMap", request.Namespace, "after"), Token))
            .Should()
            .BeNull();
    }

    [Fact]
    public async Task A_crash_loop_fails_without_waiting_for_the_timeout()
    {
        using KubernetesClient client = await server.ConnectAsync();
        DeliveryRequest request = WebWithin(TimeSpan.FromMinutes(30));
        Task<PlatformException> failing = FailAsync(client, request, new ProgressLog());
        JsonObject deployment = await WebAsync(client, request);
        await EventAsync(client, deployment, "ScalingReplicaSet", "Scaled up");

        await MakePodAsync(client, deployment, Crashing.Replace("RESTARTS", "3", StringComparison.Ordinal));
        PlatformException fault = await failing;

        fault.Kind.Should().Be(FailureKind.Failed);
        fault
            .Message.Should()
            .Contain("web: has failed.")
            .And.Contain("pod web-1-x: container app: CrashLoopBackOff: back-off 40s restarting (3 restarts)")
            .And.Contain("event Normal ScalingReplicaSet: Scaled up");
        fault.NextStep.Should().Contain($"kubectl -n {request.Namespace} logs web-1-x -c app --previous");
    }

    [Theory]
    [InlineData(false, "Unhealthy", "Readiness probe failed: connection refused")]
    [InlineData(true, "CrashLoopBackOff", "exit code 137 (OOMKilled)")]
    public async Task What_runs_and_is_not_ready_is_told_with_why(bool hasCrashed, string reason, string message)
    {
        using KubernetesClient client = await server.ConnectAsync();
        DeliveryRequest request = WebWithin(TimeSpan.FromSeconds(4));
        var log = new ProgressLog();
        Task<PlatformException> failing = FailAsync(client, request, log);
        JsonObject deployment = await WebAsync(client, request);
        string last = hasCrashed ? ""","lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}""" : "";
        await MakePodAsync(
            client,
            deployment,
            """[{"name":"app","image":"x","imageID":"","ready":false,"restartCount":2,"state":{"running":{}}LAST}]""".Replace(
                "LAST",
                last,
                StringComparison.Ordinal
            )
        );
        JsonObject pod = await client.GetAsync(new ObjectReference("v1", "Pod", request.Namespace, "web-1-x"), Token);
        await EventAsync(client, pod, "Unhealthy", "Readiness probe failed: connection refused", "Warning");
        await failing;

        log.All.SelectMany(told => told.Causes)
            .Where(cause => cause.Reason != "NotReady")
            .DistinctBy(cause => cause.Identity)
            .Should()
            .ContainSingle()
            .Which.Should()
            .Match<CauseDocument>(cause =>
                cause.Reason == reason && cause.Message == message && cause.Pod == "web-1-x" && cause.Container == "app"
            );
    }

    [Fact]
    public async Task The_two_words_for_an_image_that_cannot_be_pulled_are_one_cause()
    {
        using KubernetesClient client = await server.ConnectAsync();
        DeliveryRequest request = WebWithin(TimeSpan.FromSeconds(4));
        var log = new ProgressLog();
        Task<PlatformException> failing = FailAsync(client, request, log);
        JsonObject deployment = await WebAsync(client, request);
        string pulling = NoImage
            .Replace("ImagePullBackOff", "ErrImagePull", StringComparison.Ordinal)
            .Replace("Back-off pulling image x", "x: not found", StringComparison.Ordinal);
        await MakePodAsync(client, deployment, pulling);
        while (!log.All.Any(told => told.Causes.Count > 0))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }

        await client.PatchAsync(
            new ObjectReference("v1", "Pod", request.Namespace, "web-1-x"),
            PatchKind.Merge,
            new JsonObject { ["status"] = new JsonObject { ["containerStatuses"] = JsonNode.Parse(NoImage) } },
            new WriteOptions { Subresource = "status" },
            Token
        );
        await failing;

        log.All.SelectMany(told => told.Causes)
            .DistinctBy(cause => cause.Identity)
            .Should()
            .ContainSingle()
            .Which.Should()
            .Match<CauseDocument>(cause => cause.Reason == "ErrImagePull" && cause.Message == "x: not found");
    }

    [Fact]
    public async Task A_few_restarts_are_no_failure()
    {
        using KubernetesClient client = await server.ConnectAsync();
        DeliveryRequest request = WebWithin(TimeSpan.FromSeconds(2));
        Task<PlatformException> failing = FailAsync(client, request, new ProgressLog());
        JsonObject deployment = await WebAsync(client, request);

        await MakePodAsync(client, deployment, Crashing.Replace("RESTARTS", "2", StringComparison.Ordinal));

        (await failing).Kind.Should().Be(FailureKind.NotReadyInTime);
    }

    [Fact]
    public async Task An_image_that_cannot_be_pulled_fails_within_a_minute()
    {
        using KubernetesClient client = await server.ConnectAsync();
        DeliveryRequest request = WebWithin(TimeSpan.FromHours(5));
        var time = new FastTime();
        var options = new DirectDeliveryOptions { TimeProvider = time };
        long began = time.GetTimestamp();
        Task<PlatformException> failing = FailAsync(client, request, new ProgressLog(), options);
        JsonObject deployment = await WebAsync(client, request);

        await MakePodAsync(client, deployment, NoImage);
        PlatformException fault = await failing;

        fault.Kind.Should().Be(FailureKind.Failed);
        fault.Message.Should().Contain("ImagePullBackOff: Back-off pulling image x");
        time.GetElapsedTime(began).Should().BeGreaterThan(TimeSpan.FromSeconds(45));
    }

    [Fact]
    public async Task A_deployment_past_its_progress_deadline_fails_and_heals_with_the_next_delivery()
    {
        using KubernetesClient client = await server.ConnectAsync();
        DeliveryRequest request = WebWithin(TimeSpan.FromMinutes(30));
        Task<PlatformException> failing = FailAsync(client, request, new ProgressLog());
        JsonObject deployment = await WebAsync(client, request);
        var reference = ObjectReference.Of(deployment);
        JsonObject failed = ReadyStatus(deployment);
        failed.Child("status")!["readyReplicas"] = 0;
        failed.Child("status")!["availableReplicas"] = 0;
        failed.Child("status").Items("conditions").Last()["reason"] = "ProgressDeadlineExceeded";
        failed.Child("status").Items("conditions").Last()["status"] = "False";
        var onStatus = new WriteOptions { Subresource = "status" };
        await client.PatchAsync(reference, PatchKind.Merge, failed, onStatus, Token);
        PlatformException fault = await failing;

        var log = new ProgressLog();
        Task<DeliveryResult> again = new DirectDelivery(client).DeliverAsync(request, log, Token);
        while (!log.Phases("web").Contains(ServicePhase.Waiting))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }
        await client.PatchAsync(reference, PatchKind.Merge, ReadyStatus(deployment), onStatus, Token);

        fault.Kind.Should().Be(FailureKind.Failed);
        fault.Message.Should().Contain("condition Progressing=False: ProgressDeadlineExceeded");
        (await again).Changes.Should().OnlyContain(change => change.Change == ChangeKind.Unchanged);
    }

    [Fact]
    public async Task Objects_that_are_refused_are_told_together()
    {
        using KubernetesClient client = await server.ConnectAsync();
        JsonObject bad = PortService("bad");
        bad.Child("spec")!["type"] = "Nonsense";
        JsonObject worse = PortService("worse");
        worse.Child("spec")!["type"] = "Rubbish";
        DeliveryRequest request = Request(
            NewName(),
            Service("web", bad, worse, DeploymentOf("web")),
            Service("other", ConfigMap("fine"))
        );
        var log = new ProgressLog();

        PlatformException fault = await FailAsync(client, request, log);

        fault.Kind.Should().Be(FailureKind.InvalidInput);
        fault.Message.Should().Contain("web: 2 objects were refused.").And.Contain("/bad: ").And.Contain("/worse: ");
        log.Phases("other").Should().EndWith(ServicePhase.Ready);
        (await client.FindAsync(new ObjectReference("apps/v1", "Deployment", request.Namespace, "web"), Token))
            .Should()
            .BeNull("a wave waits for the one before");
        Func<Task> plan = () => new DirectDelivery(client).PlanAsync(request, Token);
        (await plan.Should().ThrowAsync<PlatformException>()).Which.Message.Should().Contain("refuses 2 objects");
    }

    [Fact]
    public async Task Faults_of_a_request_are_told_together_before_anything_is_done()
    {
        using KubernetesClient client = await server.ConnectAsync();
        DeliveryRequest request = Request(
            NewName(),
            Service("web", ConfigMap("a"), new JsonObject { ["kind"] = "Secret" }) with
            {
                DependsOn = ["gone"],
            },
            Service("web"),
            Service("other", ConfigMap("a"))
        );
        DeliveryRequest twice = Request(NewName(), Service("web", ConfigMap("a")), Service("other", ConfigMap("a")));
        DeliveryRequest unknown = Request(
            NewName(),
            Service("web", Yamlish("""{"apiVersion":"apps/v1","kind":"Deploymnt","metadata":{"name":"x"}}"""))
        );
        DeliveryRequest system = Request(NewName(), Service("web")) with { Namespace = "kube-system" };

        (await FailAsync(client, request, new ProgressLog()))
            .Message.Should()
            .Contain("services.web.dependsOn: gone is not part of this delivery")
            .And.Contain("services.web: is given twice")
            .And.Contain("services.web.objects[1]: lacks apiVersion and metadata.name");
        PlatformException both = await FailAsync(client, twice, new ProgressLog());
        both.Message.Should().Contain($"services.other: ConfigMap {twice.Namespace}/a is also in web");
        both.Kind.Should().Be(FailureKind.InvalidInput);
        (await FailAsync(client, unknown, new ProgressLog()))
            .Message.Should()
            .Contain("Did you mean apps/v1 Deployment?");
        (await FailAsync(client, system, new ProgressLog()))
            .Message.Should()
            .Contain("kube-system belongs to the cluster");
        (await client.FindAsync(new ObjectReference("v1", "Namespace", null, twice.Namespace), Token))
            .Should()
            .BeNull();
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_and_the_next_delivery_knows_what_was_applied()
    {
        using KubernetesClient client = await server.ConnectAsync();
        DeliveryRequest request = Request(NewName(), Service("web", ConfigMap("a"), DeploymentOf("web")));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<DeliveryResult> delivering = new DirectDelivery(client).DeliverAsync(
            request,
            new ProgressLog(),
            cancel.Token
        );
        await WebAsync(client, request);

        await cancel.CancelAsync();

        await delivering.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
        DeliveryResult next = await new DirectDelivery(client).DeliverAsync(
            request with
            {
                Services = [Service("web", ConfigMap("b"))],
            },
            new ProgressLog(),
            Token
        );
        next.Changes.Where(change => change.Change == ChangeKind.Pruned)
            .Select(change => change.Kind)
            .Should()
            .BeEquivalentTo("ConfigMap", "Deployment");
    }

    /// <summary>One Deployment that nobody makes ready.</summary>
    private static DeliveryRequest WebWithin(TimeSpan timeout) =>
        Request(NewName(), Service("web", DeploymentOf("web")) with { Timeout = timeout });

    private static Task<JsonObject> WebAsync(KubernetesClient client, DeliveryRequest request) =>
        AppearAsync(client, new ObjectReference("apps/v1", "Deployment", request.Namespace, "web"));

    private static async Task<PlatformException> FailAsync(
        KubernetesClient client,
        DeliveryRequest request,
        ProgressLog log,
        DirectDeliveryOptions? options = null
    )
    {
        Func<Task> deliver = () => new DirectDelivery(client, options).DeliverAsync(request, log, Token);
        return (await deliver.Should().ThrowAsync<PlatformException>()).Which;
    }

    private static Task<JsonObject> EventAsync(
        KubernetesClient client,
        JsonObject about,
        string reason,
        string message,
        string type = "Normal"
    ) =>
        client.CreateAsync(
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Event",
                ["metadata"] = new JsonObject
                {
                    ["generateName"] = "e-",
                    ["namespace"] = about.Metadata().Text("namespace"),
                },
                ["involvedObject"] = new JsonObject
                {
                    ["apiVersion"] = about.Text("apiVersion"),
                    ["kind"] = about.Text("kind"),
                    ["namespace"] = about.Metadata().Text("namespace"),
                    ["name"] = about.Metadata().Text("name"),
                    ["uid"] = about.Uid(),
                },
                ["type"] = type,
                ["reason"] = reason,
                ["message"] = message,
            },
            null,
            Token
        );
}
