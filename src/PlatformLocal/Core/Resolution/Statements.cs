using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Resolution;

/// <summary>Incompatibilities in words: parts of sentences, without a full stop.</summary>
internal static class Statements
{
    private const int MaximumRanges = 4;
    private const int MaximumAvailable = 8;

    public static string Statement(this Incompatibility incompatibility) =>
        incompatibility.Cause switch
        {
            Cause.Claimed c => $"{c.Asks} {Wanted(c.Service, c.Constraint, c.State)}",
            Cause.Needed n when n.By == n.State =>
                $"{Described(n.By, n.Versions)} needs itself as '{n.Constraint}', which it is not",
            Cause.Needed n => $"{Described(n.By, n.Versions)} needs {Wanted(n.Service, n.Constraint, n.State)}",
            _ => Conclusion(incompatibility.Terms),
        };

    private static string Wanted(string service, VersionConstraint constraint, ServiceState? state)
    {
        if (state is null)
        {
            return $"the service '{service}', which is not in the catalogue";
        }

        return state.Candidates.AcceptedBy(constraint).IsEmpty
            ? $"{service} '{constraint}', which no version satisfies ({Available(state)})"
            : $"{service} '{constraint}'";
    }

    private static string Available(ServiceState state)
    {
        var count = state.Candidates.Size - 1;
        if (count == 0)
        {
            return "it has no versions in the catalogue";
        }

        var newest = Enumerable
            .Range(0, Math.Min(count, MaximumAvailable))
            .Select(i => state.Candidates[count - i].Text);
        return $"available: {string.Join(", ", newest)}{(count > MaximumAvailable ? ", …" : "")}";
    }

    private static string Conclusion(Term[] terms)
    {
        var present = terms.Where(t => !t.Set.AllowsAbsence).Select(t => Described(t.Service, t.Set)).ToList();
        var required = terms
            .Where(t => t.Set.AllowsAbsence)
            .Select(t => Described(t.Service, t.Set.Complement(t.Service.Candidates.Size)))
            .ToList();
        return (present, required) switch
        {
            ([], []) => "the claim cannot be met",
            ([], _) => $"{string.Join(" or ", required)} is required",
            ([var only], []) => $"{only} cannot be used",
            (_, []) => $"{string.Join(" and ", present)} exclude each other",
            ([var only], _) => $"{only} needs {string.Join(" or ", required)}",
            _ => $"{string.Join(" with ", present)} needs {string.Join(" or ", required)}",
        };
    }

    private static string Described(ServiceState service, CandidateSet set)
    {
        if (set.Count == service.Candidates.Size - 1)
        {
            return set.Count == 1 ? $"{service.Name} {service.Candidates[1]}" : $"every version of {service.Name}";
        }

        var ranges = new List<string>();
        for (var i = 0; i < Math.Min(set.Ranges, MaximumRanges); i++)
        {
            var (from, to) = set.RangeAt(i);
            var (first, last) = (service.Candidates[from], service.Candidates[to - 1]);
            ranges.Add(from == to - 1 ? first.Text : $"{first} to {last}");
        }

        return $"{service.Name} {string.Join(", ", ranges)}{(set.Ranges > MaximumRanges ? ", …" : "")}";
    }
}
