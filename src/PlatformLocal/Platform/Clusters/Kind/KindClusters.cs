using PlatformLocal.Kubernetes.Files;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>Makes, reuses, lists and deletes Kind clusters with the programs <c>kind</c> and <c>docker</c>.</summary>
/// <remarks>
/// Whose a cluster is, the platform's state folder and a marker in the cluster say. The user's own kubeconfig is never
/// read nor written.
/// </remarks>
public sealed class KindClusters
{
    private static readonly TimeSpan s_nodeInterval = TimeSpan.FromMilliseconds(300);

    // An API server that has just started refuses everything until it has read who may do what.
    private static readonly TimeSpan s_settlesWithin = TimeSpan.FromSeconds(3);

    private readonly KindProgram _kind;
    private readonly DockerProgram _docker;
    private readonly ApiServerRoute _route;
    private readonly TimeProvider _time;
    private readonly Action<string> _warn;

    /// <summary>Clusters on the Docker engine that <c>docker</c> talks to.</summary>
    /// <param name="programs">Runs programs.</param>
    /// <param name="time">The clock of waits.</param>
    /// <param name="warn">Is told which damaged file was set aside; nobody is when <see langword="null"/>.</param>
    public KindClusters(ProgramRunner programs, TimeProvider time, Action<string>? warn = null)
    {
        _kind = new KindProgram(programs);
        _docker = new DockerProgram(programs);
        _route = new ApiServerRoute(programs, time);
        _time = time;
        _warn = warn ?? (_ => { });
    }

    /// <summary>All Kind clusters of the engine, whoever made them.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The engine is out of reach.</exception>
    public async Task<IReadOnlyList<KindClusterStatus>> ListAsync(CancellationToken cancellationToken) =>
        [
            .. (await _docker.ListNodesAsync(null, cancellationToken))
                .GroupBy(n => n.Cluster, n => n.Node, StringComparer.Ordinal)
                .Select(g => new KindClusterStatus(g.Key, [.. g])),
        ];

    /// <summary>The digest of all that a cluster would be made with: another digest means another cluster.</summary>
    /// <param name="spec">The cluster.</param>
    /// <exception cref="PlatformException">The configuration is missing or none of kind's.</exception>
    public static string DigestOf(KindClusterSpec spec) => KindConfiguration.Of(spec).Digest;

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
    public async Task<KindCluster> EnsureAsync(
        KindClusterSpec spec,
        string folder,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        string cluster = KindClusterName.Of(spec.Platform);
        var configuration = KindConfiguration.Of(spec);
        if (await OrphanedPrograms.StopAsync("kind", KubeconfigIn(folder), cancellationToken) > 0)
        {
            report("Ended what a run that was killed had left at work");
        }

        var nodes = await NodesAsync(cluster, cancellationToken);
        var record = KindRecord.Read(folder, _warn);
        if (nodes.Count > 0 && IsLeftover(record, nodes))
        {
            report($"Removing half a cluster '{cluster}' that a stopped run left");
            await RemoveAsync(cluster, folder, cancellationToken);
            nodes = [];
        }

        if (nodes.Count == 0)
        {
            await CreateAsync(spec, configuration, folder, report, cancellationToken);
            return await DescribeAsync(spec, cluster, KindClusterChange.Created, folder, cancellationToken);
        }

        bool wasRunning = nodes.All(n => n.IsRunning);
        string known = await RequireOursAsync(spec.Platform, cluster, folder, record, nodes, cancellationToken);
        record = KindRecord.Read(folder, _warn);
        if (record is not null && nodes.Count < record.Nodes.Count)
        {
            throw new PlatformException(
                $"{record.Nodes.Count - nodes.Count} of {record.Nodes.Count} nodes of the cluster '{cluster}' were removed by hand.",
                "A node cannot be put back. Make the cluster anew, which loses what is in it: "
                    + $"platformctl destroy-local-platform",
                kind: FailureKind.Conflict
            );
        }

        if (configuration.DifferencesFrom(known) is { Count: > 0 } differences)
        {
            throw new PlatformException(
                $"The cluster '{cluster}' was made with another configuration:\n  {string.Join("\n  ", differences)}",
                "Ask for the old one again, or make it anew, which loses what is in it: "
                    + $"platformctl destroy-local-platform",
                kind: FailureKind.Conflict
            );
        }

        await StartAsync(cluster, nodes, report, cancellationToken);
        if (!File.Exists(KubeconfigIn(folder)))
        {
            await WriteKubeconfigAsync(cluster, folder, cancellationToken);
        }

        // Also when nothing was to do: containers that the engine has just started run before they answer.
        await WaitForApiServerAsync(cluster, folder, spec.Timeout, cancellationToken);
        var change = wasRunning ? KindClusterChange.Unchanged : KindClusterChange.Started;
        return await DescribeAsync(spec, cluster, change, folder, cancellationToken);
    }

