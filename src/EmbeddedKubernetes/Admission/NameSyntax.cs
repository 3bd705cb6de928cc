using System.Text.RegularExpressions;

namespace EmbeddedKubernetes.Admission;

/// <summary>The forms names and labels may take (RFC 1123, Kubernetes' qualified names).</summary>
internal static partial class NameSyntax
{
    public const string SubdomainRule =
        "a lowercase RFC 1123 subdomain is needed: lower case letters, digits, '-' and '.', beginning and ending with a letter or digit, at most 253 characters";

    public const string LabelRule =
        "a lowercase RFC 1123 label is needed: lower case letters, digits and '-', beginning and ending with a letter or digit, at most 63 characters";

    public const string QualifiedRule =
        "a qualified name is needed: letters, digits, '-', '_' and '.', beginning and ending with a letter or digit, at most 63 characters, optionally after a DNS subdomain and '/'";

    public const string LabelValueRule =
        "a label value is empty or at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit";

    public static bool IsSubdomain(string text) => text.Length <= 253 && Subdomain().IsMatch(text);

    public static bool IsLabel(string text) => text.Length <= 63 && Label().IsMatch(text);

    public static bool IsPathSegment(string text) =>
        text is not ("." or ".." or "") && text.AsSpan().IndexOfAny('/', '%') < 0;

    public static bool IsLabelValue(string text) =>
        text.Length == 0 || (text.Length <= 63 && Qualified().IsMatch(text));

    public static bool IsQualifiedName(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var name = text[(slash + 1)..];
        return name.Length is > 0 and <= 63
            && Qualified().IsMatch(name)
            && (slash < 0 || (slash > 0 && IsSubdomain(text[..slash])));
    }

    /// <summary>What is wrong with the name of a port (an IANA service name); null when nothing is.</summary>
    public static string? PortNameFault(string text) =>
        text.Length > 15 ? "must be no more than 15 characters"
        : text.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            ? "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
        : !text.Any(char.IsAsciiLetterLower) ? "must contain at least one letter (a-z)"
        : text.Contains("--", StringComparison.Ordinal) ? "must not contain consecutive hyphens"
        : text[0] == '-' || text[^1] == '-' ? "must not begin or end with a hyphen"
        : null;

    public static bool IsConfigKey(string text) =>
        text.Length is > 0 and <= 253 && ConfigKey().IsMatch(text) && text is not ("." or "..");

    [GeneratedRegex(
        @"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Qualified();

    [GeneratedRegex(@"^[-._a-zA-Z0-9]+\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ConfigKey();
}
