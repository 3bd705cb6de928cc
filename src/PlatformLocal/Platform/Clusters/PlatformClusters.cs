using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters.Embedded;
using PlatformLocal.Platform.Clusters.Existing;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Clusters;

/// <summary>The one place that makes clusters of what platforms were made with.</summary>
public static class PlatformClusters
{
    /// <summary>The cluster of a platform.</summary>
    /// <param name="state">The platform's state folder.</param>
    /// <param name="settings">What it is made with.</param>
    /// <param name="programs">Runs docker and kind.</param>
    /// <param name="time">The clock of waits.</param>
    /// <param name="confirm">Asks whether a cluster that was there before may be used; nobody is asked when <see langword="null"/>.</param>
    public static ICluster Of(
        StateFolder state,
        PlatformSettings settings,
        ProgramRunner programs,
        TimeProvider time,
        Func<ExistingClusterDescription, CancellationToken, Task<bool>>? confirm = null
    ) =>
        settings.Cluster == ClusterKind.Kind
            ? new KindPlatformCluster(state, settings, programs, time)
            {
                Ports = settings.IsApiInCluster ? [new KindPort(KindDefaults.PlatformApiPort)] : [],
            }
        : settings.Cluster == ClusterKind.Existing
            ? confirm is null ? new ExistingPlatformCluster(state, settings, time)
                : new ExistingPlatformCluster(state, settings, time) { Confirm = confirm }
        : new EmbeddedPlatformCluster(state, time);
}
