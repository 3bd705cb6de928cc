using PlatformLocal.Kubernetes.Files;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>Whose Kind clusters are: the platform's state folder says it, or a marker in the cluster.</summary>
/// <param name="programs">Runs programs.</param>
/// <param name="time">The clock of waits.</param>
/// <param name="warn">Is told which damaged file was set aside.</param>
internal sealed class KindOwners(ProgramRunner programs, TimeProvider time, Action<string> warn)
{
    private readonly KindProgram _kind = new(programs);
    private readonly ApiServerRoute _route = new(programs, time);

    /// <summary>The state folder of the platform that made a cluster, as the cluster itself says.</summary>
    public async Task<string?> FindAsync(string cluster, CancellationToken cancellationToken)
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

    /// <summary>Whether all nodes are what a run that was stopped left.</summary>
    public bool IsLeftover(KindPlace place, IReadOnlyList<KindNode> nodes) =>
        KindRecord.Read(place.Folder, warn) is { IsReady: false } record && nodes.All(n => n.CreatedAt >= record.Since);

    /// <summary>What is remembered of a ready cluster, when it is this platform's.</summary>
    public async Task<KindRecord> RequireOursAsync(
        KindPlace place,
        IReadOnlyList<KindNode> nodes,
        CancellationToken cancellationToken
    )
    {
        var (cluster, folder) = (place.Cluster, place.Folder);
        string[] ids = [.. nodes.Select(n => n.ContainerId)];
        if (KindRecord.Read(folder, warn) is { IsReady: true } record && !ids.Except(record.Nodes).Any())
        {
            return record;
        }

        // The state folder knows nothing of these containers, but the cluster itself may know whose it is.
        var marker = await FindMarkerAsync(cluster, folder, cancellationToken);
        if (marker is { Origin: ClusterOrigin.Made } && marker.Platform == place.Platform)
        {
            if (marker.Folder != Path.GetFullPath(folder) && KindRecord.IsIn(marker.Folder))
            {
                throw new PlatformException(
                    FailureKind.Conflict,
                    $"There is a Kind cluster '{cluster}' already: it is that of the platform in {marker.Folder}.",
                    $"Work with that platform (--state {Path.GetDirectoryName(marker.Folder)}), or choose another name with --name."
                );
            }

            var found = new KindRecord(cluster, true, marker.Since, marker.Configuration, ids);
            found.Write(folder);
            PrivateFile.Delete(place.Kubeconfig); // it may be that of an earlier cluster
            return found;
        }

        throw new PlatformException(
            FailureKind.Conflict,
            $"There is a Kind cluster '{cluster}' already, and this platform did not make it.",
            "Choose another name with --name, or remove that cluster if it is not needed any more: "
                + ShellCommand.Of("kind", "delete", "cluster", "--name", cluster)
        );
    }

    /// <summary>Refuses a cluster that was made with something else, or lost nodes.</summary>
    /// <exception cref="PlatformException">It is not as it was made.</exception>
    public static void RequireUnchanged(
        KindPlace place,
        KindConfiguration configuration,
        KindRecord record,
        IReadOnlyList<KindNode> nodes
    )
    {
        if (nodes.Count < record.Nodes.Count)
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"{record.Nodes.Count - nodes.Count} of {Counted.Of(record.Nodes.Count, "node")} of the cluster '{place.Cluster}' {(record.Nodes.Count - nodes.Count == 1 ? "was" : "were")} removed by hand.",
                "A node cannot be put back. Make the cluster anew, which loses what is in it: "
                    + ShellCommand.Platformctl("destroy-local-platform")
            );
        }

        if (configuration.DifferencesFrom(record.Configuration) is { Count: > 0 } differences)
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"The cluster '{place.Cluster}' was made with another configuration:\n  {string.Join("\n  ", differences)}",
                "Ask for the old one again, or make it anew, which loses what is in it: "
                    + ShellCommand.Platformctl("destroy-local-platform")
            );
        }
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
                fault.Kind,
                $"There is a Kind cluster '{cluster}', and whose it is cannot be read: {fault.Message}",
                fault.NextStep ?? KindFailure.LookAtNodes(cluster),
                fault
            );
        }
        finally
        {
            File.Delete(probe);
        }
    }
}
