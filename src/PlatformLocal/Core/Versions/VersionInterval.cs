namespace PlatformLocal.Core.Versions;

/// <summary>Versions between two bounds, by precedence; a bound that is <see langword="null"/> is open.</summary>
internal sealed record VersionInterval(
    PlatformVersion? Minimum,
    bool IncludesMinimum,
    PlatformVersion? Maximum,
    bool IncludesMaximum
)
{
    public static readonly VersionInterval All = new(null, true, null, true);

    /// <summary>The pre-releases that are written in it: those of the same numbers are named with them.</summary>
    public IReadOnlyList<PlatformVersion> Written { get; init; } = [];

    /// <summary>Whether every pre-release between the bounds is named: <c>-0</c>, the lowest there is, says so.</summary>
    public bool NamesAllPrereleases { get; init; }

    /// <summary>The one version that it is about, when the bounds are the same.</summary>
    public PlatformVersion? Only =>
        Minimum is not null && IncludesMinimum && IncludesMaximum && Minimum == Maximum ? Minimum : null;

    /// <summary>Whether a version is between the bounds, and of the build that is asked for.</summary>
    public bool Contains(PlatformVersion version) =>
        (Minimum is null || version.ComparePrecedence(Minimum) >= (IncludesMinimum ? 0 : 1))
        && (Maximum is null || version.ComparePrecedence(Maximum) <= (IncludesMaximum ? 0 : -1))
        && (Only is not { HasBuild: true } only || only.HasSameBuild(version));

    /// <summary>Whether a pre-release is named.</summary>
    public bool NamesPrerelease(PlatformVersion version) => NamesAllPrereleases || Written.Any(version.HasSameNumbers);

    public VersionInterval Intersect(VersionInterval other)
    {
        var minimum =
            other.Minimum is not null && IsTighter(other.Minimum, Minimum, other.IncludesMinimum, 1) ? other : this;
        var maximum =
            other.Maximum is not null && IsTighter(other.Maximum, Maximum, other.IncludesMaximum, -1) ? other : this;
        return new VersionInterval(minimum.Minimum, minimum.IncludesMinimum, maximum.Maximum, maximum.IncludesMaximum)
        {
            Written = [.. Written, .. other.Written],
            NamesAllPrereleases = NamesAllPrereleases || other.NamesAllPrereleases,
        };
    }

    private static bool IsTighter(PlatformVersion bound, PlatformVersion? than, bool isIncluded, int direction) =>
        than is null
        || bound.ComparePrecedence(than) * direction is var order && (order > 0 || (order == 0 && !isIncluded));
}
