using FsCheck;
using FsCheck.Fluent;
using PlatformLocal.Core;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;

namespace PlatformLocal.Testing;

/// <summary>Random small problems of versions, and judgements of their answers.</summary>
public static class SmallProblems
{
    private static readonly string[] s_names = ["a", "b", "c", "d", "e"];
    private static readonly string[] s_versions = ["1.0", "1.1", "2.0-rc.1", "2.0", "2.0.0.1"];

    private static readonly VersionConstraint[] s_constraints =
    [
        .. new[]
        {
            "*",
            "*",
            "1.0",
            "1.1",
            "2.0",
            "^1.0",
            "^1.1",
            "2.x",
            ">=1.1",
            "<2.0",
            "<=1.0",
            ">2.0",
            "~2.0",
            "1.0 || 2.0",
            ">=1.0 <1.1 || >=2.0",
            ">=2.0-rc.1",
            "3.0",
        }.Select(VersionConstraint.Parse),
    ];

    public static Gen<SmallProblem> Generate()
    {
        var dependency = from name in Gen.Elements(s_names) from c in Gen.Elements(s_constraints) select (name, c);
        var needs =
            from count in Gen.Frequency((4, Gen.Constant(0)), (4, Gen.Constant(1)), (2, Gen.Constant(2)))
            from list in dependency.ListOf(count)
            select (IReadOnlyDictionary<string, VersionConstraint>)
                list.DistinctBy(d => d.name).ToDictionary(d => d.name, d => d.c);
        var versions = from kept in Gen.Elements(true, true, false).ArrayOf(s_versions.Length) select Kept(kept);
        var service =
            from own in versions
            from all in needs
            from differing in needs.ArrayOf(s_versions.Length)
            select (own, all, differing);
        return from services in service.ArrayOf(s_names.Length)
            from roots in dependency.ListOf(2)
            from locks in Gen.Elements(s_versions).ArrayOf(s_names.Length)
            select new SmallProblem(
                new Catalogue(
                    s_names
                        .Zip(services)
                        .ToDictionary(
                            s => s.First,
                            s => Service(s.First, s.Second.own, s.Second.all, s.Second.differing)
                        )
                ),
                roots.DistinctBy(r => r.name).ToDictionary(r => r.name, r => r.c),
                s_names.Zip(locks).ToDictionary(l => l.First, l => PlatformVersion.Parse(l.Second))
            );
    }

    private static List<PlatformVersion> Kept(bool[] kept) =>
        [.. s_versions.Where((_, i) => kept[i]).Take(4).Select(PlatformVersion.Parse)];

    private static CatalogueService Service(
        string name,
        List<PlatformVersion> versions,
        IReadOnlyDictionary<string, VersionConstraint> all,
        IReadOnlyDictionary<string, VersionConstraint>[] differing
    ) =>
        new()
        {
            Definition = new ServiceDefinition
            {
                Name = name,
                Image = name,
                Manifests = ".",
                Folder = "/",
                DependsOn = all,
            },
            Versions = versions,
            DependsOnByVersion = versions
                .Where((_, i) => i % 2 == 0)
                .Select((v, i) => (v, differing[i]))
                .ToDictionary(d => d.v, d => d.Item2),
        };

    public static bool IsNeeded(SmallProblem problem, Dictionary<string, PlatformVersion> answer)
    {
        var needed = new HashSet<string>(problem.Roots.Keys);
        while (
            needed
                .SelectMany(n => problem.Catalogue.Services[n].DependenciesOf(answer[n]).Keys)
                .Where(n => !needed.Contains(n))
                .ToList()
                is { Count: > 0 } more
        )
        {
            needed.UnionWith(more);
        }

        return needed.SetEquals(answer.Keys);
    }

    public static bool Beats(Dictionary<string, PlatformVersion> other, Dictionary<string, PlatformVersion> found) =>
        found.All(f => other.TryGetValue(f.Key, out var v) && v >= f.Value) && found.Any(f => other[f.Key] > f.Value);

    public static Dictionary<string, PlatformVersion>? Resolve(SmallProblem problem, ResolutionOptions options)
    {
        try
        {
            return Resolver
                .Resolve(problem.Catalogue, problem.Roots, options)
                .Services.ToDictionary(s => s.Definition.Name, s => s.Version);
        }
        catch (PlatformException)
        {
            return null;
        }
    }
}
