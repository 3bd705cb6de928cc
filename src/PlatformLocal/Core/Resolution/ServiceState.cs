using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Resolution;

/// <summary>One thing the solver assumes or has concluded about a service.</summary>
/// <param name="Service">The service.</param>
/// <param name="Stated">What is assumed or concluded.</param>
/// <param name="Remaining">The candidates that remain after it.</param>
/// <param name="Level">How many decisions there were when it was made, itself included.</param>
/// <param name="Index">Its number among all assignments.</param>
/// <param name="Cause">What it follows from; <see langword="null"/> for a decision.</param>
internal sealed record Assignment(
    ServiceState Service,
    CandidateSet Stated,
    CandidateSet Remaining,
    int Level,
    int Index,
    Incompatibility? Cause
);

/// <summary>What the solver knows about one service at this moment.</summary>
internal sealed class ServiceState(int number, string name, CatalogueService service, Candidates candidates)
{
    private readonly IReadOnlyDictionary<string, VersionConstraint>?[] _dependencies = new IReadOnlyDictionary<
        string,
        VersionConstraint
    >?[candidates.Size];

    /// <summary>Its number in the order of discovery.</summary>
    public int Number { get; } = number;

    public string Name { get; } = name;

    public Candidates Candidates { get; } = candidates;

    public List<Assignment> Assignments { get; } = [];

    public List<Incompatibility> Incompatibilities { get; } = [];

    /// <summary>By service that is needed: the candidates of which the need is known as an incompatibility.</summary>
    public Dictionary<string, CandidateSet> KnownDependencies { get; } = new(StringComparer.Ordinal);

    public CandidateSet Remaining { get; set; } = CandidateSet.Range(0, candidates.Size);

    /// <summary>The chosen position; <see cref="CandidateSet.Absent"/> while none is.</summary>
    public int Chosen { get; set; }

    public bool IsQueued { get; set; }

    /// <summary>Whether a version must be chosen and none is yet.</summary>
    public bool IsPending => Chosen == CandidateSet.Absent && !Remaining.AllowsAbsence;

    /// <summary>What a candidate needs.</summary>
    public IReadOnlyDictionary<string, VersionConstraint> DependenciesOf(int position) =>
        _dependencies[position] ??= service.DependenciesOf(Candidates[position]);

    /// <summary>The first assignment after which a set covers all that remains.</summary>
    public Assignment SatisfierOf(CandidateSet set)
    {
        foreach (var assignment in Assignments)
        {
            if (assignment.Remaining.IsSubsetOf(set))
            {
                return assignment;
            }
        }

        throw new InvalidOperationException($"Nothing that is known about {Name} satisfies the statement.");
    }
}
