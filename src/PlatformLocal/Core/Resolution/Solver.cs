using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Resolution;

/// <summary>
/// The PubGrub algorithm: propagates what follows from the constraints, decides one service at a time, and learns from
/// each conflict a new incompatibility that leads straight back to the decision at fault.
/// </summary>
/// <remarks>
/// Of all valid choices it finds the one that is best for its own order of decisions: services to upgrade as new as can
/// be, then locked versions kept, then the service with the fewest candidates left as new as can be. No other choice is
/// therefore at least as good for every service and better for one.
/// </remarks>
internal sealed class Solver
{
    // Far beyond what real catalogues need; a search that passes it would not end in a person's patience.
    private const int MaximumConflicts = 50_000;

    private static readonly Comparison<KeyValuePair<string, VersionConstraint>> s_byName = (a, b) =>
        string.CompareOrdinal(a.Key, b.Key);

    private readonly Catalogue _catalogue;
    private readonly ResolutionOptions _options;
    private readonly Dictionary<string, ServiceState> _states = new(StringComparer.Ordinal);
    private readonly List<Assignment> _assignments = [];
    private readonly Queue<ServiceState> _changed = new();
    private readonly PriorityQueue<ServiceState, (int Candidates, int Number)> _pending = new();
    private readonly List<ServiceState> _preferred = [];
    private readonly List<int> _preferredAtLevel = [0];
    private int _upgrades;
    private int _nextPreferred;
    private int _conflicts;

    private Solver(Catalogue catalogue, ResolutionOptions options)
    {
        _catalogue = catalogue;
        _options = options;
    }

    private int Level => _preferredAtLevel.Count - 1;

    /// <summary>Chooses a version for every service that is needed.</summary>
    /// <exception cref="UnsolvableException">There is no choice that satisfies all constraints.</exception>
    public static IReadOnlyDictionary<string, ServiceState> Solve(
        Catalogue catalogue,
        IReadOnlyDictionary<string, VersionConstraint> roots,
        ResolutionOptions options
    )
    {
        var solver = new Solver(catalogue, options);
        foreach (var (name, constraint) in roots.OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            var state = solver.StateOf(name);
            var cause = new Cause.Claimed(name, constraint, state, options.AskerOf(name));
            solver.Add(
                state is null
                    ? Incompatibility.Of(cause)
                    : Incompatibility.Of(cause, new Term(state, state.Candidates.RefusedBy(constraint)))
            );
        }

        solver.Prefer(options.Upgrade);
        solver._upgrades = solver._preferred.Count;
        solver.Prefer(options.Locked.Keys);

        do
        {
            solver.Propagate();
        } while (solver.Decide());

        return solver._states.Values.Where(s => s.Chosen > 0).ToDictionary(s => s.Name, StringComparer.Ordinal);
    }

    private void Prefer(IEnumerable<string> names) =>
        _preferred.AddRange(names.Order(StringComparer.Ordinal).Select(StateOf).OfType<ServiceState>());

    private ServiceState? StateOf(string name)
    {
        if (!_states.TryGetValue(name, out var state) && _catalogue.Services.TryGetValue(name, out var service))
        {
            state = new ServiceState(_states.Count, name, service, new Candidates(service, _options.UseDevTags));
            _states[name] = state;
        }

        return state;
    }

    private void Add(Incompatibility? incompatibility)
    {
        if (incompatibility is null)
        {
            return;
        }

        if (incompatibility.Terms.Length == 0)
        {
            throw new UnsolvableException(incompatibility);
        }

        foreach (var term in incompatibility.Terms)
        {
            term.Service.Incompatibilities.Add(incompatibility);
        }

        // Looking at it from any of its services finds what it says.
        Enqueue(incompatibility.Terms[0].Service);
    }

    private void Enqueue(ServiceState state)
    {
        if (!state.IsQueued)
        {
            state.IsQueued = true;
            _changed.Enqueue(state);
        }
    }

