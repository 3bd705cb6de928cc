using PlatformLocal.Kubernetes.Files;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>Makes, reuses, lists and deletes Kind clusters with the programs <c>kind</c> and <c>docker</c>.</summary>
/// <remarks>
/// Whose a cluster is, the platform's state folder and a marker in the cluster say. The user's own kubeconfig is never
/// read nor written.
/// </remarks>
/// <param name="programs">Runs programs.</param>
/// <param name="time">The clock of waits.</param>
/// <param name="warn">Is told which damaged file was set aside; nobody is when <see langword="null"/>.</param>
public sealed class KindClusters(ProgramRunner programs, TimeProvider time, Action<string>? warn = null)
{
    private readonly KindProgram _kind = new(programs);
    private readonly DockerProgram _docker = new(programs);
    private readonly KindReadiness _readiness = new(programs, time);
    private readonly KindOwners _owners = new(programs, time, warn ?? (_ => { }));
    private readonly Action<string> _warn = warn ?? (_ => { });

    /// <summary>A configuration as it is remembered: the name of a built-in one, or a path that means the same everywhere.</summary>
    /// <param name="nameOrPath">The configuration as it was given.</param>
    public static string RememberedConfiguration(string nameOrPath) => KindConfiguration.Remembered(nameOrPath);

    /// <summary>All Kind clusters of the engine, whoever made them.</summary>
    /// <exception cref="PlatformException">The engine is out of reach.</exception>
    internal async Task<IReadOnlyList<KindClusterStatus>> ListAsync(CancellationToken cancellationToken) =>
        [
            .. (await _docker.ListNodesAsync(null, cancellationToken))
                .GroupBy(n => n.Cluster, n => n.Node, StringComparer.Ordinal)
                .Select(g => new KindClusterStatus(g.Key, [.. g])),
        ];

