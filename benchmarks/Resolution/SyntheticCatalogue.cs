using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;

namespace PlatformLocal.Benchmarks;

/// <summary>Catalogues of the size of a large company, the same at each run.</summary>
internal static class SyntheticCatalogue
{
    private const int Layers = 10;

    public static IReadOnlyDictionary<string, VersionConstraint> DiamondRoots { get; } =
        new Dictionary<string, VersionConstraint> { ["top"] = VersionConstraint.Any };

    /// <summary>
    /// Services in layers; each version needs zero to five services of the layer below, newer versions newer ones: so
    /// most newest versions fit together, and some need an older one.
    /// </summary>
    public static Catalogue Layered(int services, int versions)
    {
        var random = new Random(4711);
        var perLayer = services / Layers;
        var all = new Dictionary<string, CatalogueService>(services);
        for (var s = 0; s < services; s++)
        {
            var layer = s / perLayer;
            var targets = layer == Layers - 1 ? [] : Targets(random, (layer + 1) * perLayer, perLayer);
            all[Name(s)] = Service(
                Name(s),
                [.. Enumerable.Range(0, versions).Select(Version)],
                v => targets.ToDictionary(Name, _ => Constraint(random, v, versions))
            );
        }

        return new Catalogue(all);
    }

    /// <summary>What a claim would ask for: the upper layer.</summary>
    public static Dictionary<string, VersionConstraint> Roots(int services) =>
        Enumerable
            .Range(0, services / Layers)
            .ToDictionary(Name, i => i % 3 == 0 ? VersionConstraint.Parse("^1.0") : VersionConstraint.Any);

    /// <summary>Diamonds on diamonds whose last two edges exclude each other whatever is chosen above.</summary>
    public static Catalogue DeepDiamonds(int depth, int versions)
    {
        var all = new Dictionary<string, CatalogueService>
        {
            ["top"] = Service(
                "top",
                [.. Enumerable.Range(0, versions).Select(Version)],
                _ => new() { ["left-0"] = VersionConstraint.Any, ["right-0"] = VersionConstraint.Any }
            ),
            ["bottom"] = Service("bottom", [.. Enumerable.Range(0, versions).Select(Version)], _ => []),
        };
        for (var level = 0; level < depth; level++)
        {
            foreach (var side in new[] { "left", "right" })
            {
                var (name, below) = ($"{side}-{level}", level + 1);
                all[name] = Service(
                    name,
                    [.. Enumerable.Range(0, versions).Select(Version)],
                    v =>
                        below < depth
                            ? new()
                            {
                                [$"left-{below}"] = VersionConstraint.Parse($">={Version(v / 2)}"),
                                [$"right-{below}"] = VersionConstraint.Parse($">={Version(v / 2)}"),
                            }
                            : new() { ["bottom"] = VersionConstraint.Parse(side == "left" ? "<1.5.0" : ">=1.5.0") }
                );
            }
        }

        return new Catalogue(all);
    }

    public static PlatformVersion Version(int number) => PlatformVersion.Parse($"1.{number}.0");

    private static string Name(int number) => $"service-{number:00000}";

    private static int[] Targets(Random random, int first, int count) =>
        [.. Enumerable.Range(0, random.Next(2, 6)).Select(_ => first + random.Next(count)).Distinct()];

    private static VersionConstraint Constraint(Random random, int version, int versions) =>
        random.Next(40) switch
        {
            0 => VersionConstraint.Parse($">=1.{version / 2}.0, <1.{Math.Max(2, versions - 2)}.0"),
            < 10 => VersionConstraint.Parse($"^1.{version / 2}.0"),
            < 25 => VersionConstraint.Parse($">=1.{version / 2}.0"),
            _ => VersionConstraint.Any,
        };

    private static CatalogueService Service(
        string name,
        PlatformVersion[] versions,
        Func<int, Dictionary<string, VersionConstraint>> dependsOn
    ) =>
        new()
        {
            Definition = new ServiceDefinition
            {
                Name = name,
                Image = $"docker-releases/{name}",
                Manifests = "infrastructure",
                Folder = "/",
                DependsOn = dependsOn(versions.Length - 1),
            },
            Versions = versions,
            DependsOnByVersion = versions
                .Select((v, i) => (v, i))
                .SkipLast(1)
                .ToDictionary(p => p.v, IReadOnlyDictionary<string, VersionConstraint> (p) => dependsOn(p.i)),
        };
}
