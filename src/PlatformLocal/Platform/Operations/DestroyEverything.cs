using PlatformLocal.Core.Environments;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Operations;

/// <summary>Removes every platform of one folder, those too whose state folder is gone, and the local registry when no cluster is left that uses it.</summary>
/// <param name="root">The folder of all platforms.</param>
/// <param name="open">Opens a platform by its name.</param>
/// <param name="programs">Runs <c>docker</c> and <c>kind</c>.</param>
/// <param name="time">The clock of waits.</param>
public sealed class DestroyEverything(
    string root,
    Func<string, LocalPlatform> open,
    ProgramRunner programs,
    TimeProvider time
)
{
    private readonly KindClusters _clusters = new(programs, time);

    /// <summary>Removes everything that a platform made; what others made stays.</summary>
    /// <param name="report">Is told what is removed.</param>
    /// <param name="cancellationToken">Stops; the next call goes on.</param>
    /// <returns>What is left nevertheless.</returns>
    /// <exception cref="PlatformException">Platforms cannot be removed; the others are.</exception>
    public async Task<IReadOnlyList<Leftover>> RunAsync(Action<string> report, CancellationToken cancellationToken)
    {
        var left = new List<Leftover>();
        var faults = new List<PlatformException>();
        var clusters = await _clusters.TryListAsync(report, cancellationToken);
        var names = new SortedSet<string>(Folders(), StringComparer.Ordinal);
        names.UnionWith(await OwnersAsync(clusters ?? [], report, cancellationToken));
        foreach (var name in names)
        {
            try
            {
                var platform = open(name);
                var leftovers = new Leftovers(platform.State, programs, time);
                var had = await leftovers.LookAsync(cancellationToken);
                await new DestroyLocalPlatform(platform, programs, time).RunAsync(report, cancellationToken);
                report($"The platform '{name}' is removed");
                left.AddRange(await leftovers.FindAsync(had, cancellationToken));
            }
            catch (PlatformException e)
            {
                faults.Add(e);
            }
        }

        if (faults.Count > 0)
        {
            throw new PlatformException(
                faults[0].Kind,
                string.Join('\n', faults.Select(f => f.Message)),
                string.Join('\n', faults.Select(f => f.NextStep).OfType<string>().Distinct(StringComparer.Ordinal)),
                faults[0]
            );
        }

        if (clusters is not null)
        {
            await RemoveRegistryAsync(report, cancellationToken);
        }

        return left;
    }

    private IEnumerable<string> Folders() =>
        Directory.Exists(root)
            ? Directory
                .EnumerateDirectories(root)
                .Select(f => Path.GetFileName(f))
                .Where(n => Names.FaultOf(n) is null && new StateFolder(root, n).IsPlatforms)
            : [];

    /// <summary>The platforms of this folder that clusters say they belong to: those of other folders are other people's.</summary>
    private async Task<IReadOnlyList<string>> OwnersAsync(
        IReadOnlyList<KindClusterStatus> clusters,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        var here = CanonicalPath.Of(root);
        var names = new List<string>();
        foreach (var cluster in clusters)
        {
            try
            {
                if (
                    await _clusters.FindOwnerAsync(cluster.Name, cancellationToken) is { Length: > 0 } folder
                    && Path.GetDirectoryName(folder) == here
                )
                {
                    names.Add(Path.GetFileName(folder));
                }
            }
            catch (PlatformException e)
            {
                report(e.Message.Split('\n')[0]); // one with a state folder here is removed nevertheless
            }
        }

        return names;
    }

    private async Task RemoveRegistryAsync(Action<string> report, CancellationToken cancellationToken)
    {
        var registry = new LocalRegistry(programs);
        var others = await _clusters.ListAsync(cancellationToken);
        if (others.Count > 0)
        {
            report(
                $"The registry {registry.Name} stays: other clusters use it ({string.Join(", ", others.Select(c => c.Name))})"
            );
        }
        else if (await registry.RemoveAsync(cancellationToken))
        {
            report($"The registry {registry.Name} is removed, with its images");
        }
    }
}
