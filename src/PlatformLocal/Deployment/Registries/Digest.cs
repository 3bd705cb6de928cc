using System.Text.RegularExpressions;

namespace PlatformLocal.Deployment.Registries;

/// <summary>Digests of content as registries write them: <c>sha256:…</c>.</summary>
public static partial class Digest
{
    /// <summary>The digest of content.</summary>
    /// <param name="content">The content.</param>
    public static string Of(ReadOnlySpan<byte> content) =>
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";

    /// <summary>Whether a reference to a manifest is a digest and not a tag.</summary>
    /// <param name="reference">The reference.</param>
    public static bool Is(string reference) => Syntax().IsMatch(reference);

    [GeneratedRegex("^sha256:[0-9a-f]{64}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Syntax();
}
