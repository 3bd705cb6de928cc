using EmbeddedKubernetes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Delivery;

public sealed class EnvironmentObjectsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_belongs_to_the_environment_is_there_before_any_service_and_pruned_when_it_is_dropped()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using var client = KubernetesClient.FromKubeconfig(cluster.KubeconfigPath);
        var delivery = new DirectDelivery(client);
        var own = new ObjectReference("v1", "ConfigMap", "env-shop", "own");
        bool wasThere = false;
        var service = Deliveries.Service("web", Deliveries.ConfigMap("web")) with
        {
            AfterReady = async (_, token) => wasThere = await client.FindAsync(own, token) is not null,
        };
        var request = Deliveries.Request("shop", service) with { Objects = [Deliveries.ConfigMap("own")] };

        var first = await delivery.DeliverAsync(request, new ProgressLog(), Token);
        var second = await delivery.DeliverAsync(request with { Objects = [] }, new ProgressLog(), Token);

        wasThere.Should().BeTrue();
        first.Changes.Single(c => c.Name == "own").Service.Should().BeEmpty();
        second.Changes.Single(c => c.Name == "own").Change.Should().Be(ChangeKind.Pruned);
        (await client.FindAsync(own, Token)).Should().BeNull();
    }

    [Fact]
    public async Task A_service_is_ready_only_after_what_remains_to_be_done()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using var client = KubernetesClient.FromKubeconfig(cluster.KubeconfigPath);
        var progress = new ProgressLog();
        var first = Deliveries.Service("first", Deliveries.ConfigMap("first")) with
        {
            AfterReady = (report, _) =>
            {
                report("half done");
                throw new PlatformException("The rest went wrong.", "Put it right.");
            },
        };
        var second = Deliveries.Service("second", Deliveries.ConfigMap("second")) with { DependsOn = ["first"] };

        var deliver = () =>
            new DirectDelivery(client).DeliverAsync(Deliveries.Request("shop", first, second), progress, Token);

        var fault = (await deliver.Should().ThrowAsync<PlatformException>()).Which;
        fault.Message.Should().Contain("first: The rest went wrong.").And.Contain("second: was not applied");
        fault.NextStep.Should().Contain("Put it right.");
        progress.All.Should().Contain(new ServiceProgress("first", ServicePhase.Waiting, "half done"));
        progress.Phases("first").Should().EndWith(ServicePhase.Failed);
    }
}
