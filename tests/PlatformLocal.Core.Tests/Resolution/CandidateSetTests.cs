using FsCheck;
using FsCheck.Fluent;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Tests.Resolution;

public sealed class CandidateSetTests
{
    private const int Size = 12;

    private static readonly PlatformVersion[] s_releases =
    [
        .. "0.9 1.0.0-rc.1 1.0 1.0.0.1 1.2.3-rc.1 1.2.3 1.2.4 1.3.0-dev.2 1.3.0 2.0.0-rc.1 2.0.0"
            .Split(' ')
            .Select(PlatformVersion.Parse),
    ];

    [Fact]
    public void Sets_behave_as_sets_of_their_members()
    {
        var sets = from members in Gen.Elements(true, false).ArrayOf(Size) select members;
        var pairs = from a in sets from b in sets select (a, b);

        Prop.ForAll(
                pairs.ToArbitrary(),
                p =>
                {
                    var (a, b) = (Of(p.a), Of(p.b));
                    return Holds(a.Intersect(b), i => p.a[i] && p.b[i])
                        && Holds(a.Union(b), i => p.a[i] || p.b[i])
                        && Holds(a.Complement(Size), i => !p.a[i])
                        && a.IsSubsetOf(b) == Enumerable.Range(0, Size).All(i => !p.a[i] || p.b[i])
                        && a.IsDisjointFrom(b) == Enumerable.Range(0, Size).All(i => !p.a[i] || !p.b[i])
                        && a.Count == p.a.Count(m => m)
                        && a.AllowsAbsence == p.a[0]
                        && a.Complement(Size).Complement(Size).Equals(a);
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(10_000).WithReplay(new Replay(new Rnd(11, 7), null)));
    }

    [Fact]
    public void The_candidates_of_a_constraint_are_those_that_it_accepts()
    {
        var bound = Gen.Elements("1", "1.0", "1.2.3", "1.2.3-rc.1", "1.3.0-dev.1", "2.0.0", "2.0.0-rc.1", "v1.2.4");
        var term =
            from op in Gen.Elements("", "=", "^", "~", ">=", ">", "<=", "<")
            from version in bound
            select op + version;
        var alternative =
            from one in term
            from other in term
            from both in Gen.Elements(true, false)
            select both ? $"{one}, {other}" : one;
        var constraints =
            from one in alternative
            from other in alternative
            from both in Gen.Elements(true, false)
            select VersionConstraint.Parse(both ? $"{one} || {other}" : one);
        var candidates = new Candidates(
            new CatalogueService
            {
                Definition = new ServiceDefinition
                {
                    Name = "a",
                    Image = "a",
                    Manifests = ".",
                    Folder = "/",
                    DependsOn = new Dictionary<string, VersionConstraint>(),
                },
                Versions = s_releases,
                DevVersions = s_releases,
            },
            useDevTags: true
        );

        Prop.ForAll(
                constraints.ToArbitrary(),
                c =>
                    Enumerable
                        .Range(1, candidates.Size - 1)
                        .All(p =>
                            candidates.AcceptedBy(c).Contains(p) == c.Accepts(candidates[p], candidates.IsDevVersion(p))
                        )
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(10_000).WithReplay(new Replay(new Rnd(12, 7), null)));
    }

    private static CandidateSet Of(bool[] members) =>
        members.Select((m, i) => m ? CandidateSet.Single(i) : CandidateSet.Empty).Aggregate((a, b) => a.Union(b));

    private static bool Holds(CandidateSet set, Func<int, bool> expected) =>
        Enumerable.Range(0, Size).All(i => set.Contains(i) == expected(i));
}
