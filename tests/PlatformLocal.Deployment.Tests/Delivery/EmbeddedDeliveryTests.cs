using System.Diagnostics;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

/// <summary>Deliveries to the embedded cluster, where controllers run: everything from applying to readiness by itself.</summary>
public sealed class EmbeddedDeliveryTests : EmbeddedDeliveries
{
    [Fact]
    public async Task An_environment_of_sixty_objects_is_delivered_repeated_changed_and_removed()
    {
        var delivery = new DirectDelivery(Client);
        DeliveryRequest request = Request("shop", [.. Enumerable.Range(0, 12).Select(FullService)]);
        await Client.GetVersionAsync(Token);

        (DeliveryResult first, TimeSpan firstTime) = await TimeAsync(() =>
            delivery.DeliverAsync(request, new ProgressLog(), Token)
        );
        (DeliveryResult again, TimeSpan againTime) = await TimeAsync(() =>
            delivery.DeliverAsync(request, new ProgressLog(), Token)
        );
        (IReadOnlyList<ObjectChange> plan, TimeSpan planTime) = await TimeAsync(() =>
            delivery.PlanAsync(request, Token)
        );
        DeliveryResult fewer = await delivery.DeliverAsync(
            request with
            {
                Services = [.. request.Services.Take(11)],
            },
            new ProgressLog(),
            Token
        );
        (_, TimeSpan removeTime) = await TimeAsync(async () =>
        {
            await delivery.RemoveAsync("shop", request.Namespace, Token);
            return 0;
        });

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"first {firstTime.TotalMilliseconds:0} ms, again {againTime.TotalMilliseconds:0} ms, plan {planTime.TotalMilliseconds:0} ms, remove {removeTime.TotalMilliseconds:0} ms"
        );
        first.Changes.Should().OnlyContain(change => change.Change == ChangeKind.Created).And.HaveCount(61);
        again.Changes.Should().OnlyContain(change => change.Change == ChangeKind.Unchanged);
        plan.Should().OnlyContain(change => change.Change == ChangeKind.Unchanged);
        fewer.Changes.Count(change => change.Change == ChangeKind.Pruned).Should().Be(5);
        (await Client.FindAsync(new ObjectReference("v1", "Namespace", null, request.Namespace), Token))
            .Should()
            .BeNull();
        firstTime.Should().BeLessThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_crashing_image_fails_its_service_with_the_pods_own_words()
    {
        var delivery = new DirectDelivery(Client, new DirectDeliveryOptions { CrashLoopRestarts = 0 });
        DeliveryRequest request = Request(
            "shop",
            Service("web", DeploymentOf("web", "registry.local/web:fail-1")) with
            {
                Timeout = TimeSpan.FromMinutes(2),
            }
        );

        Func<Task> deliver = () => delivery.DeliverAsync(request, new ProgressLog(), Token);

        PlatformException fault = (await deliver.Should().ThrowAsync<PlatformException>()).Which;
        fault.Kind.Should().Be(FailureKind.Failed);
        fault.Message.Should().Contain("CrashLoopBackOff").And.Contain("pod web-");
        TestContext.Current.TestOutputHelper?.WriteLine(fault.Message + "\n" + fault.NextStep);
    }

    [Fact]
    public async Task A_missing_image_fails_its_service_when_patience_ends()
    {
        var delivery = new DirectDelivery(
            Client,
            new DirectDeliveryOptions { ImagePullPatience = TimeSpan.FromMilliseconds(300) }
        );
        DeliveryRequest request = Request(
            "shop",
            Service("web", DeploymentOf("web", "registry.local/web:missing-1")) with
            {
                Timeout = TimeSpan.FromMinutes(2),
            }
        );

        Func<Task> deliver = () => delivery.DeliverAsync(request, new ProgressLog(), Token);

        PlatformException fault = (await deliver.Should().ThrowAsync<PlatformException>()).Which;
        fault.Message.Should().MatchRegex("ErrImagePull|ImagePullBackOff").And.Contain("registry.local/web:missing-1");
        TestContext.Current.TestOutputHelper?.WriteLine(fault.Message + "\n" + fault.NextStep);
    }

