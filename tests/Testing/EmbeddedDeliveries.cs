using EmbeddedKubernetes;
using PlatformLocal.Client;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;

namespace PlatformLocal.Testing;

/// <summary>Tests that deliver to an embedded cluster of their own, where controllers run.</summary>
public abstract class EmbeddedDeliveries : IAsyncLifetime
{
    private EmbeddedCluster? _cluster;
    private KubernetesClient? _client;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected EmbeddedCluster Cluster => _cluster!;

    protected KubernetesClient Client => _client!;

    protected DirectDelivery Delivery => new(Client);

    public async ValueTask InitializeAsync()
    {
        _cluster = await EmbeddedCluster.StartAsync(
            new EmbeddedClusterOptions { PodStartDelay = TimeSpan.Zero },
            Token
        );
        _client = KubernetesClient.FromKubeconfig(_cluster.KubeconfigPath);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    protected Task<DeliveryResult> DeliverAsync(DeliveryRequest request) =>
        Delivery.DeliverAsync(request, new ProgressLog(), Token);

    protected Task<IReadOnlyList<ObjectChange>> RemoveAsync(string name) =>
        Delivery.RemoveAsync(name, $"env-{name}", Token);
}
