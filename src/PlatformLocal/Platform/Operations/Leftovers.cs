using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Kubernetes.Configuration;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Operations;

/// <summary>Something of a platform that is still there after it was destroyed.</summary>
/// <param name="Kind">What it is: <c>container</c>, <c>volume</c>, <c>kubeconfig context</c>, <c>state folder</c>….</param>
/// <param name="Name">Which one.</param>
/// <param name="Removal">The command that removes it.</param>
public sealed record Leftover(string Kind, string Name, string Removal);

/// <summary>What a platform had before it was destroyed.</summary>
/// <param name="Settings">What it was made with; <see langword="null"/> when that is not known.</param>
/// <param name="IsKind">Whether a Kind cluster is its own.</param>
/// <param name="Clusters">Its Kind clusters: its own, and those of single environments.</param>
/// <param name="Volumes">The volumes of their containers.</param>
public sealed record PlatformPossessions(
    PlatformSettings? Settings,
    bool IsKind,
    IReadOnlyList<string> Clusters,
    IReadOnlyList<string> Volumes
);

/// <summary>Looks whether anything of a platform is left: before it is destroyed at what it has, afterwards at what is still there.</summary>
/// <param name="state">The platform's state folder.</param>
/// <param name="programs">Runs <c>docker</c>.</param>
/// <param name="time">The clock of waits.</param>
public sealed class Leftovers(StateFolder state, ProgramRunner programs, TimeProvider time)
{
    private readonly DockerProgram _docker = new(programs);

    private string Cluster => KindClusterName.Of(state.Platform);

    /// <summary>What the platform has.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    public async Task<PlatformPossessions> LookAsync(CancellationToken cancellationToken)
    {
        var settings = ReadSettings();
        bool isKind = settings is not null && ClusterOf(settings).HasOthersBeside;
        try
        {
            string[] clusters =
            [
                Cluster,
                .. new EnvironmentClusters(state, programs, time).Names.Select(e =>
                    EnvironmentCluster.NameOf(state.Platform, e)
                ),
            ];
            var nodes = (await _docker.ListNodesAsync(null, cancellationToken))
                .Where(n => clusters.Contains(n.Cluster, StringComparer.Ordinal))
                .ToList();
            bool isOurs =
                nodes.Count > 0
                && (
                    isKind
                    || KindRecord.IsIn(state.Folder)
                    || await new KindClusters(programs, time).FindOwnerAsync(Cluster, cancellationToken) == state.Folder
                );
            return new PlatformPossessions(
                settings,
                isOurs || isKind,
                clusters,
                isOurs ? await VolumesAsync([.. nodes.Select(n => n.Node.ContainerId)], cancellationToken) : []
            );
        }
        catch (PlatformException) when (!isKind)
        {
            return new PlatformPossessions(settings, IsKind: false, Clusters: [], Volumes: []); // a machine without an engine
        }
    }

    // One that cannot be read is told by whoever destroys, which goes by what else is there.
    private PlatformSettings? ReadSettings()
    {
        try
        {
            return state.ReadSettings();
        }
        catch (PlatformException)
        {
            return null;
        }
    }

    /// <summary>What is still there.</summary>
    /// <param name="had">What the platform had before it was destroyed.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The engine or the cluster cannot be asked: then nothing is proved.</exception>
    public async Task<IReadOnlyList<Leftover>> FindAsync(PlatformPossessions had, CancellationToken cancellationToken)
    {
        var left = new List<Leftover>();
        if (Directory.Exists(state.Folder))
        {
            left.Add(new Leftover("state folder", state.Folder, ShellCommand.Of("rm", "-r", state.Folder)));
        }

        if (had.IsKind)
        {
            left.AddRange(await FindOnDockerAsync(had, cancellationToken));
        }

        if (had.Settings is not null && ClusterOf(had.Settings) is { OutlivesPlatform: true } cluster)
        {
            left.AddRange(await FindInClusterAsync(had.Settings, cluster, cancellationToken));
        }

        return left;
    }