    /// <summary>The same; <see langword="null"/> where no engine answers, which only platforms with a Kind cluster need.</summary>
    internal async Task<IReadOnlyList<KindClusterStatus>?> TryListAsync(
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await ListAsync(cancellationToken);
        }
        catch (PlatformException e)
        {
            report($"Kind clusters could not be looked for: {e.Message.Split('\n')[0]}");
            return null;
        }
    }

    /// <summary>
    /// Makes sure that a platform's cluster is there and its API server answers: makes it, starts it, or leaves it as it
    /// is. Its nodes may still be getting ready: <see cref="WaitForNodesAsync"/>. Whoever calls this holds the lock of the
    /// folder: a <c>kind</c> that works on it nevertheless is what a run that was killed left, and is ended.
    /// </summary>
    /// <param name="spec">The cluster.</param>
    /// <param name="folder">The platform's state folder; gets <c>kubeconfig</c>, for its owner only.</param>
    /// <param name="report">Is told what is done just now.</param>
    /// <param name="cancellationToken">Stops; half a cluster is removed.</param>
    /// <exception cref="PlatformException">
    /// The name belongs to somebody else's cluster, the cluster is there with another configuration, or it cannot be made.
    /// </exception>
    internal async Task<KindCluster> EnsureAsync(
        KindClusterSpec spec,
        string folder,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        var place = new KindPlace(spec.Platform, folder);
        var configuration = KindConfiguration.Of(spec);
        if (await OrphanedPrograms.StopAsync("kind", place.Kubeconfig, cancellationToken) > 0)
        {
            report("Ended what a run that was killed had left at work");
        }

        var nodes = await NodesAsync(place, cancellationToken);
        if (nodes.Count > 0 && _owners.IsLeftover(place, nodes))
        {
            report($"Removing half a cluster '{place.Cluster}' that a stopped run left");
            await RemoveAsync(place, cancellationToken);
            nodes = [];
        }

        if (nodes.Count == 0)
        {
            await CreateAsync(spec, configuration, place, report, cancellationToken);
            return await DescribeAsync(spec, place, KindClusterChange.Created, cancellationToken);
        }

        var record = await _owners.RequireOursAsync(place, nodes, cancellationToken);
        KindOwners.RequireUnchanged(place, configuration, record, nodes);
        var change = await StartAsync(place, nodes, report, cancellationToken);
        if (!PrivateFile.Exists(place.Kubeconfig))
        {
            await WriteKubeconfigAsync(place, cancellationToken);
        }

        // Also when nothing was to do: containers that the engine has just started run before they answer.
        await _readiness.WaitForApiServerAsync(place, spec.Timeout, cancellationToken);
        return await DescribeAsync(spec, place, change, cancellationToken);
    }

    /// <summary>Waits until every node of a platform's cluster can run pods.</summary>
    /// <exception cref="PlatformException">There is no such cluster, or its nodes are not ready in time.</exception>
    internal async Task WaitForNodesAsync(
        KindClusterSpec spec,
        string folder,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        var place = new KindPlace(spec.Platform, folder);
        int count = (await NodesAsync(place, cancellationToken)).Count(n => n.IsKubernetes);
        report($"Waiting for {Counted.Of(count, "node")} of the cluster '{place.Cluster}' to be ready");
        await _readiness.WaitForNodesAsync(place, count, spec.Timeout, cancellationToken);
    }

    /// <summary>Deletes a platform's cluster with everything in it.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="PlatformException">The cluster of this name is somebody else's, or it cannot be deleted.</exception>
    internal async Task<bool> DeleteAsync(string platform, string folder, CancellationToken cancellationToken)
    {
        var place = new KindPlace(platform, folder);
        var nodes = await NodesAsync(place, cancellationToken);
        if (nodes.Count > 0 && !_owners.IsLeftover(place, nodes))
        {
            await _owners.RequireOursAsync(place, nodes, cancellationToken);
        }

        await RemoveAsync(place, cancellationToken);
        return nodes.Count > 0;
    }

    /// <summary>Whether a folder remembers a Kind cluster whose making came to an end; it may be stopped.</summary>
    /// <param name="folder">The state folder that the cluster belongs to.</param>
    public bool IsMade(string folder) => KindRecord.Read(folder, _warn) is { IsReady: true };

    /// <summary>The state folder of the platform that made a cluster, as the cluster itself says.</summary>
    /// <returns>The folder, there or not; <see langword="null"/> when no platform made the cluster.</returns>
    /// <exception cref="PlatformException">There is no such cluster, or it cannot be asked.</exception>
    internal Task<string?> FindOwnerAsync(string cluster, CancellationToken cancellationToken) =>
        _owners.FindAsync(cluster, cancellationToken);

    /// <summary>A client for a cluster, over the way that works from here just now.</summary>
    /// <param name="platform">The platform's name.</param>
    /// <param name="folder">The platform's state folder.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">There is no kubeconfig, or no way to the API server works.</exception>
    public Task<KubernetesClient> ConnectAsync(string platform, string folder, CancellationToken cancellationToken) =>
        _readiness.ConnectAsync(new KindPlace(platform, folder), cancellationToken);

    /// <summary>Copies an image from the engine onto every node of a platform's cluster.</summary>
    /// <param name="platform">The platform's name.</param>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Stops the copy.</param>
    /// <exception cref="PlatformException">The engine does not have the image, or there is no such cluster.</exception>
    public Task LoadImageAsync(string platform, string image, CancellationToken cancellationToken) =>
        _kind.LoadImageAsync(KindClusterName.Of(platform), image, cancellationToken);

    private async Task CreateAsync(
        KindClusterSpec spec,
        KindConfiguration configuration,
        KindPlace place,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        // kind would find it out only when the cluster is made.
        PrivateFile.RequireWritable(place.Kubeconfig, "The kubeconfig");
        // What an unfinished run had begun may still come up: it is half a cluster of ours, too.
        var since = KindRecord.Read(place.Folder, _warn) is { IsReady: false } old ? old.Since : time.GetUtcNow();
        var record = new KindRecord(place.Cluster, false, since, configuration.Canonical, []);
        record.Write(place.Folder);
        try
        {
            await CreateNodesAsync(spec, configuration, place, report, cancellationToken);
            await WriteKubeconfigAsync(place, cancellationToken);
            var nodes = await NodesAsync(place, cancellationToken);
            await _readiness.WaitForApiServerAsync(place, spec.Timeout, cancellationToken);
            using (var client = await _readiness.ConnectAsync(place, cancellationToken))
            {
                await new ClusterMarker(
                    spec.Platform,
                    ClusterOrigin.Made,
                    record.Since,
                    configuration.Canonical,
                    Path.GetFullPath(place.Folder)
                ).WriteAsync(client, cancellationToken);
            }

            (record with { IsReady = true, Nodes = [.. nodes.Select(n => n.ContainerId)] }).Write(place.Folder);
        }
        catch (Exception fault)
        {
            await RemoveQuietlyAsync(place);
            if (fault is ProgramException program)
            {
                throw KindFailure.OfCreation(program, spec, place.Cluster);
            }

            throw;
        }
    }

    private async Task CreateNodesAsync(
        KindClusterSpec spec,
        KindConfiguration configuration,
        KindPlace place,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await _kind.CreateAsync(
                    place.Cluster,
                    configuration.Text,
                    place.Kubeconfig,
                    spec.Timeout,
                    report,
                    cancellationToken
                );
                return;
            }
            catch (ProgramException fault) when (attempt < 3 && KindFailure.IsOfExistingNodes(fault))
            {
                // There was none a moment ago: what an earlier run had asked the engine for has come up just now.
                if (!_owners.IsLeftover(place, await NodesAsync(place, cancellationToken)))
                {
                    throw;
                }

                report($"Removing half a cluster '{place.Cluster}' that a stopped run left");
                await _kind.DeleteAsync(place.Cluster, place.Kubeconfig, cancellationToken);
            }
        }
    }

    private async Task<KindClusterChange> StartAsync(
        KindPlace place,
        IReadOnlyList<KindNode> nodes,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        string[] stopped = [.. nodes.Where(n => !n.IsRunning).Select(n => n.ContainerId)];
        if (stopped.Length == 0)
        {
            return KindClusterChange.Unchanged;
        }

        report($"Starting {Counted.Of(stopped.Length, "stopped node")} of the cluster '{place.Cluster}'");
        await _docker.RunAsync(["start", .. stopped], cancellationToken);
        return KindClusterChange.Started;
    }

    private async Task<KindCluster> DescribeAsync(
        KindClusterSpec spec,
        KindPlace place,
        KindClusterChange change,
        CancellationToken cancellationToken
    )
    {
        var ports = (await NodesAsync(place, cancellationToken)).SelectMany(n => n.Ports).ToList();
        return new KindCluster(
            place.Cluster,
            change,
            place.Kubeconfig,
            [
                .. spec.Ports.Select(p =>
                    ports.Find(f => f.ContainerPort == p.ContainerPort && f.ListenAddress == p.ListenAddress) ?? p
                ),
            ]
        );
    }

    private async Task WriteKubeconfigAsync(KindPlace place, CancellationToken cancellationToken)
    {
        string text = await _kind.GetKubeconfigAsync(place.Cluster, cancellationToken);
        PrivateFile.Replace(place.Kubeconfig, Encoding.UTF8.GetBytes(text));
    }

    private async Task RemoveQuietlyAsync(KindPlace place)
    {
        try
        {
            await _kind.DeleteAsync(place.Cluster, place.Kubeconfig, CancellationToken.None);
            PrivateFile.Delete(place.Kubeconfig);
        }
        catch (PlatformException)
        {
            // The failure that led here is told.
        }

        // The record stays: what kind had asked the engine for may come up after kind itself is gone.
    }

    private async Task RemoveAsync(KindPlace place, CancellationToken cancellationToken)
    {
        await _kind.DeleteAsync(place.Cluster, place.Kubeconfig, cancellationToken);
        PrivateFile.Delete(place.Kubeconfig);
        KindRecord.Delete(place.Folder);
    }

    private async Task<IReadOnlyList<KindNode>> NodesAsync(KindPlace place, CancellationToken cancellationToken) =>
        [.. (await _docker.ListNodesAsync(place.Cluster, cancellationToken)).Select(n => n.Node)];
}
