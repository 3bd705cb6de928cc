namespace PlatformLocal.Deployment.Manifests;

/// <summary>One object of a manifest file, with the place it was read from.</summary>
internal sealed record Manifest(JsonObject Object, string ApiVersion, string Kind, string Name, string Place)
{
    private const string ListEnding = "List";

    public string? Namespace => Object.Metadata().Text("namespace");

    /// <summary>
    /// The objects of one YAML document; lists, typed ones as well, are taken apart as kubectl does. What is wrong with their
    /// texts is told at its own line.
    /// </summary>
    public static IReadOnlyList<Manifest> Read(
        YamlDocumentText document,
        string file,
        ManifestLines lines,
        ManifestFaults faults
    )
    {
        var place = $"{file}, line {document.Line}";
        if (document.Root is JsonObject root)
        {
            return [.. Read(root, place, path: "", AddAtItsLine, faults)];
        }

        faults.Add(place, new Fault("", "must be a Kubernetes object, and is no object"));
        return [];

        void AddAtItsLine(string within, Fault fault) =>
            faults.Add($"{file}, line {lines.Of(document, within + fault.Path)}", fault);
    }

    /// <summary>The items of an object that is a list: one with <c>items</c>, whatever its kind; else <see langword="null"/>.</summary>
    public static JsonArray? ItemsOf(JsonObject root) => root["items"] as JsonArray;

    public void Refuse(string fault, ManifestFaults faults) =>
        faults.Add(Place, new Fault("", $"{Kind} '{Name}' {fault}"));

    private static IEnumerable<Manifest> Read(
        JsonObject root,
        string place,
        string path,
        Action<string, Fault> addText,
        ManifestFaults faults
    )
    {
        if (ItemsOf(root) is not { } items)
        {
            return ReadOne(root, place, fault => addText(path, fault), faults) is { } one ? [one] : [];
        }

        return items.SelectMany(
            (item, i) =>
            {
                var at = $"{place}, item {i + 1}";
                if (item is JsonObject source)
                {
                    return Read(WithKindOf(root, source), at, $"{path}items[{i}].", addText, faults);
                }

                faults.Add(at, new Fault("", "must be a Kubernetes object, and is no object"));
                return [];
            }
        );
    }

    // Items of a typed list are written without their kind by the API itself.
    private static JsonObject WithKindOf(JsonObject list, JsonObject item)
    {
        if (
            list.Text("kind") is not { } kind
            || kind.Length <= ListEnding.Length
            || !kind.EndsWith(ListEnding, StringComparison.Ordinal)
            || item.ContainsKey("kind")
        )
        {
            return item;
        }

        var typed = (JsonObject)item.DeepClone();
        typed["apiVersion"] ??= list.Text("apiVersion");
        typed["kind"] = kind[..^ListEnding.Length];
        return typed;
    }

    private static Manifest? ReadOne(JsonObject source, string place, Action<Fault> addText, ManifestFaults faults)
    {
        var apiVersion = source.Text("apiVersion");
        var kind = source.Text("kind");
        var name = source.Metadata().Text("name");
        AddIfMissing("apiVersion", source["apiVersion"]);
        AddIfMissing("kind", source["kind"]);
        AddIfMissing("metadata.name", source.Metadata()?["name"]);
        if (string.IsNullOrEmpty(apiVersion) || string.IsNullOrEmpty(kind) || string.IsNullOrEmpty(name))
        {
            return null;
        }

        var manifest = new Manifest((JsonObject)source.DeepClone(), apiVersion, kind, name, place);
        foreach (var fault in TextFields.FaultsOf(manifest))
        {
            addText(fault);
        }

        return manifest;

        void AddIfMissing(string path, JsonNode? value)
        {
            if (TextFields.IsOther(value))
            {
                addText(TextFields.FaultOf(path, value));
            }
            else if (value is null || value.GetValue<string>().Length == 0)
            {
                faults.Add(place, new Fault(path, "is required in a manifest, as a text"));
            }
        }
    }
}
