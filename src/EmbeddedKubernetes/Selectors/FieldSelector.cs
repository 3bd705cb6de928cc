namespace EmbeddedKubernetes.Selectors;

/// <summary>Which fields an object must have: <c>metadata.name=a,status.phase!=Running</c>.</summary>
internal sealed class FieldSelector
{
    private static readonly Dictionary<string, string[]> s_known = new(StringComparer.Ordinal)
    {
        ["pods."] =
        [
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        ["events."] =
        [
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        ["namespaces."] = ["status.phase"],
        ["secrets."] = ["type"],
        ["nodes."] = ["spec.unschedulable"],
        ["replicationcontrollers."] = ["status.replicas"],
        ["replicasets.apps"] = ["status.replicas"],
        ["jobs.batch"] = ["status.successful"],
        ["services."] = ["spec.clusterIP", "spec.type"],
    };

    private readonly List<(string[] Path, string Value, bool Equal)> _terms = [];

    public bool IsEverything => _terms.Count == 0;

    /// <summary>The name the selector asks for, if it asks for exactly one.</summary>
    public string? Name => _terms.Find(t => t.Equal && t.Path is ["metadata", "name"]).Value;

    /// <exception cref="FormatException">The text is no selector, or the resource cannot be selected by the field.</exception>
    public static FieldSelector Parse(string? text, ResourceType type)
    {
        var selector = new FieldSelector();
        foreach (
            var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        )
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new FormatException($"invalid selector: '{text}'; can't understand '{part}'");
            }
            var equal = part[at - 1] != '!';
            var field = part[..(equal ? at : at - 1)];
            var value = part[(at + 1)..].TrimStart('=');
            if (field is not ("metadata.name" or "metadata.namespace") && !IsKnown(type, field))
            {
                throw new FormatException($"field label not supported: {field}");
            }
            selector._terms.Add((field.Split('.'), value, equal));
        }
        return selector;
    }

    public bool Matches(JsonObject value)
    {
        foreach (var (path, wanted, equal) in _terms)
        {
            if ((Text(value.At(path)) == wanted) != equal)
            {
                return false;
            }
        }
        return true;
    }

    private static bool IsKnown(ResourceType type, string field) =>
        type.IsCustom
            ? false
            : s_known.TryGetValue(type.Storage, out var fields) && fields.Contains(field, StringComparer.Ordinal);

    private static string Text(JsonNode? node) =>
        node switch
        {
            null => "",
            JsonObject o => o.Str("component") ?? "",
            _ when node.GetValueKind() == JsonValueKind.String => node.AsString()!,
            _ => node.Text(),
        };
}