    /// <summary>Waits until every node of a platform's cluster can run pods.</summary>
    /// <param name="spec">The cluster.</param>
    /// <param name="folder">The platform's state folder.</param>
    /// <param name="report">Is told what is done just now.</param>
    /// <param name="cancellationToken">Stops waiting; the cluster stays.</param>
    /// <exception cref="PlatformException">There is no such cluster, or its nodes are not ready in time.</exception>
    public async Task WaitForNodesAsync(
        KindClusterSpec spec,
        string folder,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        string cluster = KindClusterName.Of(spec.Platform);
        int count = (await NodesAsync(cluster, cancellationToken)).Count(n => n.IsKubernetes);
        report($"Waiting for {count} nodes of the cluster '{cluster}' to be ready");
        await WaitAsync(
            cluster,
            folder,
            spec.Timeout,
            async client =>
            {
                var nodes = await client.ListAsync("v1", "Node", null, null, cancellationToken);
                int ready = nodes.Items.Count(n => n.Condition("Ready").Text("status") == "True");
                return ready >= count ? null : $"{count - ready} of {count} nodes";
            },
            cancellationToken
        );
    }

    /// <summary>Deletes a platform's cluster with everything in it.</summary>
    /// <param name="platform">The platform's name.</param>
    /// <param name="folder">The platform's state folder.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="PlatformException">The cluster of this name is somebody else's, or it cannot be deleted.</exception>
    public async Task<bool> DeleteAsync(string platform, string folder, CancellationToken cancellationToken)
    {
        string cluster = KindClusterName.Of(platform);
        var nodes = await NodesAsync(cluster, cancellationToken);
        var record = KindRecord.Read(folder, _warn);
        if (nodes.Count > 0 && !IsLeftover(record, nodes))
        {
            await RequireOursAsync(platform, cluster, folder, record, nodes, cancellationToken);
        }

        await RemoveAsync(cluster, folder, cancellationToken);
        return nodes.Count > 0;
    }

    /// <summary>Whether a folder remembers a Kind cluster whose making came to an end; it may be stopped.</summary>
    /// <param name="folder">The state folder of a platform or of an environment's cluster.</param>
    public bool IsMade(string folder) => KindRecord.Read(folder, _warn) is { IsReady: true };

    /// <summary>Whether a folder remembers a Kind cluster, or half of one.</summary>
    /// <param name="folder">The state folder of a platform or of an environment's cluster.</param>
    public static bool HasRecord(string folder) => KindRecord.IsIn(folder);

