namespace PlatformLocal.Core.Resolution;

/// <summary>No choice of versions satisfies all constraints; the incompatibility says why.</summary>
internal sealed class UnsolvableException(Incompatibility conflict) : Exception
{
    /// <summary>The last conflict, with all that it was derived from.</summary>
    public Incompatibility Conflict { get; } = conflict;

    /// <summary>How many conflicts were met when the search was given up; zero when it was complete.</summary>
    public int GaveUpAfter { get; init; }
}
