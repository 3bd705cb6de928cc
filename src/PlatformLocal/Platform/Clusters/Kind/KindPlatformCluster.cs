using Microsoft.Extensions.Logging;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>A Kind cluster that the platform makes and deletes.</summary>
internal sealed class KindPlatformCluster(
    StateFolder state,
    PlatformSettings settings,
    ProgramRunner programs,
    TimeProvider time
) : ICluster
{
    private readonly KindClusters _clusters = new(programs, time);

    public ClusterKind Kind => ClusterKind.Kind;

    public bool IsSimulated => false;

    public bool OutlivesPlatform => false;

    public bool HasOthersBeside => true;

    public PlaybookCluster Playbooks => new(state.Kubeconfig);

    /// <summary>The Kind cluster's name.</summary>
    public string Name => KindClusterName.Of(state.Platform);

    /// <summary>What it is made with beside the ports.</summary>
    public KindOptions Options { get; } = settings.Kind ?? new KindOptions();

    /// <summary>The ports of the first node that are reached on the host.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<KindPort> Ports { get; init; } = [];

    /// <summary>The cluster as it was found or made.</summary>
    /// <value><see langword="null"/> until <see cref="EnsureAsync"/> is done.</value>
    public KindCluster? Made { get; private set; }

    /// <summary>How long making it, and the wait for its nodes, may take.</summary>
    public TimeSpan Timeout => Spec.Timeout;

    /// <summary>How many nodes its configuration has.</summary>
    public int Nodes => KindConfiguration.Of(Spec).Nodes;

    private KindClusterSpec Spec =>
        new()
        {
            Platform = state.Platform,
            Configuration = Options.Configuration ?? KindDefaults.Configuration,
            NodeImage = Options.NodeImage,
            Ports = Ports,
        };

    public async Task EnsureAsync(Action<string> report, CancellationToken cancellationToken)
    {
        if (state.ReadSettings() is null || !_clusters.IsMade(state.Folder))
        {
            // Before anything is made: a run that is killed must know what to clear away.
            state.WriteSettings(settings);
        }

        Made = await _clusters.EnsureAsync(Spec, state.Folder, report, cancellationToken);
        // Not before: a cluster that is there may have been made with something else, and that is refused.
        state.WriteSettings(settings);
    }

    /// <summary>Waits until every node can run pods.</summary>
    public Task WaitForNodesAsync(Action<string> report, CancellationToken cancellationToken) =>
        _clusters.WaitForNodesAsync(Spec, state.Folder, report, cancellationToken);

    public Task<KubernetesClient> ConnectAsync(CancellationToken cancellationToken) =>
        _clusters.ConnectAsync(state.Platform, state.Folder, cancellationToken);

    public async Task<OpenCluster> OpenAsync(ILoggerFactory loggers, CancellationToken cancellationToken) =>
        new(await ConnectAsync(cancellationToken));

    public Task RemoveAsync(Action<string> report, CancellationToken cancellationToken) =>
        new KindClusters(programs, time, report).DeleteAsync(state.Platform, state.Folder, cancellationToken);
}
