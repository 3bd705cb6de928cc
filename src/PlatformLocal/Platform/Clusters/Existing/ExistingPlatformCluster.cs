using Microsoft.Extensions.Logging;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Clusters.Existing;

/// <summary>A cluster that was there before the platform, by its kubeconfig.</summary>
internal sealed class ExistingPlatformCluster(StateFolder state, PlatformSettings settings, TimeProvider time)
    : ICluster
{
    /// <summary>Asks whether a cluster that the platform did not make may be used.</summary>
    /// <value>Nobody can be asked unless set.</value>
    public Func<ExistingClusterDescription, CancellationToken, Task<bool>> Confirm { get; init; } =
        (_, _) => Task.FromResult(false);

    public ClusterKind Kind => ClusterKind.Existing;

    public bool IsSimulated => false;

    public bool OutlivesPlatform => true;

    public bool HasOthersBeside => false;

    public PlaybookCluster Playbooks => new(settings.Kubeconfig, settings.Context);

    public async Task EnsureAsync(Action<string> report, CancellationToken cancellationToken)
    {
        var (client, cluster) = Open();
        using (client)
        {
            await cluster.AllowAsync(state.Platform, Confirm, cancellationToken);
        }

        state.WriteSettings(settings);
    }

    public Task<KubernetesClient> ConnectAsync(CancellationToken cancellationToken) => Task.FromResult(Open().Client);

    public async Task<OpenCluster> OpenAsync(ILoggerFactory loggers, CancellationToken cancellationToken) =>
        new(await ConnectAsync(cancellationToken));

    public async Task RemoveAsync(Action<string> report, CancellationToken cancellationToken)
    {
        var (client, cluster) = Open();
        using (client)
        {
            await cluster.ForgetAsync(state.Platform, cancellationToken);
        }
    }

    private (KubernetesClient Client, ExistingCluster Cluster) Open() =>
        ExistingCluster.Open(settings.Kubeconfig, settings.Context, time);
}
