using System.Diagnostics.CodeAnalysis;
using NuGet.Versioning;

namespace PlatformLocal.Core.Versions;

/// <summary>
/// A version: up to four numeric parts with SemVer pre-release and build, an optional leading <c>v</c>; missing parts
/// are zero, so that <c>1.2</c> equals <c>1.2.0.0</c>. Ordered as SemVer orders; build metadata does not count.
/// </summary>
public sealed class PlatformVersion : IComparable<PlatformVersion>, IEquatable<PlatformVersion>
{
    private readonly NuGetVersion _version;
    private readonly ulong _upper;
    private readonly ulong _lower;

    private PlatformVersion(NuGetVersion version, string text)
    {
        _version = version;
        _upper = ((ulong)version.Major << 32) | (uint)version.Minor;
        _lower = ((ulong)version.Patch << 32) | (uint)version.Revision;
        Text = text;
    }

    /// <summary>The version as it was written: a tag must be asked for by the very text it has.</summary>
    public string Text { get; }

    /// <summary>Whether it has a pre-release part.</summary>
    internal bool IsPrerelease => _version.IsPrerelease;

    internal int[] Parts => [_version.Major, _version.Minor, _version.Patch, _version.Revision];

    internal string Release => _version.Release;

    /// <summary>Reads a version.</summary>
    /// <param name="text">The text, such as <c>v1.2.3-rc.1+build5</c>.</param>
    /// <exception cref="FormatException">The text is no version.</exception>
    public static PlatformVersion Parse(string text) =>
        TryParse(text, out var version)
            ? version
            : throw new FormatException($"'{text}' is not a version such as 1.2.3, v1.2.3.4 or 1.2.3-rc.1");

    /// <summary>Reads a version, or says that the text is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="version">The version.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out PlatformVersion? version)
    {
        version = null;
        if (
            string.IsNullOrEmpty(text)
            || text.Length > 128
            || char.IsWhiteSpace(text[0])
            || char.IsWhiteSpace(text[^1])
        )
        {
            return false;
        }

        var bare = text[0] is 'v' or 'V' ? text[1..] : text;
        if (bare.Length == 0 || !char.IsAsciiDigit(bare[0]) || !NuGetVersion.TryParse(bare, out var parsed))
        {
            return false;
        }

        version = new PlatformVersion(parsed, text);
        return true;
    }

    internal static PlatformVersion Of(int[] parts, string? release = null)
    {
        var version = new NuGetVersion(parts[0], parts[1], parts[2], parts[3], release ?? "", "");
        return new PlatformVersion(version, version.ToNormalizedString());
    }

    internal bool HasSameNumbers(PlatformVersion other) => _upper == other._upper && _lower == other._lower;

    /// <inheritdoc/>
    public int CompareTo(PlatformVersion? other)
    {
        if (other is null)
        {
            return 1;
        }

        // The numbers decide nearly always, and catalogues compare millions of them.
        var byNumbers = _upper == other._upper ? _lower.CompareTo(other._lower) : _upper.CompareTo(other._upper);
        return byNumbers != 0 || (!IsPrerelease && !other.IsPrerelease)
            ? byNumbers
            : VersionComparer.VersionRelease.Compare(_version, other._version);
    }

    /// <inheritdoc/>
    public bool Equals(PlatformVersion? other) => other is not null && CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PlatformVersion);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_upper, _lower, IsPrerelease);

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>Whether two versions are equal.</summary>
    public static bool operator ==(PlatformVersion? left, PlatformVersion? right) => Equals(left, right);

    /// <summary>Whether two versions differ.</summary>
    public static bool operator !=(PlatformVersion? left, PlatformVersion? right) => !Equals(left, right);

    /// <summary>Whether the left version is older.</summary>
    public static bool operator <(PlatformVersion left, PlatformVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left version is newer.</summary>
    public static bool operator >(PlatformVersion left, PlatformVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left version is older or equal.</summary>
    public static bool operator <=(PlatformVersion left, PlatformVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left version is newer or equal.</summary>
    public static bool operator >=(PlatformVersion left, PlatformVersion right) => left.CompareTo(right) >= 0;
}
