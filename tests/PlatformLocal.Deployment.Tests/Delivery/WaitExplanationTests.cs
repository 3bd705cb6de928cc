using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

/// <summary>A delivery says why it waits while it waits.</summary>
public sealed class WaitExplanationTests : EmbeddedDeliveries
{
    [Fact]
    public async Task An_image_that_cannot_be_pulled_is_told_once()
    {
        IReadOnlyList<CauseDocument> causes = await WaitAsync(4, DeploymentOf("web", "web:missing-1"));

        causes
            .Should()
            .ContainSingle()
            .Which.Should()
            .Match<CauseDocument>(c =>
                c.Subject == "Deployment web"
                && c.Reason == "ImagePullBackOff"
                && c.Container == "app"
                && c.Pod!.Contains("web-")
                && c.Message.Contains("web:missing-1")
            );
    }

    [Fact]
    public async Task A_crash_is_told_with_its_exit_code()
    {
        IReadOnlyList<CauseDocument> causes = await WaitAsync(4, DeploymentOf("web", "web:fail-1"));

        causes
            .Should()
            .OnlyContain(c => c.Reason == "CrashLoopBackOff" && c.Message == "exit code 1" && c.LastLogLine == null);
        causes.Should().ContainSingle("restarts alone are no news");
    }

    [Fact]
    public async Task An_initial_container_is_told_as_one()
    {
        JsonObject web = DeploymentOf("web");
        web["spec"]!["template"]!["spec"]!["initContainers"] = JsonNode.Parse(
            """[{"name":"migrate","image":"migrate:fail-1"}]"""
        );

        IReadOnlyList<CauseDocument> causes = await WaitAsync(2, web);

        causes.Should().Contain(c => c.Init == true && c.Container == "migrate");
        causes[0].ToString().Should().Contain(", init container migrate: ");
    }

    [Fact]
    public async Task Replicas_that_say_the_same_are_told_together()
    {
        JsonObject web = DeploymentOf("web", "web:missing-1");
        web["spec"]!["replicas"] = 3;

        IReadOnlyList<CauseDocument> causes = await WaitAsync(3, web);

        causes.Should().ContainSingle().Which.OtherPods.Should().Be(2);
    }

    [Theory]
    [InlineData("""{"nodeSelector":{"disk":"none"}}""", "FailedScheduling", "node")]
    [InlineData("""{"serviceAccountName":"nobody"}""", "FailedCreate", "nobody")]
    [InlineData(
        """{"volumes":[{"name":"v","secret":{"secretName":"absent"}}]}""",
        "FailedMount",
        "secret \"absent\" not found"
    )]
    [InlineData(
        """{"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"absent"}}]}""",
        "FailedScheduling",
        "absent"
    )]
    [InlineData(
        """{"containers":[{"name":"app","image":"web:1","env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"absent","key":"k"}}}]}]}""",
        "CreateContainerConfigError",
        "absent"
    )]
    public async Task What_a_pod_lacks_is_told(string spec, string reason, string word)
    {
        // A daemon set that fits no node wants no pods, and is ready.
        string[] kinds = spec.Contains("nodeSelector")
            ? ["Deployment", "StatefulSet"]
            : ["Deployment", "StatefulSet", "DaemonSet"];
        foreach (string kind in kinds)
        {
            JsonObject web = WorkloadOf(kind, "web");
            foreach ((string field, JsonNode? value) in Yamlish(spec))
            {
                web["spec"]!["template"]!["spec"]![field] = value?.DeepClone();
            }

            IReadOnlyList<CauseDocument> causes = await WaitAsync(3, web);

            causes.Should().Contain(c => c.Reason == reason && c.Message.Contains(word), kind);
        }
    }