    /// <summary>The state folder of the platform that made a cluster, as the cluster itself says.</summary>
    /// <param name="cluster">The Kind cluster.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The folder, there or not; <see langword="null"/> when no platform made the cluster.</returns>
    /// <exception cref="PlatformException">There is no such cluster, or it cannot be asked.</exception>
    public async Task<string?> FindOwnerAsync(string cluster, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("platform-local-owner-").FullName;
        try
        {
            return await FindMarkerAsync(cluster, folder, cancellationToken) is { Origin: ClusterOrigin.Made } marker
                ? marker.Folder
                : null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A client for a cluster, over the way that works from here just now.</summary>
    /// <param name="platform">The platform's name.</param>
    /// <param name="folder">The platform's state folder.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">There is no kubeconfig, or no way to the API server works.</exception>
    public async Task<KubernetesClient> ConnectAsync(
        string platform,
        string folder,
        CancellationToken cancellationToken
    ) =>
        new(
            await _route.FindAsync(KubeconfigIn(folder), KindClusterName.Of(platform), cancellationToken),
            new KubernetesClientOptions { TimeProvider = _time }
        );

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
        string folder,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        string cluster = KindClusterName.Of(spec.Platform);
        // kind would find it out only when the cluster is made.
        PrivateFile.RequireWritable(KubeconfigIn(folder), "The kubeconfig");
        // What an unfinished run had begun may still come up: it is half a cluster of ours, too.
        var since = KindRecord.Read(folder, _warn) is { IsReady: false } earlier ? earlier.Since : _time.GetUtcNow();
        var record = new KindRecord(cluster, false, since, configuration.Canonical, []);
        record.Write(folder);
        try
        {
            await CreateNodesAsync(spec, configuration, cluster, folder, report, cancellationToken);
            await WriteKubeconfigAsync(cluster, folder, cancellationToken);
            var nodes = await NodesAsync(cluster, cancellationToken);
            await WaitForApiServerAsync(cluster, folder, spec.Timeout, cancellationToken);
            using (var client = await ConnectAsync(spec.Platform, folder, cancellationToken))
            {
                await new ClusterMarker(
                    spec.Platform,
                    ClusterOrigin.Made,
                    record.Since,
                    configuration.Canonical,
                    Path.GetFullPath(folder)
                ).WriteAsync(client, cancellationToken);
            }

            (record with { IsReady = true, Nodes = [.. nodes.Select(n => n.ContainerId)] }).Write(folder);
        }
        catch (Exception fault)
        {
            await RemoveQuietlyAsync(cluster, folder);
            if (fault is ProgramException program)
            {
                throw KindFailure.OfCreation(program, spec, cluster);
            }

            throw;
        }
    }

    private async Task CreateNodesAsync(
        KindClusterSpec spec,
        KindConfiguration configuration,
        string cluster,
        string folder,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await _kind.CreateAsync(
                    cluster,
                    configuration.Text,
                    KubeconfigIn(folder),
                    spec.Timeout,
                    report,
                    cancellationToken
                );
                return;
            }
            catch (ProgramException fault) when (attempt < 3 && KindFailure.IsOfExistingNodes(fault))
            {
                // There was none a moment ago: what an earlier run had asked the engine for has come up just now.
                var nodes = await NodesAsync(cluster, cancellationToken);
                if (!IsLeftover(KindRecord.Read(folder, _warn), nodes))
                {
                    throw;
                }

                report($"Removing half a cluster '{cluster}' that a stopped run left");
                await _kind.DeleteAsync(cluster, KubeconfigIn(folder), cancellationToken);
            }
        }
    }

    /// <summary>What a ready cluster was made with, when it is this platform's.</summary>
    private async Task<string> RequireOursAsync(
        string platform,
        string cluster,
        string folder,
        KindRecord? record,
        IReadOnlyList<KindNode> nodes,
        CancellationToken cancellationToken
    )
    {
        if (record is { IsReady: true })
        {
            var ids = nodes.Select(n => n.ContainerId).ToHashSet(StringComparer.Ordinal);
            if (ids.IsSubsetOf(record.Nodes))
            {
                return record.Configuration;
            }
        }

        // The state folder knows nothing of these containers, but the cluster itself may know whose it is.
        if (await FindMarkerAsync(cluster, folder, cancellationToken) is { Origin: ClusterOrigin.Made } marker)
        {
            if (marker.Platform == platform)
            {
                string[] ids = [.. nodes.Select(n => n.ContainerId)];
                new KindRecord(cluster, true, marker.Since, marker.Configuration, ids).Write(folder);
                File.Delete(KubeconfigIn(folder)); // it may be that of an earlier cluster
                return marker.Configuration;
            }
        }

        throw new PlatformException(
            $"There is a Kind cluster '{cluster}' already, and this platform did not make it.",
            "Choose another name with --name, or remove that cluster if it is not needed any more: "
                + $"kind delete cluster --name {cluster}",
            kind: FailureKind.Conflict
        );
    }

    private async Task<ClusterMarker?> FindMarkerAsync(
        string cluster,
        string folder,
        CancellationToken cancellationToken
    )
    {
        string probe = Path.Combine(PrivateFile.EnsureFolder(folder), $"kubeconfig.{Guid.NewGuid():N}.probe");
        try
        {
            string text = await _kind.GetKubeconfigAsync(cluster, cancellationToken);
            PrivateFile.Replace(probe, Encoding.UTF8.GetBytes(text));
            var connection = await _route.FindAsync(probe, cluster, cancellationToken);
            using var client = new KubernetesClient(connection);
            return await ClusterMarker.FindAsync(client, cancellationToken);
        }
        catch (PlatformException fault)
        {
            throw new PlatformException(
                $"There is a Kind cluster '{cluster}', and whose it is cannot be read: {fault.Message}",
                fault.NextStep ?? KindFailure.LookAtNodes(cluster),
                fault,
                kind: fault.Kind
            );
        }
        finally
        {
            File.Delete(probe);
        }
    }

    private async Task StartAsync(
        string cluster,
        IReadOnlyList<KindNode> nodes,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        string[] stopped = [.. nodes.Where(n => !n.IsRunning).Select(n => n.ContainerId)];
        if (stopped.Length > 0)
        {
            report($"Starting {stopped.Length} stopped nodes of the cluster '{cluster}'");
            await _docker.RunAsync(["start", .. stopped], cancellationToken);
        }
    }

    private Task WaitForApiServerAsync(
        string cluster,
        string folder,
        TimeSpan timeout,
        CancellationToken cancellationToken
    ) =>
        WaitAsync(
            cluster,
            folder,
            timeout,
            async client =>
            {
                await client.ListAsync("v1", "Node", null, null, cancellationToken);
                return null;
            },
            cancellationToken
        );

    // Looks until it is told that nothing is waited for any more.
    private async Task WaitAsync(
        string cluster,
        string folder,
        TimeSpan timeout,
        Func<KubernetesClient, Task<string?>> look,
        CancellationToken cancellationToken
    )
    {
        long started = _time.GetTimestamp();
        long? refusedSince = null;
        string? waitsFor = "the API server";
        while (_time.GetElapsedTime(started) < timeout)
        {
            try
            {
                var connection = await _route.FindAsync(KubeconfigIn(folder), cluster, cancellationToken);
                using var client = new KubernetesClient(
                    connection,
                    new KubernetesClientOptions { TimeProvider = _time }
                );
                waitsFor = await look(client);
                if (waitsFor is null)
                {
                    return;
                }
            }
            catch (PlatformException fault) when (!WillStay(fault, ref refusedSince))
            {
                waitsFor = fault.Message; // not listening yet, or gone for a moment
            }

            await Task.Delay(s_nodeInterval, _time, cancellationToken);
        }

        throw new PlatformException(
            $"The cluster '{cluster}' was not ready within {timeout.TotalSeconds:0} s. It waited for: {waitsFor}",
            $"See its nodes: kubectl --kubeconfig {KubeconfigIn(folder)} get nodes",
            kind: FailureKind.NotReadyInTime
        );
    }

    // A wrong kubeconfig, certificate or right does not come right by waiting.
    private bool WillStay(PlatformException fault, ref long? refusedSince)
    {
        if (fault.Kind != FailureKind.NotAllowed)
        {
            refusedSince = null;
            return fault.Kind == FailureKind.InvalidInput;
        }

        refusedSince ??= _time.GetTimestamp();
        return _time.GetElapsedTime(refusedSince.Value) > s_settlesWithin;
    }

    private async Task<KindCluster> DescribeAsync(
        KindClusterSpec spec,
        string cluster,
        KindClusterChange change,
        string folder,
        CancellationToken cancellationToken
    )
    {
        var nodes = await NodesAsync(cluster, cancellationToken);
        var ports = nodes.SelectMany(n => n.Ports).ToList();
        return new KindCluster(
            cluster,
            change,
            KubeconfigIn(folder),
            [
                .. spec.Ports.Select(p =>
                    ports.FirstOrDefault(f => f.ContainerPort == p.ContainerPort && f.ListenAddress == p.ListenAddress)
                    ?? p
                ),
            ]
        );
    }

    private async Task WriteKubeconfigAsync(string cluster, string folder, CancellationToken cancellationToken)
    {
        string text = await _kind.GetKubeconfigAsync(cluster, cancellationToken);
        PrivateFile.Replace(KubeconfigIn(folder), Encoding.UTF8.GetBytes(text));
    }

    private async Task RemoveQuietlyAsync(string cluster, string folder)
    {
        try
        {
            await _kind.DeleteAsync(cluster, KubeconfigIn(folder), CancellationToken.None);
            File.Delete(KubeconfigIn(folder));
        }
        catch (PlatformException)
        {
            // The failure that led here is told.
        }

        // The record stays: what kind had asked the engine for may come up after kind itself is gone.
    }

    private async Task RemoveAsync(string cluster, string folder, CancellationToken cancellationToken)
    {
        await _kind.DeleteAsync(cluster, KubeconfigIn(folder), cancellationToken);
        File.Delete(KubeconfigIn(folder));
        KindRecord.Delete(folder);
    }

    private async Task<IReadOnlyList<KindNode>> NodesAsync(string cluster, CancellationToken cancellationToken) =>
        [.. (await _docker.ListNodesAsync(cluster, cancellationToken)).Select(n => n.Node)];

    private static bool IsLeftover(KindRecord? record, IReadOnlyList<KindNode> nodes) =>
        record is { IsReady: false } && nodes.All(n => n.CreatedAt >= record.Since);

    private static string KubeconfigIn(string folder) => Path.Combine(folder, "kubeconfig");
}
