using System.Diagnostics.CodeAnalysis;

namespace PlatformLocal.Core.Versions;

/// <summary>
/// A version: up to four numeric parts with SemVer pre-release and build, an optional leading <c>v</c>; missing parts are
/// zero. Its text is what it is: <c>1.2</c>, <c>1.2.0</c> and <c>1.2.0+7</c> are three versions of the same precedence.
/// Sorted by precedence, and those of the same by build and text.
/// </summary>
/// <remarks>https://semver.org/spec/v2.0.0.html#spec-item-11</remarks>
public sealed class PlatformVersion : IComparable<PlatformVersion>, IEquatable<PlatformVersion>
{
    private const int MaximumLength = 128;

    private readonly ulong _major;
    private readonly ulong _minor;
    private readonly ulong _patch;
    private readonly ulong _revision;
    private readonly int _releaseFrom;
    private readonly int _buildFrom;

    private PlatformVersion(string text, ReadOnlySpan<ulong> parts, int releaseFrom, int buildFrom)
    {
        Text = text;
        (_major, _minor, _patch, _revision) = (parts[0], parts[1], parts[2], parts[3]);
        _releaseFrom = releaseFrom;
        _buildFrom = buildFrom;
    }

    /// <summary>The version as it was written: a tag must be asked for by the very text it has.</summary>
    public string Text { get; }

    /// <summary>Whether it has a pre-release part.</summary>
    public bool IsPrerelease => _releaseFrom < _buildFrom;

    /// <summary>Whether it names a build.</summary>
    internal bool HasBuild => _buildFrom < Text.Length;

    internal ulong[] Parts => [_major, _minor, _patch, _revision];

    /// <summary>The pre-release part without its hyphen; empty when there is none.</summary>
    internal ReadOnlySpan<char> Release => IsPrerelease ? Text.AsSpan((_releaseFrom + 1).._buildFrom) : [];

    private ReadOnlySpan<char> Build => HasBuild ? Text.AsSpan(_buildFrom + 1) : [];

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
        if (string.IsNullOrEmpty(text) || text.Length > MaximumLength)
        {
            return false;
        }

        var buildFrom = text.IndexOf('+', StringComparison.Ordinal);
        buildFrom = buildFrom < 0 ? text.Length : buildFrom;
        var releaseFrom = text.AsSpan(0, buildFrom).IndexOf('-');
        releaseFrom = releaseFrom < 0 ? buildFrom : releaseFrom;
        var parts = (stackalloc ulong[4]);
        if (
            !TryParseParts(text.AsSpan((text[0] is 'v' or 'V' ? 1 : 0)..releaseFrom), parts)
            || (releaseFrom < buildFrom && !AreIdentifiers(text.AsSpan((releaseFrom + 1)..buildFrom)))
            || (buildFrom < text.Length && !AreIdentifiers(text.AsSpan(buildFrom + 1)))
        )
        {
            return false;
        }

