using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Baseline;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.PlatformServices.Installation;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Operations;

/// <summary>Removes everything of one platform.</summary>
/// <param name="platform">The platform.</param>
/// <param name="programs">Runs docker and kind.</param>
/// <param name="time">The clock for waits.</param>
public sealed class DestroyLocalPlatform(LocalPlatform platform, ProgramRunner programs, TimeProvider time)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private StateFolder State => platform.State;

    /// <summary>Ends the serving process and removes everything of the platform.</summary>
    /// <param name="report">Is told what is found out on the way.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What was removed.</returns>
    /// <exception cref="PlatformException">
    /// Another run is at work on it, the process does not end, or something of it cannot be removed.
    /// </exception>
    public async Task<Removed> RunAsync(Action<string> report, CancellationToken cancellationToken)
    {
        using var held = await State.LockAsync("destroy-local-platform", report, time, cancellationToken);
        PlatformSettings? settings = null;
        PlatformException? damage = null;
        try
        {
            settings = State.ReadSettings();
        }
        catch (PlatformException e)
        {
            damage = e;
            report($"{e.Message} What else is there says what the platform had.");
        }

        var cluster =
            settings is not null ? ClusterOf(settings)
            : await FindKindClusterAsync(report, cancellationToken)
                ? ClusterOf(new PlatformSettings(ClusterKind.Kind, ""))
            : Directory.Exists(State.Cluster) ? ClusterOf(new PlatformSettings(ClusterKind.Embedded, ""))
            : null;
        if (damage is not null && cluster is null)
        {
            throw new PlatformException(
                $"What the platform '{State.Platform}' was made with cannot be found out. {damage.Message}",
                $"Put the file right, by hand or from a copy. Or, when the platform has no cluster, remove its folder: rm -r {State.Folder}",
                damage
            );
        }

        if (!State.IsPlatforms && cluster is null)
        {
            return Removed.Nothing;
        }

        if (settings is not null && cluster is { OutlivesPlatform: true })
        {
            await EmptyAsync(held, settings, cluster, report, cancellationToken);
        }

        await platform.StopAsync(cancellationToken);
        if (cluster is { HasOthersBeside: true })
        {
            await new EnvironmentClusters(State, programs, time).DeleteAllAsync(report, cancellationToken);
            await DeleteBuildsAsync(cluster, report, cancellationToken);
        }

        await (cluster?.RemoveAsync(report, cancellationToken) ?? Task.CompletedTask);
        try
        {
            if (Directory.Exists(State.Folder))
            {
                Directory.Delete(State.Folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException(
                $"The state folder {State.Folder} cannot be removed: {e.Message}",
                "Remove it by hand.",
                e
            );
        }

        return cluster is { HasOthersBeside: true } ? Removed.WithKindCluster : Removed.Platform;
    }

    // The registry stays for others: what environments had in it is of no use to them.
    private async Task DeleteBuildsAsync(ICluster cluster, Action<string> report, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(s_patience, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var client = await cluster.ConnectAsync(patience.Token);
            var options = new DirectDeliveryOptions { TimeProvider = time };
            foreach (var left in await FluxDelivery.DeleteBuildsAsync(client, options, patience.Token))
            {
                report(left);
            }
        }
        catch (Exception e) when (e is PlatformException || patience.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            report(
                $"Builds for Flux, if there are any, stay in the registry: the cluster was not asked for them ({e.Message})"
            );
        }
    }

    /// <summary>Without settings, which were removed by hand, damaged or never written: record and cluster say whose it is.</summary>
    private async Task<bool> FindKindClusterAsync(Action<string> report, CancellationToken cancellationToken)
    {
        if (KindRecord.IsIn(State.Folder))
        {
            return true;
        }

        string name = KindClusterName.Of(State.Platform);
        var clusters = new KindClusters(programs, time, report);
        if (
            await clusters.TryListAsync(report, cancellationToken) is not { } all
            || all.All(c => c.Name != name)
            || await clusters.FindOwnerAsync(name, cancellationToken) != State.Folder
        )
        {
            return false;
        }

        report($"The Kind cluster '{name}' says that it is this platform's: it is removed");
        return true;
    }

    // The cluster stays: what the platform put into it must go.
    private async Task EmptyAsync(
        FolderLock held,
        PlatformSettings settings,
        ICluster cluster,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        using (var api = await platform.EnsureRunningAsync(held, null, _ => { }, cancellationToken))
        {
            var list = await api.ListAsync("", cancellationToken);
            var remove = new DestroyEnvironment(api, time);
            await Task.WhenAll(
                list.Environments.Select(e =>
                    remove.RunAsync(
                        e.EnvironmentName,
                        TimeSpan.FromMinutes(5),
                        new CauseReport(report, time),
                        cancellationToken
                    )
                )
            );
        }

        await new PlatformServiceSteps(
            PlatformServiceSelection.Of(settings, WorkspaceReader.Read(settings.Workspace)),
            cluster.ConnectAsync,
            new ServiceInstallationOptions { Time = time }
        ).RemoveAsync(_ => { }, cancellationToken);
        await new ClusterBaseline(cluster.ConnectAsync, ansible: null, cluster.Playbooks, time).RemoveAsync(
            cancellationToken
        );
    }

    private ICluster ClusterOf(PlatformSettings settings) => PlatformClusters.Of(State, settings, programs, time);
}
