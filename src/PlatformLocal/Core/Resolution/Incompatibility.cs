using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Resolution;

/// <summary>A statement about one service: its candidate is in the set.</summary>
internal readonly record struct Term(ServiceState Service, CandidateSet Set);

/// <summary>Why an incompatibility holds.</summary>
internal abstract record Cause
{
    /// <summary>The claim asks for a service.</summary>
    public sealed record Claimed(string Service, VersionConstraint Constraint, ServiceState? State, string Asks)
        : Cause;

    /// <summary>Versions of a service need another service.</summary>
    public sealed record Needed(
        ServiceState By,
        CandidateSet Versions,
        string Service,
        VersionConstraint Constraint,
        ServiceState? State
    ) : Cause;

    /// <summary>Two others cannot both hold without it.</summary>
    public sealed record Derived(Incompatibility One, Incompatibility Other) : Cause;
}

/// <summary>Statements that cannot all be true: what the solver knows and learns. Without statements, nothing can.</summary>
internal sealed class Incompatibility
{
    private Incompatibility(Term[] terms, Cause cause)
    {
        Terms = terms;
        Cause = cause;
    }

    public Term[] Terms { get; }

    public Cause Cause { get; }

    /// <summary>An incompatibility of statements about different services.</summary>
    /// <returns><see langword="null"/> when the statements can never all be true, so that nothing is said.</returns>
    public static Incompatibility? Of(Cause cause, params ReadOnlySpan<Term> terms)
    {
        var kept = 0;
        foreach (var term in terms)
        {
            if (term.Set.IsEmpty)
            {
                return null;
            }

            kept += SaysSomething(term) ? 1 : 0;
        }

        var saying = new Term[kept];
        foreach (var term in terms)
        {
            if (SaysSomething(term))
            {
                saying[^kept--] = term;
            }
        }

        return new Incompatibility(saying, cause);

        // A statement that is always true says nothing.
        static bool SaysSomething(Term term) => term.Set.Count < term.Service.Candidates.Size;
    }

    public CandidateSet? SetOf(ServiceState service)
    {
        foreach (var term in Terms)
        {
            if (term.Service == service)
            {
                return term.Set;
            }
        }

        return null;
    }

    /// <summary>What follows from this and another about everything but one service, on which they speak differently.</summary>
    public Incompatibility ResolveWith(Incompatibility other, ServiceState about)
    {
        var terms = new List<Term>(Terms.Length + other.Terms.Length);
        foreach (var term in Terms)
        {
            var theirs = other.SetOf(term.Service);
            var set =
                theirs is null ? term.Set
                : term.Service == about ? term.Set.Union(theirs.Value)
                : term.Set.Intersect(theirs.Value);
            terms.Add(term with { Set = set });
        }

        foreach (var term in other.Terms)
        {
            if (SetOf(term.Service) is null)
            {
                terms.Add(term);
            }
        }

        return Of(new Cause.Derived(this, other), [.. terms])!;
    }
}
