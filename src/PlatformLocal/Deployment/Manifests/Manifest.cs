namespace PlatformLocal.Deployment.Manifests;

/// <summary>One object of a manifest file, with the place it was read from.</summary>
internal sealed record Manifest(JsonObject Object, string ApiVersion, string Kind, string Name, string Place)
{
    public string? Namespace => Object.Metadata().Text("namespace");

    /// <summary>The objects of one YAML document; a List is taken apart.</summary>
    public static IEnumerable<Manifest> Read(YamlDocumentText document, string file)
    {
        var place = $"{file}, line {document.Line}";
        if (document.Root is not JsonObject root)
        {
            throw new InvalidDocumentException(place, [new Fault("", "must be a Kubernetes object, and is no object")]);
        }

        if (root.Text("kind") == "List" && root["items"] is JsonArray items)
        {
            return items.Select((item, i) => ReadOne(item, $"{place}, item {i + 1}")).ToList();
        }

        return [ReadOne(root, place)];
    }

    public InvalidDocumentException Refuse(string fault) => new(Place, [new Fault("", $"{Kind} '{Name}' {fault}")]);

    private static Manifest ReadOne(JsonNode? node, string place)
    {
        var source = (node as JsonObject)?.DeepClone() as JsonObject;
        var apiVersion = source.Text("apiVersion");
        var kind = source.Text("kind");
        var name = source.Metadata().Text("name");
        var faults = new List<Fault>();
        AddIfMissing("apiVersion", apiVersion);
        AddIfMissing("kind", kind);
        AddIfMissing("metadata.name", name);
        return faults.Count == 0
            ? new Manifest(source!, apiVersion!, kind!, name!, place)
            : throw new InvalidDocumentException(place, faults);

        void AddIfMissing(string path, string? value)
        {
            if (string.IsNullOrEmpty(value))
            {
                faults.Add(new Fault(path, "is required in a manifest, as a text"));
            }
        }
    }
}
