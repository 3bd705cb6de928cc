using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Files;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters;
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
    /// <summary>
    /// Makes sure that an environment has its own cluster, when its claim wants one and the platform can have it. It takes
    /// minutes: the Platform API judges the claim before.
    /// </summary>
    /// <param name="api">The platform.</param>
    /// <param name="request">What is deployed.</param>
    /// <param name="report">Is told what is done just now.</param>
    /// <param name="cancellationToken">Stops; half a cluster is removed.</param>
    /// <exception cref="PlatformException">The claim is refused, another run makes the cluster, or it cannot be made.</exception>
    public async Task EnsureForAsync(
        PlatformApiClient api,
        DeployRequest request,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        if (
            state.ReadSettings() is not { } settings
            || !PlatformClusters.Of(state, settings, programs, time).HasOthersBeside
        )
        {
            return;
        }

        var name = Payload.NameIn(request.Claim);
        var isMade = Clusters(report).IsMade(state.EnvironmentCluster(name));
        // A rollback goes to where the environment was: nothing is made for it that is not there, only started.
        var wantsOwn = request.Rollback == 0 ? WantsOwnCluster(request, settings) : isMade;
        if (wantsOwn && !isMade)
        {
            await api.PlanAsync(name, request, cancellationToken);
        }

        if (wantsOwn)
        {
            await EnsureAsync(name, report, cancellationToken);
        }
    }

    private bool WantsOwnCluster(DeployRequest request, PlatformSettings settings)
    {
        var types = WorkspaceReader.Read(settings.Workspace).Types;
        return Payload.ToClaim(request.Claim, types, request, time.GetUtcNow()).IsolationIn(types) == Isolation.Cluster;
    }

    private async Task EnsureAsync(string name, Action<string> report, CancellationToken cancellationToken)
    {
        using var held = await state.LockEnvironmentAsync(name, "deploy-environment", report, time, cancellationToken);
        var clusters = Clusters(report);
        var nodes = (await clusters.ListAsync(cancellationToken))
            .FirstOrDefault(c => c.Name == KindClusterName.Of(state.Platform))
            ?.Nodes;
        if (nodes is null || !Directory.Exists(state.Folder))
        {
            throw new PlatformException(
                FailureKind.NotFound,
                $"The platform '{state.Platform}' has no cluster any more: none is made for {name}.",
                $"Create it with: {ShellCommand.Platformctl("create-local-platform")}"
            );
        }

        var folder = PrivateFile.EnsureFolder(state.EnvironmentCluster(name));
        var spec = new KindClusterSpec
        {
            Platform = EnvironmentCluster.OwnerOf(state.Platform, name),
            NodeImage = nodes[0].Image,
        };
        Action<string> tell = message => report($"the cluster of {name}: {message}");
        var cluster = await clusters.EnsureAsync(spec, folder, tell, cancellationToken);
        await clusters.WaitForNodesAsync(spec, folder, tell, cancellationToken);
        using (var own = await clusters.ConnectAsync(spec.Platform, folder, cancellationToken))
        {
            await new LocalRegistry(programs).JoinAsync(cluster.Name, own, cancellationToken);
        }

        using var platform = await clusters.ConnectAsync(state.Platform, state.Folder, cancellationToken);
        await EnvironmentCluster.RegisterAsync(platform, state.Platform, name, cluster.Kubeconfig, cancellationToken);
    }

    /// <summary>Deletes the cluster that an environment had of its own; without one there is nothing to do.</summary>
    /// <param name="environment">The environment, which is removed already.</param>
    /// <param name="report">Is told when another run is waited for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">The cluster cannot be deleted.</exception>
    public async Task DeleteAsync(string environment, Action<string> report, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(state.EnvironmentCluster(environment)))
        {
            return;
        }

        using (var platform = await Clusters(report).ConnectAsync(state.Platform, state.Folder, cancellationToken))
        {
            await EnvironmentCluster.UnregisterAsync(platform, environment, cancellationToken);
        }

        await DeleteClusterAsync(environment, "destroy-environment", report, cancellationToken);
    }

    /// <summary>Deletes all of them, with the platform that they belong to.</summary>
    /// <param name="report">Is told when another run is waited for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">A cluster cannot be deleted.</exception>
    public async Task DeleteAllAsync(Action<string> report, CancellationToken cancellationToken)
    {
        foreach (var environment in Names)
        {
            await DeleteClusterAsync(environment, "destroy-local-platform", report, cancellationToken);
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
        Path.Combine(state.EnvironmentCluster(environment), "kubeconfig") is var file && File.Exists(file)
            ? file
            : null;

    private async Task DeleteClusterAsync(
        string environment,
        string work,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        using var held = await state.LockEnvironmentAsync(environment, work, report, time, cancellationToken);
        var folder = state.EnvironmentCluster(environment);
        var owner = EnvironmentCluster.OwnerOf(state.Platform, environment);
        await Clusters(report).DeleteAsync(owner, folder, cancellationToken);
        Directory.Delete(folder, recursive: true);
    }

    private KindClusters Clusters(Action<string> warn) => new(programs, time, warn);
}