    private void Propagate()
    {
        while (_changed.TryDequeue(out var state))
        {
            state.IsQueued = false;
            for (var i = state.Incompatibilities.Count - 1; i >= 0; i--)
            {
                var incompatibility = state.Incompatibilities[i];
                var (holds, open) = Check(incompatibility);
                if (holds)
                {
                    foreach (var waiting in _changed)
                    {
                        waiting.IsQueued = false;
                    }

                    _changed.Clear();
                    var learned = Learn(incompatibility);
                    Derive(Check(learned).Open!.Value, learned);
                    break;
                }

                if (open is { } term)
                {
                    Derive(term, incompatibility);
                }
            }
        }
    }

    /// <summary>Whether all statements hold, or which is the only one that may still be made false.</summary>
    private static (bool Holds, Term? Open) Check(Incompatibility incompatibility)
    {
        Term? open = null;
        foreach (var term in incompatibility.Terms)
        {
            if (term.Service.Remaining.IsSubsetOf(term.Set))
            {
                continue;
            }

            if (open is not null || term.Service.Remaining.IsDisjointFrom(term.Set))
            {
                return (false, null);
            }

            open = term;
        }

        return (open is null, open);
    }

    private void Derive(Term term, Incompatibility cause) =>
        Assign(term.Service, term.Set.Complement(term.Service.Candidates.Size), cause);

    private void Assign(ServiceState state, CandidateSet stated, Incompatibility? cause)
    {
        if (cause is null)
        {
            _preferredAtLevel.Add(_nextPreferred);
        }

        state.Remaining = state.Remaining.Intersect(stated);
        var assignment = new Assignment(state, stated, state.Remaining, Level, _assignments.Count, cause);
        state.Assignments.Add(assignment);
        _assignments.Add(assignment);
        Enqueue(state);
        EnqueueIfPending(state);
    }

    private void EnqueueIfPending(ServiceState state)
    {
        if (state.IsPending)
        {
            _pending.Enqueue(state, (state.Remaining.Count, state.Number));
        }
    }

    private Incompatibility Learn(Incompatibility conflict)
    {
        if (++_conflicts > MaximumConflicts)
        {
            throw new UnsolvableException(conflict) { GaveUpAfter = MaximumConflicts };
        }

        while (conflict.Terms.Length > 0)
        {
            Assignment? satisfier = null;
            CandidateSet about = default;
            var previousLevel = 0;
            foreach (var term in conflict.Terms)
            {
                var candidate = term.Service.SatisfierOf(term.Set);
                if (satisfier is null || candidate.Index > satisfier.Index)
                {
                    previousLevel = Math.Max(previousLevel, satisfier?.Level ?? 0);
                    satisfier = candidate;
                    about = term.Set;
                }
                else
                {
                    previousLevel = Math.Max(previousLevel, candidate.Level);
                }
            }

            // What the satisfier does not say by itself was said before it.
            if (!satisfier!.Stated.IsSubsetOf(about))
            {
                var before = satisfier.Service.Assignments.Find(a =>
                    a.Remaining.Intersect(satisfier.Stated).IsSubsetOf(about)
                )!;
                previousLevel = Math.Max(previousLevel, before.Level);
            }

            if (satisfier.Cause is null || previousLevel < satisfier.Level)
            {
                BackTo(previousLevel);
                if (conflict.Cause is Cause.Derived)
                {
                    foreach (var term in conflict.Terms)
                    {
                        term.Service.Incompatibilities.Add(conflict);
                    }
                }

                return conflict;
            }

            conflict = conflict.ResolveWith(satisfier.Cause, satisfier.Service);
        }

        throw new UnsolvableException(conflict);
    }

    private void BackTo(int level)
    {
        while (_assignments.Count > 0 && _assignments[^1].Level > level)
        {
            var state = _assignments[^1].Service;
            _assignments.RemoveAt(_assignments.Count - 1);
            state.Assignments.RemoveAt(state.Assignments.Count - 1);
            state.Remaining = state.Assignments is [.., var last]
                ? last.Remaining
                : CandidateSet.Range(0, state.Candidates.Size);
            state.Chosen = CandidateSet.Absent;
            EnqueueIfPending(state);
        }

        _nextPreferred = _preferredAtLevel[level + 1];
        _preferredAtLevel.RemoveRange(level + 1, _preferredAtLevel.Count - level - 1);
    }

