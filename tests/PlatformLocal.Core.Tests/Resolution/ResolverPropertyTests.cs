using FsCheck;
using FsCheck.Fluent;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;
using PlatformLocal.Testing;

namespace PlatformLocal.Core.Tests.Resolution;

/// <summary>What the resolver promises, on random small catalogues against trying everything.</summary>
public sealed class ResolverPropertyTests
{
    private const int Cases = 10_000;

    [Fact]
    public void It_finds_an_answer_exactly_when_there_is_one_and_the_answer_is_valid_needed_and_unbeaten()
    {
        var solved = 0;
        Check(
            problem =>
            {
                var answers = problem.Answers().ToList();
                var found = SmallProblems.Resolve(problem, new ResolutionOptions());
                solved += found is null ? 0 : 1;
                return found is null
                    ? answers.Count == 0
                    : problem.IsAnswer(found)
                        && SmallProblems.IsNeeded(problem, found)
                        && !answers.Exists(a => SmallProblems.Beats(a, found));
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
                var found = SmallProblems.Resolve(problem, new ResolutionOptions { Locked = problem.Locked });
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
                var found = SmallProblems.Resolve(problem, new ResolutionOptions { Locked = problem.Locked });
                return found is null
                    || SmallProblems
                        .Resolve(problem, new ResolutionOptions { Locked = found })!
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
                var found = SmallProblems.Resolve(
                    problem,
                    new ResolutionOptions { Locked = problem.Locked, Upgrade = [root] }
                );
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
        Prop.ForAll(SmallProblems.Generate().ToArbitrary(), law)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Cases).WithReplay(new Replay(new Rnd(seed, 7), null)));

    private static HashSet<string> Left(SmallProblem problem, Dictionary<string, PlatformVersion> answer) =>
        [.. answer.Where(a => problem.Locked[a.Key] != a.Value).Select(a => a.Key)];
}
