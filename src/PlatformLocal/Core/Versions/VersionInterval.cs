namespace PlatformLocal.Core.Versions;

/// <summary>Versions between two bounds; a bound that is <see langword="null"/> is open.</summary>
internal sealed record VersionInterval(
    PlatformVersion? Minimum,
    bool IncludesMinimum,
    PlatformVersion? Maximum,
    bool IncludesMaximum
)
{
    public static readonly VersionInterval All = new(null, true, null, true);

    public bool Contains(PlatformVersion version) =>
        (Minimum is null || (IncludesMinimum ? version >= Minimum : version > Minimum))
        && (Maximum is null || (IncludesMaximum ? version <= Maximum : version < Maximum));

    /// <summary>Whether one of the bounds names a pre-release of the very same numbers.</summary>
    public bool NamesPrereleaseOf(PlatformVersion version) => Names(Minimum, version) || Names(Maximum, version);

    public VersionInterval Intersect(VersionInterval other)
    {
        var minimum = this;
        if (
            other.Minimum is not null
            && (Minimum is null || other.Minimum > Minimum || (other.Minimum == Minimum && !other.IncludesMinimum))
        )
        {
            minimum = other;
        }

        var maximum = this;
        if (
            other.Maximum is not null
            && (Maximum is null || other.Maximum < Maximum || (other.Maximum == Maximum && !other.IncludesMaximum))
        )
        {
            maximum = other;
        }

        return new VersionInterval(minimum.Minimum, minimum.IncludesMinimum, maximum.Maximum, maximum.IncludesMaximum);
    }

    // The bound 2.0.0-0 stands for "before every 2.0.0": nobody wrote it.
    private static bool Names(PlatformVersion? bound, PlatformVersion version) =>
        bound is { IsPrerelease: true, Release: not "0" } && bound.HasSameNumbers(version);
}