        version = new PlatformVersion(text, parts, releaseFrom, buildFrom);
        return true;
    }

    internal static PlatformVersion Of(ulong[] parts, string release) => Parse($"{string.Join('.', parts)}-{release}");

    /// <summary>Whether neither goes before the other by SemVer, as with 1.2, v1.2.0 and 1.2.0+7.</summary>
    /// <param name="other">The other version.</param>
    public bool EqualsInOrder(PlatformVersion other) => ComparePrecedence(other) == 0;

    internal bool HasSameNumbers(PlatformVersion other) => CompareNumbers(other) == 0;

    internal bool HasSameBuild(PlatformVersion other) => Build.SequenceEqual(other.Build);

    /// <summary>Which of two goes before the other by SemVer; builds, and how it is written, do not count.</summary>
    internal int ComparePrecedence(PlatformVersion other)
    {
        // The numbers decide nearly always, and catalogues compare millions of them.
        var byNumbers = CompareNumbers(other);
        return byNumbers != 0 || (!IsPrerelease && !other.IsPrerelease) ? byNumbers
            : !IsPrerelease ? 1
            : !other.IsPrerelease ? -1
            : CompareIdentifiers(Release, other.Release);
    }

    /// <inheritdoc/>
    public int CompareTo(PlatformVersion? other)
    {
        if (other is null)
        {
            return 1;
        }

        var order = ComparePrecedence(other);
        order = order == 0 ? CompareIdentifiers(Build, other.Build) : order;
        order = order == 0 ? Text.Length.CompareTo(other.Text.Length) : order;
        return order == 0 ? string.CompareOrdinal(Text, other.Text) : order;
    }

    /// <inheritdoc/>
    public bool Equals(PlatformVersion? other) => string.Equals(Text, other?.Text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PlatformVersion);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>Whether two versions have the same text.</summary>
    public static bool operator ==(PlatformVersion? left, PlatformVersion? right) => Equals(left, right);

    /// <summary>Whether two versions have different texts.</summary>
    public static bool operator !=(PlatformVersion? left, PlatformVersion? right) => !Equals(left, right);

    /// <summary>Whether the left version is older.</summary>
    public static bool operator <(PlatformVersion left, PlatformVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left version is newer.</summary>
    public static bool operator >(PlatformVersion left, PlatformVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left version is older or the same.</summary>
    public static bool operator <=(PlatformVersion left, PlatformVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left version is newer or the same.</summary>
    public static bool operator >=(PlatformVersion left, PlatformVersion right) => left.CompareTo(right) >= 0;

    private static bool TryParseParts(ReadOnlySpan<char> text, Span<ulong> parts)
    {
        var count = 0;
        foreach (var range in text.Split('.'))
        {
            if (count == parts.Length || !TryParsePart(text[range], out parts[count++]))
            {
                return false;
            }
        }

        return true;
    }

    // One less than what fits, so that there always is a next one.
    private static bool TryParsePart(ReadOnlySpan<char> text, out ulong part) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out part) && part < ulong.MaxValue;

    private static bool AreIdentifiers(ReadOnlySpan<char> text)
    {
        foreach (var range in text.Split('.'))
        {
            var identifier = text[range];
            if (identifier.IsEmpty)
            {
                return false;
            }

            foreach (var c in identifier)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c != '-')
                {
                    return false;
                }
            }
        }

        return true;
    }

    private int CompareNumbers(PlatformVersion other) =>
        _major != other._major ? _major.CompareTo(other._major)
        : _minor != other._minor ? _minor.CompareTo(other._minor)
        : _patch != other._patch ? _patch.CompareTo(other._patch)
        : _revision.CompareTo(other._revision);

    private static int CompareIdentifiers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        while (!left.IsEmpty && !right.IsEmpty)
        {
            var order = CompareIdentifier(Take(ref left), Take(ref right));
            if (order != 0)
            {
                return order;
            }
        }

        // Of two that begin alike, the one with more identifiers goes after.
        return left.IsEmpty ? (right.IsEmpty ? 0 : -1) : 1;
    }

    private static ReadOnlySpan<char> Take(ref ReadOnlySpan<char> identifiers)
    {
        var end = identifiers.IndexOf('.');
        var first = end < 0 ? identifiers : identifiers[..end];
        identifiers = end < 0 ? [] : identifiers[(end + 1)..];
        return first;
    }

    // Numbers of any size, as build stamps are: the longer one is the larger one.
    private static int CompareIdentifier(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var (leftIsNumber, rightIsNumber) = (IsNumber(left), IsNumber(right));
        if (!leftIsNumber || !rightIsNumber)
        {
            return leftIsNumber != rightIsNumber ? (leftIsNumber ? -1 : 1) : left.SequenceCompareTo(right);
        }

        left = left.TrimStart('0');
        right = right.TrimStart('0');
        return left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);
    }

    private static bool IsNumber(ReadOnlySpan<char> identifier) => !identifier.ContainsAnyExceptInRange('0', '9');
}