    [Fact]
    public async Task A_volume_claim_that_is_not_bound_is_told_with_why()
    {
        JsonObject claim = Yamlish(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data"},
             "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"absent","resources":{"requests":{"storage":"1Gi"}}}}
            """
        );

        IReadOnlyList<CauseDocument> causes = await WaitAsync(3, claim);

        causes.Should().Contain(c => c.Subject == "PersistentVolumeClaim data" && c.Message.Contains("absent"));
    }

    [Fact]
    public async Task A_job_that_failed_is_told_with_how_its_pods_ended()
    {
        JsonObject job = Yamlish(
            """
            {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"migrate"},
             "spec":{"backoffLimit":1,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"run","image":"m:fail-1"}]}}}}
            """
        );
        var log = new ProgressLog();

        Func<Task> deliver = () =>
            new DirectDelivery(Client).DeliverAsync(Request("shop", Service("web", job)), log, Token);

        (await deliver.Should().ThrowAsync<PlatformException>()).Which.Kind.Should().Be(FailureKind.Failed);
        log.All.SelectMany(told => told.Causes)
            .Should()
            .Contain(c => c.Subject == "Job migrate" && c.Container == "run" && c.Message == "exit code 1");
    }

    [Fact]
    public async Task A_job_that_failed_is_told_with_how_its_pods_ended_when_their_watch_is_behind()
    {
        await using var behind = await LateServer.StartAsync(Cluster, "/pods", "\"terminated\"");
        using KubernetesClient client = behind.Connect();
        JsonObject job = Yamlish(
            """
            {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"migrate"},
             "spec":{"backoffLimit":0,"template":{"spec":{"restartPolicy":"Never","containers":[
               {"name":"run","image":"m:fail-1","envFrom":[{"configMapRef":{"name":"settings"}}]}]}}}}
            """
        );
        var log = new ProgressLog();

        Task<DeliveryResult> delivery = new DirectDelivery(client).DeliverAsync(
            Request("shop", Service("web", job)),
            log,
            Token
        );
        await behind.Watched.WaitAsync(Token);
        await Client.ApplyAsync(ClusterObjects.ConfigMap("env-shop", "settings", "v", "1"), null, Token);
        Func<Task> deliver = () => delivery;

        (await deliver.Should().ThrowAsync<PlatformException>()).Which.Message.Should().Contain("exit code 1");
        behind.HeldBack.Should().BePositive("else this shows nothing");
        log.All.SelectMany(told => told.Causes).Should().Contain(c => c.Message == "exit code 1");
    }

    [Fact]
    public async Task A_pod_that_an_older_template_broke_is_taken_away_when_it_blocks_the_new_one()
    {
        var delivery = new DirectDelivery(Client, new DirectDeliveryOptions { ImagePullPatience = TimeSpan.Zero });
        await delivery.DeliverAsync(Of("db:1"), new ProgressLog(), Token);
        Func<Task> breaking = () => delivery.DeliverAsync(Of("db:missing-1"), new ProgressLog(), Token);
        await breaking.Should().ThrowAsync<PlatformException>();
        JsonObject broken = await PodAsync("db-1");
        var log = new ProgressLog();

        await delivery.DeliverAsync(Of("db:3"), log, Token);

        (await PodAsync("db-1")).Uid().Should().NotBe(broken.Uid());
        (await PodAsync("db-0"))["spec"]!["containers"]![0]!["image"]!.ToString().Should().Be("db:3");
        log.All.SelectMany(told => told.Causes)
            .Should()
            .Contain(c => c.Reason == "OldPodDeleted" && c.Pod == "db-1" && c.Message.Contains("db:missing-1"));

        DeliveryRequest Of(string image) => Request("shop", Service("db", WorkloadOf("StatefulSet", "db", image, 2)));
    }

    [Fact]
    public async Task A_pod_below_the_partition_is_named_by_nobody_and_stays()
    {
        var delivery = new DirectDelivery(Client, new DirectDeliveryOptions { ImagePullPatience = TimeSpan.Zero });
        Func<Task> breaking = () => delivery.DeliverAsync(Of("db:missing-1", 0), new ProgressLog(), Token);
        await breaking.Should().ThrowAsync<PlatformException>();
        JsonObject broken = await PodAsync("db-0");
        var log = new ProgressLog();

        Func<Task> next = () => delivery.DeliverAsync(Of("db:3", 1), log, Token);

        await next.Should().ThrowAsync<PlatformException>();
        (await PodAsync("db-0")).Uid().Should().Be(broken.Uid(), "it would come back from the same template");

        DeliveryRequest Of(string image, int partition)
        {
            JsonObject set = WorkloadOf("StatefulSet", "db", image, 2);
            set["spec"]!["updateStrategy"] = JsonNode.Parse(
                """{"type":"RollingUpdate","rollingUpdate":{"partition":N}}""".Replace("N", $"{partition}")
            );
            return Request("shop", Service("db", set) with { Timeout = TimeSpan.FromSeconds(3) });
        }
    }

    [Fact]
    public async Task A_paused_deployment_is_told_at_once_with_how_to_go_on()
    {
        JsonObject web = DeploymentOf("web");
        web["spec"]!["paused"] = true;
        DeliveryRequest request = Request("shop", Service("web", web) with { Timeout = TimeSpan.FromMinutes(10) });

        PlatformException fault = await FailAsync(request);

        fault.Kind.Should().Be(FailureKind.Failed);
        fault.Message.Should().Contain("is paused: 0 of 1 replicas are of its template");
        fault.NextStep.Should().Contain("Take spec.paused out of the manifest of Deployment web");
    }

    [Fact]
    public async Task A_paused_deployment_that_is_as_it_should_be_is_ready()
    {
        JsonObject web = DeploymentOf("web");
        await new DirectDelivery(Client).DeliverAsync(Request("shop", Service("web", web)), new ProgressLog(), Token);
        web["spec"]!["paused"] = true;

        Func<Task> pause = () =>
            new DirectDelivery(Client).DeliverAsync(Request("shop", Service("web", web)), new ProgressLog(), Token);

        await pause.Should().NotThrowAsync();
    }

    [Fact]
    public async Task Whoever_joins_a_delivery_waits_from_then_on()
    {
        var clock = new WaitClock(TimeProvider.System);
        DeliveryRequest request = Request(
            "shop",
            Service("web", DeploymentOf("web", "web:missing-1")) with
            {
                Timeout = TimeSpan.FromSeconds(3),
            }
        ) with
        {
            Clock = clock,
        };
        long began = TimeProvider.System.GetTimestamp();
        Task<PlatformException> failing = FailAsync(request);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, Token);

        clock.Restart();
        await failing;

        TimeProvider.System.GetElapsedTime(began).Should().BeGreaterThan(TimeSpan.FromSeconds(4.9));
    }

    [Fact]
    public async Task A_namespace_that_does_not_go_says_what_holds_it_while_it_is_waited_for()
    {
        JsonObject held = ConfigMap("held");
        held.Metadata()!["finalizers"] = new JsonArray("example.test/hold");
        DeliveryRequest request = Request("shop", Service("web", held));
        var delivery = new DirectDelivery(Client);
        await delivery.DeliverAsync(request, new ProgressLog(), Token);
        var removal = new List<CauseDocument>();
        Task removing = delivery.RemoveAsync("shop", request.Namespace, removal.AddRange, Token);
        await TerminatingAsync(request.Namespace);
        var log = new ProgressLog();
        Task again = delivery.DeliverAsync(Request("shop", Service("web", ConfigMap("free"))), log, Token);
        while (!log.All.Any(told => told.Causes.Count > 0))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }

        await Client.PatchAsync(
            new ObjectReference("v1", "ConfigMap", request.Namespace, "held"),
            PatchKind.Merge,
            Yamlish("""{"metadata":{"finalizers":null}}"""),
            null,
            Token
        );
        await removing;
        await again;

        CauseDocument told = log.All.First(one => one.Causes.Count > 0).Causes.Single();
        told.Subject.Should().Be("Namespace env-shop");
        told.Message.Should()
            .Contain("ConfigMap held waits for the finalizer example.test/hold")
            .And.Contain("SomeResourcesRemain")
            .And.Contain("SomeFinalizersRemain");
        removal.Should().Contain(cause => cause.Message.Contains("example.test/hold"));
    }

    private static JsonObject WorkloadOf(string kind, string name, string image = "web:1", int replicas = 1)
    {
        JsonObject made = DeploymentOf(name, image);
        made["kind"] = kind;
        made["spec"]!["replicas"] = replicas;
        if (kind == "StatefulSet")
        {
            made["spec"]!["serviceName"] = name;
        }
        else if (kind == "DaemonSet")
        {
            ((JsonObject)made["spec"]!).Remove("replicas");
        }
        return made;
    }

    /// <summary>Delivers what does not get ready, and waits for its timeout.</summary>
    /// <returns>The causes that were told, each once, in the order in which they appeared.</returns>
    private async Task<IReadOnlyList<CauseDocument>> WaitAsync(double seconds, params JsonObject[] objects)
    {
        var log = new ProgressLog();
        DeliveryRequest request = Request(
            NewName(),
            Service("web", objects) with
            {
                Timeout = TimeSpan.FromSeconds(seconds),
            }
        );
        var options = new DirectDeliveryOptions { CrashLoopRestarts = 100 };
        Func<Task> deliver = () => new DirectDelivery(Client, options).DeliverAsync(request, log, Token);
        (await deliver.Should().ThrowAsync<PlatformException>()).Which.Kind.Should().Be(FailureKind.NotReadyInTime);
        CauseDocument[] all = [.. log.All.Where(told => told.Service == "web").SelectMany(told => told.Causes)];
        // Of each its last state: counts grow.
        return [.. all.Reverse().DistinctBy(cause => cause.Identity).Reverse()];
    }

    private async Task<PlatformException> FailAsync(DeliveryRequest request)
    {
        Func<Task> deliver = () => new DirectDelivery(Client).DeliverAsync(request, new ProgressLog(), Token);
        return (await deliver.Should().ThrowAsync<PlatformException>()).Which;
    }

    private Task<JsonObject> PodAsync(string name) =>
        Client.GetAsync(new ObjectReference("v1", "Pod", "env-shop", name), Token);

    private async Task TerminatingAsync(string name)
    {
        while (!(await Client.GetAsync(new ObjectReference("v1", "Namespace", null, name), Token)).IsTerminating())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }
    }
}
