using PlatformLocal.Client;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

public sealed class DeliveryOrderTests(RealApiServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_is_applied_when_those_it_depends_on_are_ready()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        DeliveryRequest request = Request(
            name,
            Service("shop", ConfigMap("shop"), DeploymentOf("shop")) with
            {
                DependsOn = ["auth", "db"],
            },
            Service("auth", DeploymentOf("auth")) with
            {
                DependsOn = ["db"],
            },
            Service("db", DeploymentOf("db"))
        );
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task controller = KeepDeploymentsReadyAsync(client, request.Namespace, over.Token);
        var log = new ProgressLog();

        DeliveryResult result = await new DirectDelivery(client).DeliverAsync(request, log, Token);

        log.All.Where(told => told.Phase is ServicePhase.Applying or ServicePhase.Ready)
            .Select(told => $"{told.Service} {told.Phase}")
            .Should()
            .Equal("db Applying", "db Ready", "auth Applying", "auth Ready", "shop Applying", "shop Ready");
        log.All.Should()
            .Contain(told =>
                told.Service == "shop" && told.Phase == ServicePhase.Pending && told.Message == "waits for auth, db"
            );
        result.Changes.Select(change => change.Name).Should().Equal($"env-{name}", "shop", "shop", "auth", "db");
        await over.CancelAsync();
        await controller;
    }

    [Fact]
    public async Task Services_that_depend_on_each_other_are_applied_together()
    {
        using KubernetesClient client = await server.ConnectAsync();
        DeliveryRequest request = Request(
            NewName(),
            Service("a", ConfigMap("a"), DeploymentOf("a")) with
            {
                DependsOn = ["b", "a"],
            },
            Service("b", ConfigMap("b"), DeploymentOf("b")) with
            {
                DependsOn = ["a", "base"],
            },
            Service("base", ConfigMap("base")),
            Service("late", ConfigMap("late")) with
            {
                DependsOn = ["a"],
            }
        );
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task controller = KeepDeploymentsReadyAsync(client, request.Namespace, over.Token);
        var log = new ProgressLog();

        await new DirectDelivery(client).DeliverAsync(request, log, Token);

        string[] order =
        [
            .. log
                .All.Where(told => told.Phase is ServicePhase.Applying or ServicePhase.Ready)
                .Select(told => $"{told.Service} {told.Phase}"),
        ];
        order[..2].Should().Equal("base Applying", "base Ready");
        order[2..4].Should().BeEquivalentTo("a Applying", "b Applying");
        order.Should().ContainInOrder("a Ready", "late Applying", "late Ready");
        await over.CancelAsync();
        await controller;
    }

    [Fact]
    public async Task Within_a_service_configuration_comes_before_workloads()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        DeliveryRequest request = Request(
            name,
            Service("web", Autoscaler("web"), DeploymentOf("web"), PortService("web"), ConfigMap("web"), Account("web"))
        );
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task controller = KeepDeploymentsReadyAsync(client, request.Namespace, over.Token);

        await new DirectDelivery(client).DeliverAsync(request, new ProgressLog(), Token);

        ulong account = await VersionAsync(client, "v1", "ServiceAccount", request.Namespace);
        ulong map = await VersionAsync(client, "v1", "ConfigMap", request.Namespace);
        ulong service = await VersionAsync(client, "v1", "Service", request.Namespace);
        ulong autoscaler = await VersionAsync(client, "autoscaling/v1", "HorizontalPodAutoscaler", request.Namespace);
        Math.Max(account, map).Should().BeLessThan(service);
        service.Should().BeLessThan(autoscaler);
        await over.CancelAsync();
        await controller;
    }

    [Fact]
    public void Groups_come_after_those_they_depend_on_even_in_a_long_chain()
    {
        ServiceDelivery[] services =
        [
            .. Enumerable
                .Range(0, 20_000)
                .Select(i => Service($"s{i}") with { DependsOn = i == 19_999 ? [] : [$"s{i + 1}"] }),
        ];

        IReadOnlyList<ServiceGroup> groups = ServiceGraph.Order(services);

        groups.Should().HaveCount(20_000);
        groups[0].Members.Should().Equal("s19999");
        groups[^1].Members.Should().Equal("s0");
    }

    [Fact]
    public void Two_circles_that_touch_are_one_group()
    {
        IReadOnlyList<ServiceGroup> groups = ServiceGraph.Order([
            Service("a") with
            {
                DependsOn = ["b"],
            },
            Service("b") with
            {
                DependsOn = ["a", "c"],
            },
            Service("c") with
            {
                DependsOn = ["d"],
            },
            Service("d") with
            {
                DependsOn = ["c", "b"],
            },
            Service("e") with
            {
                DependsOn = ["d"],
            },
        ]);

        groups.Should().HaveCount(2);
        groups[0].Members.Should().BeEquivalentTo("a", "b", "c", "d");
        groups[0].DependsOn.Should().BeEmpty();
        groups[1].DependsOn.Should().Equal("d");
    }

    private static System.Text.Json.Nodes.JsonObject Autoscaler(string name) =>
        Yamlish(
            """
            {"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"name":"NAME"},
             "spec":{"maxReplicas":2,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"NAME"}}}
            """.Replace("NAME", name, StringComparison.Ordinal)
        );

    private static System.Text.Json.Nodes.JsonObject Account(string name) =>
        Yamlish(
            """{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"NAME"}}""".Replace(
                "NAME",
                name,
                StringComparison.Ordinal
            )
        );

    private static async Task<ulong> VersionAsync(
        KubernetesClient client,
        string apiVersion,
        string kind,
        string target
    )
    {
        var item = await client.GetAsync(new ObjectReference(apiVersion, kind, target, "web"), Token);
        return ulong.Parse(item.ResourceVersion()!);
    }
}
