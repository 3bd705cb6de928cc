using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Files;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Operations;

/// <summary>
/// The Kind clusters that environments of a platform have of their own. Only a machine with Docker can make and delete
/// them: the Platform API just uses them.
/// </summary>
/// <param name="state">The platform's state folder.</param>
/// <param name="programs">Runs kind and docker.</param>
/// <param name="time">The clock of waits.</param>
public sealed class EnvironmentClusters(StateFolder state, ProgramRunner programs, TimeProvider time)
{
    private readonly KindClusters _clusters = new(programs, time);

    /// <summary>Makes sure that an environment has its own cluster, when its claim wants one and the platform can have it.</summary>
    /// <param name="payload">The payload that is deployed.</param>
    /// <param name="report">Is told what is done just now.</param>
    /// <param name="cancellationToken">Stops; half a cluster is removed.</param>
    /// <exception cref="PlatformException">The payload is not valid, or the cluster cannot be made.</exception>
    public async Task EnsureForAsync(JsonObject payload, Action<string> report, CancellationToken cancellationToken)
    {
        if (state.ReadSettings() is not { Cluster: ClusterKinds.Kind } settings)
        {
            return;
        }

        var types = WorkspaceReader.Read(settings.Workspace).Types;
        var claim = Payload.ToClaim(payload, types, new PayloadOptions(), time.GetUtcNow());
        if (claim.IsolationIn(types) != Isolation.Cluster)
        {
            return;
        }

        var name = claim.EnvironmentName;
        var folder = PrivateFile.EnsureFolder(FolderOf(name));
        var platformNodes = (await _clusters.ListAsync(cancellationToken))
            .First(c => c.Name == KindClusterName.Of(state.Platform))
            .Nodes;
        var spec = new KindClusterSpec
        {
            Platform = EnvironmentCluster.OwnerOf(state.Platform, name),
            NodeImage = platformNodes[0].Image,
        };
        Action<string> tell = message => report($"the cluster of {name}: {message}");
        var cluster = await _clusters.EnsureAsync(spec, folder, tell, cancellationToken);
        await _clusters.WaitForNodesAsync(spec, folder, tell, cancellationToken);
        using (var own = await _clusters.ConnectAsync(spec.Platform, folder, cancellationToken))
        {
            await new LocalRegistry(programs).JoinAsync(cluster.Name, own, cancellationToken);
        }

        using var platform = await _clusters.ConnectAsync(state.Platform, state.Folder, cancellationToken);
        await EnvironmentCluster.RegisterAsync(platform, state.Platform, name, cluster.Kubeconfig, cancellationToken);
    }

    /// <summary>Deletes the cluster that an environment had of its own; without one there is nothing to do.</summary>
    /// <param name="environment">The environment, which is removed already.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">The cluster cannot be deleted.</exception>
    public async Task DeleteAsync(string environment, CancellationToken cancellationToken)
    {
        var folder = FolderOf(environment);
        if (!Directory.Exists(folder))
        {
            return;
        }

        using (var platform = await _clusters.ConnectAsync(state.Platform, state.Folder, cancellationToken))
        {
            await EnvironmentCluster.UnregisterAsync(platform, environment, cancellationToken);
        }

        await DeleteClusterAsync(environment, cancellationToken);
    }

    /// <summary>Deletes all of them, with the platform that they belong to.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">A cluster cannot be deleted.</exception>
    public async Task DeleteAllAsync(CancellationToken cancellationToken)
    {
        foreach (var environment in Names)
        {
            await DeleteClusterAsync(environment, cancellationToken);
        }
    }

    /// <summary>The environments that have a cluster of their own, or half of one.</summary>
    public IReadOnlyList<string> Names =>
        Directory.Exists(state.EnvironmentClusters)
            ? [.. Directory.EnumerateDirectories(state.EnvironmentClusters).Select(f => Path.GetFileName(f))]
            : [];

    /// <summary>The kubeconfig of an environment's own cluster, or <see langword="null"/>.</summary>
    /// <param name="environment">The environment.</param>
    public string? KubeconfigOf(string environment) =>
        Path.Combine(FolderOf(environment), "kubeconfig") is var file && File.Exists(file) ? file : null;

    private async Task DeleteClusterAsync(string environment, CancellationToken cancellationToken)
    {
        var folder = FolderOf(environment);
        await _clusters.DeleteAsync(EnvironmentCluster.OwnerOf(state.Platform, environment), folder, cancellationToken);
        Directory.Delete(folder, recursive: true);
    }

    private string FolderOf(string environment) => Path.Combine(state.EnvironmentClusters, environment);
}
