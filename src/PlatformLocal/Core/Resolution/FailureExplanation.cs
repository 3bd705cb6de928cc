using PlatformLocal.Core.Text;

namespace PlatformLocal.Core.Resolution;

/// <summary>Why no choice of versions satisfies a claim: the derivation of the conflict in plain sentences.</summary>
internal sealed class FailureExplanation
{
    // A derivation that nobody would read to its end is cut in the middle: what it starts from and comes to stays.
    private const int MaximumSentences = 40;

    private readonly List<string> _sentences = [];
    private readonly List<Cause> _facts = [];

    private FailureExplanation(Incompatibility conflict)
    {
        if (conflict.Cause is not Cause.Derived)
        {
            _facts.Add(conflict.Cause);
            _sentences.Add($"{Capital(conflict.Statement())}.");
            return;
        }

        var conclusions = InOrder(conflict);
        var numbers = Numbers(conclusions);
        for (var i = 0; i < conclusions.Count; i++)
        {
            Conclude(conclusions[i], i > 0 ? conclusions[i - 1] : null, numbers);
        }
    }

    /// <summary>The failure for people: the derivation, and what could be changed.</summary>
    public static PlatformException Of(UnsolvableException failure, Catalogue catalogue, bool useDevTags)
    {
        if (failure.GaveUpAfter > 0)
        {
            return Refuse(
                $"No set of versions was found in {failure.GaveUpAfter:N0} conflicts. The last: {failure.Conflict.Statement()}.",
                "Name exact versions for the services in conflict."
            );
        }

        var explanation = new FailureExplanation(failure.Conflict);
        return Refuse(explanation.Text(), explanation.NextStep(catalogue, useDevTags));
    }

    private static PlatformException Refuse(string message, string next) =>
        new(FailureKind.InvalidInput, message, next);

    private string Text()
    {
        if (_sentences.Count <= MaximumSentences)
        {
            return string.Join(" ", _sentences);
        }

        var head = _sentences.Take(MaximumSentences / 2);
        var tail = _sentences.TakeLast(MaximumSentences / 2);
        var left = _sentences.Count - MaximumSentences;
        return string.Join(
            " ",
            head.Append($"({Counted.Of(left, "step between is", "steps between are")} left out.)").Concat(tail)
        );
    }

    private string NextStep(Catalogue catalogue, bool useDevTags)
    {
        foreach (var (name, state) in _facts.Select(Target))
        {
            if (state is null)
            {
                // People name a service by its folder.
                if (catalogue.Services.Values.FirstOrDefault(s => IsIn(s.Definition, name)) is { } misnamed)
                {
                    return $"The folder {name} has the service '{misnamed.Definition.Name}': ask for it by this name, "
                        + "or correct metadata.name in its service.yaml.";
                }

                var near = Nearest.To(name, catalogue.Services.Keys);
                var known = catalogue.Services.Keys.Order(StringComparer.Ordinal).Take(20);
                return near.Count > 0
                    ? $"Did you mean {string.Join(" or ", near)}?"
                    : $"Known are: {string.Join(", ", known)}.";
            }
        }

        var unmet = _facts.Find(f => Constraint(f) is { } c && Target(f).State!.Candidates.AcceptedBy(c).IsEmpty);
        if (unmet is not null)
        {
            var service = catalogue.Services[Target(unmet).Name];
            var builds = service.DevVersions;
            return !useDevTags && builds.Any(v => Constraint(unmet)!.Accepts(v, withPrereleases: true))
                    ? "There are development builds that would: add --use-dev-tags."
                : service.Versions.Count + builds.Count == 0
                    ? $"List versions of {service.Definition.Name} in the catalogue, or say in its service.yaml where they are "
                        + "listed: versions: registry, or git."
                : "Ask for one of the available versions.";
        }

        var asked = _facts.OfType<Cause.Claimed>().Select(c => c.Service).Distinct().Order(StringComparer.Ordinal);
        return $"Change what the claim asks of {string.Join(" or ", asked)}.";
    }

    private static bool IsIn(ServiceDefinition definition, string folder) =>
        definition.Folder.Split('/', '\\')[^1] == folder;

    private static (string Name, ServiceState? State) Target(Cause fact) =>
        fact switch
        {
            Cause.Claimed claimed => (claimed.Service, claimed.State),
            Cause.Needed needed => (needed.Service, needed.State),
            _ => throw new InvalidOperationException("Only facts are about one service."),
        };

    private static Versions.VersionConstraint? Constraint(Cause fact) =>
        fact switch
        {
            Cause.Claimed claimed => claimed.Constraint,
            Cause.Needed needed => needed.Constraint,
            _ => null,
        };

    /// <summary>All that was derived, each after what it follows from; without recursion, as derivations can be deep.</summary>
    private static List<Incompatibility> InOrder(Incompatibility conflict)
    {
        var order = new List<Incompatibility>();
        var told = new HashSet<Incompatibility>();
        var waiting = new Stack<(Incompatibility Next, bool CausesTold)>([(conflict, false)]);
        while (waiting.TryPop(out var top))
        {
            if (top.Next.Cause is not Cause.Derived derived || told.Contains(top.Next))
            {
                continue;
            }

            if (top.CausesTold)
            {
                told.Add(top.Next);
                order.Add(top.Next);
                continue;
            }

            // What was pushed first is told last: the line of conflicts runs through One and is not interrupted.
            waiting.Push((top.Next, true));
            waiting.Push((derived.One, false));
            waiting.Push((derived.Other, false));
        }

        return order;
    }

    /// <summary>Numbers for what a sentence refers to that does not stand right before it.</summary>
    private static Dictionary<Incompatibility, int> Numbers(List<Incompatibility> conclusions)
    {
        var referred = new HashSet<Incompatibility>();
        for (var i = 0; i < conclusions.Count; i++)
        {
            var derived = (Cause.Derived)conclusions[i].Cause;
            referred.UnionWith(
                new[] { derived.One, derived.Other }.Where(c =>
                    c.Cause is Cause.Derived && (i == 0 || c != conclusions[i - 1])
                )
            );
        }

        return conclusions.Where(referred.Contains).Select((c, i) => (c, i)).ToDictionary(p => p.c, p => p.i + 1);
    }

    private void Conclude(
        Incompatibility conclusion,
        Incompatibility? previous,
        Dictionary<Incompatibility, int> numbers
    )
    {
        var derived = (Cause.Derived)conclusion.Cause;
        var reasons = new List<string>();
        foreach (var reason in new[] { derived.Other, derived.One }.Where(r => r != previous))
        {
            if (reason.Cause is not Cause.Derived && !_facts.Contains(reason.Cause))
            {
                _facts.Add(reason.Cause);
            }

            reasons.Add(reason.Statement() + (numbers.TryGetValue(reason, out var told) ? $" ({told})" : ""));
        }

        var opening = reasons.Count == 1 ? "And because" : "Because";
        var number = numbers.TryGetValue(conclusion, out var own) ? $" ({own})" : "";
        _sentences.Add($"{opening} {string.Join(" and ", reasons)}, {conclusion.Statement()}{number}.");
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
