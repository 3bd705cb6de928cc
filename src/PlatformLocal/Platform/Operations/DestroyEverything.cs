using PlatformLocal.Core;
using PlatformLocal.Core.Environments;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Operations;

/// <summary>Removes every platform of one folder, those too whose state folder is gone, and the local registry when no cluster is left that uses it.</summary>
/// <param name="root">The folder of all platforms.</param>
/// <param name="open">Opens a platform by its state folder.</param>
/// <param name="programs">Runs <c>docker</c> and <c>kind</c>.</param>
/// <param name="time">The clock of waits.</param>
public sealed class DestroyEverything(
    string root,
    Func<StateFolder, LocalPlatform> open,
    ProgramRunner programs,
    TimeProvider time
)
{
    /// <summary>Removes everything that a platform made; what others made stays.</summary>
    /// <param name="report">Is told what is removed.</param>
    /// <param name="cancellationToken">Stops; the next call goes on.</param>
    /// <returns>What is left nevertheless.</returns>
    /// <exception cref="PlatformException">A platform cannot be removed.</exception>
    public async Task<IReadOnlyList<Leftover>> RunAsync(Action<string> report, CancellationToken cancellationToken)
    {
        var left = new List<Leftover>();
        foreach (string name in await NamesAsync(cancellationToken))
        {
            var state = new StateFolder(root, name);
            var leftovers = new Leftovers(state, programs, time);
            var had = await leftovers.LookAsync(cancellationToken);
            await open(state).DestroyAsync(cancellationToken);
            report($"The platform '{name}' is removed");
            left.AddRange(await leftovers.FindAsync(had, cancellationToken));
        }

        if (InstalledPrograms.Has("docker"))
        {
            await RemoveRegistryAsync(report, cancellationToken);
        }

        return left;
    }

    private async Task RemoveRegistryAsync(Action<string> report, CancellationToken cancellationToken)
    {
        var others = await new KindClusters(programs, time).ListAsync(cancellationToken);
        if (others.Count > 0)
        {
            report(
                $"The registry kind-registry stays: other clusters use it ({string.Join(", ", others.Select(c => c.Name))})"
            );
        }
        else if (await new LocalRegistry(programs).RemoveAsync(cancellationToken))
        {
            report("The registry kind-registry is removed, with its images");
        }
    }

    private async Task<IReadOnlyCollection<string>> NamesAsync(CancellationToken cancellationToken)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        if (Directory.Exists(root))
        {
            names.UnionWith(
                Directory
                    .EnumerateDirectories(root)
                    .Select(f => Path.GetFileName(f))
                    .Where(n => Names.FaultOf(n) is null)
                    .Where(n => new StateFolder(root, n).ReadSettings() is not null)
            );
        }

        if (InstalledPrograms.Has("docker"))
        {
            var clusters = new KindClusters(programs, time);
            foreach (var cluster in await clusters.ListAsync(cancellationToken))
            {
                // Clusters of other folders are other people's, though the platform made them.
                if (
                    await clusters.FindOwnerAsync(cluster.Name, cancellationToken) is { Length: > 0 } folder
                    && Path.GetDirectoryName(folder) == Path.GetFullPath(root)
                )
                {
                    names.Add(Path.GetFileName(folder));
                }
            }
        }

        return names;
    }
}
