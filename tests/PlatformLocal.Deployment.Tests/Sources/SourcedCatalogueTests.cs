using FsCheck;
using FsCheck.Fluent;
using PlatformLocal.Core;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;
using PlatformLocal.Deployment.Sources;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Sources;

/// <summary>Definitions that are read only when they are wanted, on random small catalogues against trying everything.</summary>
public sealed class SourcedCatalogueTests
{
    private const int Cases = 1000;

    [Fact]
    public void Reading_only_what_is_wanted_finds_an_answer_exactly_when_there_is_one_and_none_that_is_beaten()
    {
        var (solved, unread, same) = (0, 0, 0);
        Prop.ForAll(
                SmallProblems.Generate().ToArbitrary(),
                generated =>
                {
                    var problem = WithoutCirclesOfOne(generated);
                    var (found, left) = Resolve(problem);
                    var answers = problem.Answers().ToList();
                    if (found is null)
                    {
                        return answers.Count == 0;
                    }

                    solved++;
                    unread += left;
                    same += SmallProblems.Resolve(problem, new ResolutionOptions())!.ToHashSet().SetEquals(found)
                        ? 1
                        : 0;
                    return problem.IsAnswer(found)
                        && SmallProblems.IsNeeded(problem, found)
                        && !answers.Exists(a => SmallProblems.Beats(a, found));
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Cases).WithReplay(new Replay(new Rnd(11, 7), null)));
        TestContext.Current.SendDiagnosticMessage($"{solved} solved, {same} of them as by reading everything");
        solved.Should().BeInRange(Cases / 5, Cases * 4 / 5, "both outcomes are to be tried often");
        unread.Should().BeGreaterThan(solved, "most versions are never read");
    }

    private static (Dictionary<string, PlatformVersion>? Found, int Unread) Resolve(SmallProblem problem)
    {
        var services = problem.Catalogue.Services.ToDictionary(
            s => s.Key,
            SourcedService (s) =>
                new Remembered(s.Value)
                {
                    Name = s.Key,
                    Source = "memory",
                    Versions = [.. s.Value.Versions.Order()],
                }
        );
        var catalogue = new SourcedCatalogue(new Catalogue(new Dictionary<string, CatalogueService>()), services);
        try
        {
            var resolved = catalogue
                .ResolveAsync(problem.Roots, new ResolutionOptions(), CancellationToken.None)
                .GetAwaiter()
                .GetResult();
            return (
                resolved.Services.ToDictionary(s => s.Definition.Name, s => s.Version),
                services.Values.Cast<Remembered>().Sum(s => s.Unread)
            );
        }
        catch (PlatformException e) when (e.Message.Contains("the claim asks for", StringComparison.OrdinalIgnoreCase))
        {
            return (null, 0);
        }
    }

    // A service that needs itself is a fault of its definition, tested elsewhere.
    private static SmallProblem WithoutCirclesOfOne(SmallProblem problem) =>
        problem with
        {
            Catalogue = new Catalogue(
                problem.Catalogue.Services.ToDictionary(
                    s => s.Key,
                    s =>
                        s.Value with
                        {
                            DependsOnByVersion = s.Value.Versions.ToDictionary(
                                v => v,
                                IReadOnlyDictionary<string, VersionConstraint> (v) =>
                                    s.Value.DependenciesOf(v).Where(d => d.Key != s.Key).ToDictionary()
                            ),
                        }
                )
            ),
        };

    private sealed class Remembered(CatalogueService service) : SourcedService
    {
        private readonly HashSet<PlatformVersion> _read = [];

        public int Unread => Versions.Count - _read.Count;

        public override int MostAtOnce => 2;

        public override Task<IReadOnlyDictionary<PlatformVersion, DefinitionText>> ReadAsync(
            IReadOnlyList<PlatformVersion> versions,
            CancellationToken cancellationToken
        )
        {
            versions.Should().NotIntersectWith(_read, "nothing is read twice");
            _read.UnionWith(versions);
            return Task.FromResult<IReadOnlyDictionary<PlatformVersion, DefinitionText>>(
                versions.ToDictionary(v => v, v => new DefinitionText(TextOf(v), "memory", $"memory@{v}"))
            );
        }

        public override Task<string> FetchAsync(
            PlatformVersion version,
            ServiceDefinition definition,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException("Nothing is deployed here.");

        private string TextOf(PlatformVersion version) =>
            "apiVersion: platform.local/v1alpha1\nkind: ServiceDefinition\nmetadata: {name: "
            + Name
            + "}\nspec: {image: i, manifests: m, dependsOn: {"
            + string.Join(", ", service.DependenciesOf(version).Select(d => $"{d.Key}: \"{d.Value}\""))
            + "}}\n";
    }
}
