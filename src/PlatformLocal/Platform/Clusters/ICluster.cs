using Microsoft.Extensions.Logging;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Clusters;

/// <summary>The cluster of one platform, whatever it is made of.</summary>
public interface ICluster
{
    /// <summary>What it is made of.</summary>
    ClusterKind Kind { get; }

    /// <summary>Whether workloads are simulated: then nothing is executed.</summary>
    bool IsSimulated { get; }

    /// <summary>Whether it was there before the platform and stays behind it: what the platform put into it goes piece by piece.</summary>
    bool OutlivesPlatform { get; }

    /// <summary>Whether environments can have clusters of their own beside it.</summary>
    bool HasOthersBeside { get; }

    /// <summary>The cluster as Ansible gets it.</summary>
    PlaybookCluster Playbooks { get; }

    /// <summary>Makes sure that the cluster is there and that the platform may use it.</summary>
    /// <param name="report">Is told what is done just now.</param>
    /// <param name="cancellationToken">Stops; the next call goes on.</param>
    /// <exception cref="PlatformException">It cannot be made, is somebody else's, or nobody allowed its use.</exception>
    Task EnsureAsync(Action<string> report, CancellationToken cancellationToken);

    /// <summary>A client, over the way that works from here just now.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The cluster cannot be reached, or is not known.</exception>
    Task<KubernetesClient> ConnectAsync(CancellationToken cancellationToken);

    /// <summary>The cluster for the process that serves the platform: an embedded one lives in it.</summary>
    /// <param name="loggers">Where one that lives in this process logs.</param>
    /// <param name="cancellationToken">Breaks the start off.</param>
    /// <exception cref="PlatformException">The cluster cannot be started or reached.</exception>
    Task<OpenCluster> OpenAsync(ILoggerFactory loggers, CancellationToken cancellationToken);

    /// <summary>Removes the cluster; of one that stays, the mark that the platform uses it.</summary>
    /// <param name="report">Is told what is done just now.</param>
    /// <param name="cancellationToken">Stops waiting; the next call goes on.</param>
    /// <exception cref="PlatformException">It is somebody else's, or it cannot be removed.</exception>
    Task RemoveAsync(Action<string> report, CancellationToken cancellationToken);
}

/// <summary>A cluster as the serving process has it.</summary>
/// <param name="Client">A client of it.</param>
/// <param name="Host">What of it lives in this process; <see langword="null"/> when nothing does.</param>
public sealed record OpenCluster(KubernetesClient Client, IAsyncDisposable? Host = null)
{
    /// <summary>Starts, if need be, the registry that lives with it; <see langword="null"/> where the workspace's is used.</summary>
    public Func<CancellationToken, Task<ClusterRegistry>>? Registry { get; init; }
}