    private bool Decide()
    {
        for (; _nextPreferred < _preferred.Count; _nextPreferred++)
        {
            var state = _preferred[_nextPreferred];
            if (Preferred(state, isUpgrade: _nextPreferred < _upgrades) is { } wanted)
            {
                Assign(state, wanted, cause: null);
                return true;
            }
        }

        while (_pending.TryDequeue(out var state, out var priority))
        {
            if (state.IsPending && priority.Candidates == state.Remaining.Count)
            {
                Choose(state, state.Remaining.Last);
                return true;
            }
        }

        return false;
    }

    /// <summary>What a preference still narrows a service down to; <see langword="null"/> when there is nothing to do.</summary>
    private CandidateSet? Preferred(ServiceState state, bool isUpgrade)
    {
        var position = isUpgrade ? state.Remaining.Last : state.Candidates.PositionOf(_options.Locked[state.Name]);
        if (position == CandidateSet.Absent || !state.Remaining.Contains(position))
        {
            return null;
        }

        var wanted = CandidateSet
            .Single(CandidateSet.Absent)
            .Union(CandidateSet.Single(position))
            .Intersect(state.Remaining);
        return wanted.Equals(state.Remaining) ? null : wanted;
    }

    private void Choose(ServiceState state, int position)
    {
        var fits = true;
        KeyValuePair<string, VersionConstraint>[] needs = [.. state.DependenciesOf(position)];
        Array.Sort(needs, s_byName);
        foreach (var (name, constraint) in needs)
        {
            var known = state.KnownDependencies.GetValueOrDefault(name);
            if (!known.Contains(position))
            {
                var versions = WithSameDependency(state, position, name, constraint);
                state.KnownDependencies[name] = known.Union(versions);
                Add(Need(state, versions, name, constraint));
            }

            fits = fits && Fits(state, position, StateOf(name), constraint);
        }

        if (fits)
        {
            Assign(state, CandidateSet.Single(position), cause: null);
            state.Chosen = position;
        }
        else
        {
            // What was just added excludes it: to decide first would undo all up to the decision it conflicts with.
            Enqueue(state);
            EnqueueIfPending(state);
        }
    }

    private static bool Fits(ServiceState by, int position, ServiceState? needed, VersionConstraint constraint) =>
        needed == by
            ? by.Candidates.AcceptedBy(constraint).Contains(position)
            : needed is not null && !needed.Remaining.IsDisjointFrom(needed.Candidates.AcceptedBy(constraint));

    private Incompatibility? Need(ServiceState state, CandidateSet versions, string name, VersionConstraint constraint)
    {
        var needed = StateOf(name);
        var cause = new Cause.Needed(state, versions, name, constraint, needed);
        if (needed is null)
        {
            return Incompatibility.Of(cause, new Term(state, versions));
        }

        return needed == state
            ? Incompatibility.Of(cause, new Term(state, versions.Intersect(state.Candidates.RefusedBy(constraint))))
            : Incompatibility.Of(
                cause,
                new Term(state, versions),
                new Term(needed, needed.Candidates.RefusedBy(constraint))
            );
    }

    // One incompatibility for all neighbours that need the same: a conflict with one is a conflict with all.
    private static CandidateSet WithSameDependency(
        ServiceState state,
        int position,
        string name,
        VersionConstraint constraint
    )
    {
        var own = state.DependenciesOf(position);
        var (from, to) = (position, position + 1);
        while (from > 1 && IsSame(from - 1))
        {
            from--;
        }

        while (to < state.Candidates.Size && IsSame(to))
        {
            to++;
        }

        return CandidateSet.Range(from, to);

        bool IsSame(int other) =>
            state.DependenciesOf(other) is var theirs
            && (ReferenceEquals(theirs, own) || (theirs.TryGetValue(name, out var same) && same.Equals(constraint)));
    }
}
