using System.Text.RegularExpressions;

namespace EmbeddedKubernetes.Api.Documents;

/// <summary>Orders API versions: stable before beta before alpha, newer before older, anything else last by name.</summary>
internal static partial class VersionPriority
{
    public static IComparer<string> Comparer { get; } =
        Comparer<string>.Create(
            static (a, b) =>
            {
                var order = Rank(b).CompareTo(Rank(a));
                return order != 0 ? order : string.CompareOrdinal(a, b);
            }
        );

    private static (int Stage, int Major, int Minor) Rank(string version)
    {
        var match = Form().Match(version);
        if (!match.Success)
        {
            return (-1, 0, 0);
        }
        var stage = match.Groups["stage"].Value switch
        {
            "alpha" => 0,
            "beta" => 1,
            _ => 2,
        };
        return (stage, Number(match.Groups["major"].Value), Number(match.Groups["minor"].Value));
    }

    private static int Number(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out var n) ? n : 0;

    [GeneratedRegex(
        @"^v(?<major>[0-9]{1,6})((?<stage>alpha|beta)(?<minor>[0-9]{1,6}))?\z",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Form();
}