    [Fact]
    public async Task A_broken_version_is_replaced_by_a_good_one_without_blaming_the_old_pods()
    {
        var delivery = new DirectDelivery(Client, new DirectDeliveryOptions { CrashLoopRestarts = 0 });
        DeliveryRequest bad = Request("shop", Service("web", DeploymentOf("web", "registry.local/web:fail-1")));
        Func<Task> deliver = () => delivery.DeliverAsync(bad, new ProgressLog(), Token);
        await deliver.Should().ThrowAsync<PlatformException>();

        DeliveryResult good = await delivery.DeliverAsync(
            Request("shop", Service("web", DeploymentOf("web", "registry.local/web:2"))),
            new ProgressLog(),
            Token
        );

        good.Changes.Should().Contain(change => change.Kind == "Deployment" && change.Change == ChangeKind.Updated);
    }

    [Fact]
    public async Task Every_kind_of_workload_becomes_ready()
    {
        string template = """{"metadata":{"labels":{"app":"x"}},"spec":{"containers":[{"name":"a","image":"i:1"}]}}""";
        DeliveryRequest request = Request(
            "shop",
            Service(
                "all",
                Yamlish(
                    """{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"x"},"spec":{"serviceName":"x","replicas":2,"selector":{"matchLabels":{"app":"x"}},"template":T}}""".Replace(
                        "T}",
                        template + "}",
                        StringComparison.Ordinal
                    )
                ),
                Yamlish(
                    """{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"x"},"spec":{"selector":{"matchLabels":{"app":"x"}},"template":T}}""".Replace(
                        "T}",
                        template + "}",
                        StringComparison.Ordinal
                    )
                ),
                Yamlish(
                    """{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"x"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"a","image":"i:1"}]}}}}"""
                ),
                Yamlish(
                    """{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"x"},"spec":{"schedule":"* * * * *","jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"a","image":"i:1"}]}}}}}}"""
                ),
                Yamlish(
                    """{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"x"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}"""
                ),
                Yamlish(
                    """{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"x"},"spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"StatefulSet","name":"x"},"maxReplicas":3}}"""
                ),
                ClusterObjects.Definition("shop.example", "Gadget"),
                Yamlish("""{"apiVersion":"shop.example/v1","kind":"Gadget","metadata":{"name":"x"}}""")
            )
        );
        var delivery = new DirectDelivery(Client);

        DeliveryResult result = await delivery.DeliverAsync(request, new ProgressLog(), Token);
        DeliveryResult again = await delivery.DeliverAsync(request, new ProgressLog(), Token);
        IReadOnlyList<ObjectChange> plan = await delivery.PlanAsync(request, Token);

        result.Changes.Should().HaveCount(9).And.OnlyContain(change => change.Change == ChangeKind.Created);
        again.Changes.Should().OnlyContain(change => change.Change == ChangeKind.Unchanged);
        plan.Should().OnlyContain(change => change.Change == ChangeKind.Unchanged);
    }

    private static ServiceDelivery FullService(int number)
    {
        string name = $"service-{number}";
        return Service(
            name,
            ConfigMap(name),
            Yamlish(
                """{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"NAME"}}""".Replace(
                    "NAME",
                    name,
                    StringComparison.Ordinal
                )
            ),
            PortService(name),
            DeploymentOf(name),
            Yamlish(
                """
                {"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"NAME"},
                 "spec":{"defaultBackend":{"service":{"name":"NAME","port":{"number":80}}}}}
                """.Replace("NAME", name, StringComparison.Ordinal)
            )
        ) with
        {
            DependsOn = number % 4 == 0 ? [] : [$"service-{number - 1}"],
        };
    }

    private static async Task<(T Result, TimeSpan Time)> TimeAsync<T>(Func<Task<T>> action)
    {
        long began = Stopwatch.GetTimestamp();
        T result = await action();
        return (result, Stopwatch.GetElapsedTime(began));
    }
}