    private async Task<List<Leftover>> FindOnDockerAsync(PlatformPossessions had, CancellationToken cancellationToken)
    {
        var left = (await _docker.ListNodesAsync(null, cancellationToken))
            .Where(n => had.Clusters.Contains(n.Cluster, StringComparer.Ordinal))
            .Select(n => new Leftover(
                "container",
                n.Node.Name,
                ShellCommand.Of("docker", "rm", "--force", "--volumes", n.Node.Name)
            ))
            .ToList();
        var volumes = await _docker.LinesAsync(["volume", "ls", "--quiet"], cancellationToken);
        left.AddRange(
            had.Volumes.Intersect(volumes, StringComparer.Ordinal)
                .Select(v => new Leftover("volume", v, ShellCommand.Of("docker", "volume", "rm", v)))
        );
        // The network of kind is every cluster's; one of the cluster's own name would be ours.
        left.AddRange(
            (await _docker.LinesAsync(["network", "ls", "--format", "{{.Name}}"], cancellationToken))
                .Where(n => n != DockerProgram.Network && had.Clusters.Contains(n, StringComparer.Ordinal))
                .Select(n => new Leftover("network", n, ShellCommand.Of("docker", "network", "rm", n)))
        );
        left.AddRange(
            had.Clusters.Select(KindClusterName.ContextOf)
                .Intersect(UsersContexts(), StringComparer.Ordinal)
                .Select(c => new Leftover(
                    "kubeconfig context",
                    c,
                    ShellCommand.Of("kubectl", "config", "delete-context", c)
                ))
        );

        return left;
    }

    private async Task<List<Leftover>> FindInClusterAsync(
        PlatformSettings settings,
        ICluster cluster,
        CancellationToken cancellationToken
    )
    {
        using (var client = await cluster.ConnectAsync(cancellationToken))
        {
            var left = new List<Leftover>();
            foreach (
                string selector in new[] { DeliveryLabels.Environment, "app.kubernetes.io/part-of=platform-baseline" }
            )
            {
                var namespaces = await client.ListAsync(
                    "v1",
                    "Namespace",
                    null,
                    new ListOptions { LabelSelector = selector },
                    cancellationToken
                );
                left.AddRange(
                    namespaces
                        .Items.Select(n => n.Metadata().Text("name") ?? "")
                        .Select(n => new Leftover("namespace", n, Kubectl(settings, "delete", "namespace", n)))
                );
            }

            if (
                await ClusterMarker.FindAsync(client, cancellationToken) is { } marker
                && marker.Platform == state.Platform
            )
            {
                left.Add(
                    new Leftover(
                        "marker",
                        "kube-system/platform-local",
                        Kubectl(settings, "-n", "kube-system", "delete", "configmap", "platform-local")
                    )
                );
            }

            return left;
        }
    }

    // The platform's own kubeconfig went with its state folder.
    private static string Kubectl(PlatformSettings settings, params IEnumerable<string> arguments)
    {
        string[] file = settings.Kubeconfig is { } kubeconfig ? ["--kubeconfig", kubeconfig] : [];
        string[] context = settings.Context is { } name ? ["--context", name] : [];
        return ShellCommand.Of(["kubectl", .. file, .. context, .. arguments]);
    }

    private ICluster ClusterOf(PlatformSettings settings) => PlatformClusters.Of(state, settings, programs, time);

    private async Task<IReadOnlyList<string>> VolumesAsync(string[] containers, CancellationToken cancellationToken) =>
        [
            .. (await _docker.InspectAsync(containers, cancellationToken))
                .SelectMany(c => c.Items("Mounts"))
                .Where(m => m.Text("Type") == "volume")
                .Select(m => m.Text("Name"))
                .OfType<string>(),
        ];

    /// <summary>The contexts of the user's own kubeconfig, which the platform never writes.</summary>
    private static IReadOnlyList<string> UsersContexts()
    {
        try
        {
            return Kubeconfig.LoadDefault(Environment.GetEnvironmentVariable("KUBECONFIG")).Contexts;
        }
        catch (PlatformException)
        {
            return []; // there is none
        }
    }
}
