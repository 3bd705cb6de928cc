using FsCheck;
using FsCheck.Fluent;
using PlatformLocal.Resolution;
using PlatformLocal.Versions;

namespace PlatformLocal.Tests.Resolution;

/// <summary>What the resolver promises, on random small catalogues against trying everything.</summary>
public sealed class ResolverPropertyTests
{
    private const int Cases = 10_000;

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

    [Fact]
    public void It_finds_an_answer_exactly_when_there_is_one_and_the_answer_is_valid_needed_and_unbeaten()
    {
        var solved = 0;
        Check(
            problem =>
            {
                var answers = problem.Answers().ToList();
                var found = Resolve(problem, new ResolutionOptions());
                solved += found is null ? 0 : 1;
                return found is null
                    ? answers.Count == 0
                    : problem.IsAnswer(found) && IsNeeded(problem, found) && !answers.Exists(a => Beats(a, found));
            },
            seed: 1
        );
        solved.Should().BeInRange(Cases / 5, Cases * 4 / 5, "both outcomes are to be tried often");
    }

    [Fact]
    public void Locked_versions_are_left_only_where_no_answer_keeps_one_more_of_them()
    {
        Check(
            problem =>
            {
                var found = Resolve(problem, new ResolutionOptions { Locked = problem.Locked });
                if (found is null)
                {
                    return !problem.Answers().Any();
                }

                var left = Left(problem, found);
                return problem.IsAnswer(found)
                    && problem
                        .Answers()
                        .Where(a => Left(problem, a).IsSubsetOf(left))
                        .All(a => !left.Any(n => a.TryGetValue(n, out var v) && v == problem.Locked[n]));
            },
            seed: 2
        );
    }

    [Fact]
    public void A_lock_of_an_answer_gives_that_answer_again()
    {
        Check(
            problem =>
            {
                var found = Resolve(problem, new ResolutionOptions { Locked = problem.Locked });
                return found is null
                    || Resolve(problem, new ResolutionOptions { Locked = found })!
                        .ToHashSet()
                        .SetEquals(found.ToHashSet());
            },
            seed: 3
        );
    }

    [Fact]
    public void A_service_to_upgrade_becomes_as_new_as_any_answer_with_it_lets_it()
    {
        Check(
            problem =>
            {
                var root = problem.Roots.Keys.Order(StringComparer.Ordinal).First();
                var found = Resolve(problem, new ResolutionOptions { Locked = problem.Locked, Upgrade = [root] });
                return found is null || found[root] == problem.Answers().Max(a => a[root]);
            },
            seed: 4
        );
    }

    [Fact]
    public void A_failure_ends_in_the_claim_and_names_what_it_asks_for()
    {
        Check(
            problem =>
            {
                try
                {
                    _ = Resolver.Resolve(problem.Catalogue, problem.Roots, useDevTags: false);
                    return true;
                }
                catch (PlatformException e)
                {
                    return e.Kind == FailureKind.InvalidInput
                        && e.Message.Contains("the claim asks for", StringComparison.OrdinalIgnoreCase)
                        && e.Message.EndsWith('.')
                        && e.NextStep is not null;
                }
            },
            seed: 5
        );
    }

    private static void Check(Func<SmallProblem, bool> law, ulong seed) =>
        Prop.ForAll(Problems().ToArbitrary(), law)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Cases).WithReplay(new Replay(new Rnd(seed, 7), null)));

    internal static Gen<SmallProblem> Problems()
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

    internal static Dictionary<string, PlatformVersion>? Resolve(SmallProblem problem, ResolutionOptions options)
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

    internal static bool IsNeeded(SmallProblem problem, Dictionary<string, PlatformVersion> answer)
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

    internal static bool Beats(Dictionary<string, PlatformVersion> other, Dictionary<string, PlatformVersion> found) =>
        found.All(f => other.TryGetValue(f.Key, out var v) && v >= f.Value) && found.Any(f => other[f.Key] > f.Value);

    private static HashSet<string> Left(SmallProblem problem, Dictionary<string, PlatformVersion> answer) =>
        [.. answer.Where(a => problem.Locked[a.Key] != a.Value).Select(a => a.Key)];
}
