using System.Text.RegularExpressions;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>What to correct when the API refuses an object: servers name fields as they have them, which the manifest may not have.</summary>
internal static partial class ManifestAdvice
{
    /// <summary>The refusal with fields of the manifest in its next step; the refusal as it is when it names none.</summary>
    public static PlatformException Of(KubernetesException fault, DesiredObject desired)
    {
        string[] add = [.. Fields(fault, desired.Content, isMissing: true)];
        string[] correct = [.. Fields(fault, desired.Content, isMissing: false)];
        if (fault.Kind != FailureKind.InvalidInput || add.Length + correct.Length == 0)
        {
            return fault;
        }
        string[] steps =
        [
            .. correct.Length > 0 ? new[] { $"correct {string.Join(", ", correct)}" } : [],
            .. add.Length > 0 ? new[] { $"add {string.Join(", ", add)}" } : [],
        ];
        string step = string.Join(" and ", steps);
        return new PlatformException(
            fault.Kind,
            fault.Message,
            $"{char.ToUpperInvariant(step[0])}{step[1..]} in the manifest of {desired.Reference}.",
            fault
        );
    }

    private static IEnumerable<string> Fields(KubernetesException fault, JsonObject content, bool isMissing) =>
        fault
            .Causes.Where(cause => cause.Field.Length > 0 && !Recreation.Says(cause.Message))
            .Select(cause => (Field: cause.Field, Known: Known(content, cause.Field), cause.Reason))
            .Where(cause => isMissing == (cause.Reason == "FieldValueRequired" && cause.Known != cause.Field))
            .Select(cause => isMissing ? cause.Field : cause.Known)
            .Where(field => field.Length > 0)
            .Distinct(StringComparer.Ordinal);

    /// <summary>As much of a field's path as the manifest has.</summary>
    private static string Known(JsonObject content, string path)
    {
        JsonNode? node = content;
        int end = 0;
        foreach (Match part in Part().Matches(path))
        {
            string name = part.Groups["name"].Value;
            node = node switch
            {
                JsonObject item when part.Groups["name"].Success => item[name],
                JsonObject item when part.Groups["key"].Success => item[part.Groups["key"].Value],
                JsonArray list when int.TryParse(part.Groups["key"].Value, out int index) => list.ElementAtOrDefault(
                    index
                ),
                _ => null,
            };
            if (node is null)
            {
                break;
            }
            end = part.Index + part.Length;
        }
        return path[..end];
    }

    [GeneratedRegex(@"\G\.?(?<name>[^.\[\]]+)|\G\[(?<key>[^\]]*)\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Part();
}
