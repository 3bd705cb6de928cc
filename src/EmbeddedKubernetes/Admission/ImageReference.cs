using System.Text.RegularExpressions;

namespace EmbeddedKubernetes.Admission;

/// <summary>Names of images, in the grammar of the distribution project: <c>[host[:port]/]path[:tag][@digest]</c>.</summary>
internal static partial class ImageReference
{
    /// <returns>Why a kubelet does not take the name, or null.</returns>
    public static string? Fault(string image)
    {
        if (Identifier().IsMatch(image))
        {
            return "invalid repository name (" + image + "), cannot specify 64-byte hexadecimal strings";
        }
        if (Form().IsMatch(image))
        {
            return null;
        }
        var name = image.Split('@')[0];
        var colon = name.LastIndexOf(':');
        name = colon > name.LastIndexOf('/') ? name[..colon] : name;
        return Form().IsMatch(image.ToLowerInvariant())
            ? $"invalid reference format: repository name ({(name.Contains('/', StringComparison.Ordinal) ? name : "library/" + name)}) must be lowercase"
            : "invalid reference format";
    }

    [GeneratedRegex("^[a-f0-9]{64}\\z", RegexOptions.None, 1000)]
    private static partial Regex Identifier();

    // A first part is a host when it has a dot, a port or a capital, or is localhost.
    [GeneratedRegex(
        @"^((localhost|(?=[^/]*[.:A-Z])([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(:[0-9]+)?/)?"
            + @"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
            + @"(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?"
            + @"(@[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?\z",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Form();
}
