using System.Text.RegularExpressions;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>What to correct when the API refuses an object: servers name fields as they have them, which the manifest may not have.</summary>
internal static partial class ManifestAdvice
{
    /// <summary>The refusal with fields of the manifest in its next step; the refusal as it is when it names none.</summary>
    public static PlatformException Of(KubernetesException fault, DesiredObject desired)
    {
        if (NotText().Match(fault.ServerMessage) is { Success: true } unquoted)
        {
            return With(fault, desired, $"Write {unquoted.Groups["field"].Value.TrimStart('.')} in quotes");
        }
        string[] add = [.. Fields(fault, desired.Content, isMissing: true)];
        string[] correct = [.. Fields(fault, desired.Content, isMissing: false)];
        if (fault.Kind != FailureKind.InvalidInput || (add.Length + correct.Length == 0 && desired.Place is null))
        {
            return fault;
        }
        string[] steps =
        [
            .. correct.Length > 0 ? new[] { $"correct {string.Join(", ", correct)}" } : [],
            .. add.Length > 0 ? new[] { $"add {string.Join(", ", add)}" } : [],
        ];
        string step = steps.Length > 0 ? string.Join(" and ", steps) : "correct what is refused";
        return With(fault, desired, $"{char.ToUpperInvariant(step[0])}{step[1..]}");
    }

    private static PlatformException With(KubernetesException fault, DesiredObject desired, string step) =>
        new(
            fault.Kind,
            fault.Message,
            $"{step} in the manifest of {desired.Reference}" + (desired.Place is { } place ? $", {place}." : "."),
            fault
        );

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

    // As servers say it that read the object, and as those that compare who manages its fields.
    [GeneratedRegex(
        @"cannot unmarshal (bool|boolean|number) into Go struct field [A-Za-z]+(?<field>\.\S+) of type string|(?<field>\.\S+): expected string, got &value",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex NotText();

    [GeneratedRegex(@"\G\.?(?<name>[^.\[\]]+)|\G\[(?<key>[^\]]*)\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Part();
}
