using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace PlatformLocal.Core.Versions;

/// <summary>
/// Which versions are acceptable: exact (<c>v1.2.3</c>), <c>*</c>, <c>latest</c>, patterns (<c>1.x.x.x</c>,
/// <c>1.2.*</c>), <c>^1.0.0.0</c> (the first part that is not zero stays), <c>~1.2.3</c> (the second part stays),
/// comparators joined by comma or space (<c>&gt;=1.2.0, &lt;2.0.0</c>) and alternatives joined by <c>||</c>. A version or
/// pattern that ends in <c>-0</c> lets every pre-release in, as for Flux and Helm.
/// </summary>
public sealed class VersionConstraint : IEquatable<VersionConstraint>
{
    private const string AllPrereleases = "-0";

    private static readonly SearchValues<char> EndsOperand = SearchValues.Create(" \t,<>=^~");

    private VersionConstraint(string text, IReadOnlyList<VersionInterval> alternatives)
    {
        Text = text;
        Alternatives = alternatives;
    }

    /// <summary>Every version that is no pre-release.</summary>
    public static VersionConstraint Any { get; } = new("*", [VersionInterval.All]);

    /// <summary>The constraint as it was written.</summary>
    public string Text { get; }

    /// <summary>The intervals of which a version must be in one.</summary>
    internal IReadOnlyList<VersionInterval> Alternatives { get; }

    /// <summary>The one version that it accepts, when it names exactly one; else <see langword="null"/>.</summary>
    public PlatformVersion? Exact => Alternatives is [{ Only: { } only }] ? only : null;

    /// <summary>Whether a version is acceptable.</summary>
    /// <param name="version">The version.</param>
    /// <param name="withPrereleases">Accept pre-releases that the text does not name: so with dev tags.</param>
    public bool Accepts(PlatformVersion version, bool withPrereleases = false) =>
        Alternatives.Any(i =>
            i.Contains(version) && (!version.IsPrerelease || withPrereleases || i.NamesPrerelease(version))
        );

    /// <summary>Reads a constraint.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is no constraint; says which part is wrong.</exception>
    public static VersionConstraint Parse(string text) =>
        TryParse(text, out var constraint, out var fault) ? constraint : throw new FormatException(fault);

    /// <summary>Reads a constraint, or says what is wrong with it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="constraint">The constraint.</param>
    /// <param name="fault">What is wrong, for people.</param>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out VersionConstraint? constraint,
        [NotNullWhen(false)] out string? fault
    )
    {
        constraint = null;
        if (text.Length > 512)
        {
            fault = "a version constraint has at most 512 characters";
            return false;
        }

        var intervals = new List<VersionInterval>();
        foreach (var alternative in text.Split("||"))
        {
            if (!TryParseAlternative(alternative, out var interval, out fault))
            {
                fault = $"'{text}' is not a version constraint: {fault}";
                return false;
            }

            intervals.Add(interval);
        }

        fault = null;
        constraint = new VersionConstraint(text.Trim(), intervals);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <inheritdoc/>
    public bool Equals(VersionConstraint? other) => string.Equals(Text, other?.Text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VersionConstraint);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    private static bool TryParseAlternative(
        string text,
        [NotNullWhen(true)] out VersionInterval? interval,
        [NotNullWhen(false)] out string? fault
    )
    {
        interval = null;
        var found = VersionInterval.All;
        var count = 0;
        var rest = text.AsSpan().Trim([' ', '\t', ',']);
        while (rest.Length > 0)
        {
            var op = Operator(rest);
            rest = rest[op.Length..].TrimStart();
            var end = rest.IndexOfAny(EndsOperand);
            var operand = (end < 0 ? rest : rest[..end]).ToString();
            if (!TryParseTerm(op, operand, out var term, out fault))
            {
                return false;
            }

            found = found.Intersect(term);
            count++;
            rest = rest[operand.Length..].TrimStart([' ', '\t', ',']);
        }

        fault = count == 0 ? "it is empty; write * for any version" : null;
        interval = found;
        return fault is null;
    }

    private static string Operator(ReadOnlySpan<char> text)
    {
        foreach (var op in (ReadOnlySpan<string>)[">=", "<=", ">", "<", "=", "^", "~"])
        {
            if (text.StartsWith(op, StringComparison.Ordinal))
            {
                return op;
            }
        }

        return "";
    }

    private static bool TryParseTerm(
        string op,
        string operand,
        [NotNullWhen(true)] out VersionInterval? interval,
        [NotNullWhen(false)] out string? fault
    )
    {
        interval = null;
        fault = null;
        var numbers = (operand.StartsWith('v') ? operand[1..] : operand).Split('.');
        var namesAll = operand.EndsWith(AllPrereleases, StringComparison.Ordinal);
        if (namesAll)
        {
            numbers[^1] = numbers[^1][..^AllPrereleases.Length];
        }

        if (op.Length == 0 && (operand is "latest" || (numbers is [var only] && IsWildcard(only))))
        {
            interval = VersionInterval.All with { NamesAllPrereleases = namesAll };
            return true;
        }

        var given = Array.FindIndex(numbers, IsWildcard);
        if (given >= 0)
        {
            if (op.Length > 0 || !numbers[given..].All(IsWildcard) || numbers.Length > 4 || given == 0)
            {
                fault = $"the pattern '{op}{operand}' may have x or * only at its end, and no operator";
                return false;
            }

            operand = string.Join('.', numbers[..given]);
        }

        if (!PlatformVersion.TryParse(operand, out var version))
        {
            fault = operand.Length == 0 ? $"'{op}' is followed by no version" : $"'{operand}' is not a version";
            return false;
        }

        interval = (given >= 0 ? Below(version, given - 1) : Compare(op, version)) with
        {
            Written = version.IsPrerelease ? [version] : [],
            NamesAllPrereleases = namesAll,
        };
        return true;
    }

    private static VersionInterval Compare(string op, PlatformVersion version) =>
        op switch
        {
            ">=" => new(version, true, null, true),
            ">" => new(version, false, null, true),
            "<=" => new(null, true, version, true),
            "<" => new(null, true, version.IsPrerelease ? version : BeforeAny(version.Parts), false),
            "^" => Below(
                version,
                Math.Max(
                    0,
                    Array.FindIndex(version.Parts, p => p != 0) is var i and >= 0 ? i : WrittenParts(version) - 1
                )
            ),
            "~" => Below(version, Math.Min(1, WrittenParts(version) - 1)),
            _ => new(version, true, version, true),
        };

    // How many numeric parts the text has: "1.2-rc.1" has two.
    private static int WrittenParts(PlatformVersion version) =>
        version.Text.TrimStart('v', 'V').Split('-', '+')[0].Split('.').Length;

    /// <summary>From the version up to, without, the next value of one of its parts.</summary>
    private static VersionInterval Below(PlatformVersion version, int part)
    {
        var next = version.Parts;
        next[part]++;
        next.AsSpan(part + 1).Clear();
        return new VersionInterval(version, true, BeforeAny(next), false);
    }

    private static PlatformVersion BeforeAny(ulong[] parts) => PlatformVersion.Of(parts, "0");

    private static bool IsWildcard(string part) => part is "x" or "X" or "*";
}
