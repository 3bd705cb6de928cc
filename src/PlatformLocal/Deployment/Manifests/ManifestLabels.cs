using System.Buffers;
using PlatformLocal.Deployment.Delivery;

namespace PlatformLocal.Deployment.Manifests;

/// <summary>The labels and annotations that every object of an environment carries.</summary>
public static class ManifestLabels
{
    /// <summary>The label with the environment's name.</summary>
    public const string Environment = DeliveryLabels.Environment;

    /// <summary>The label with the service's name.</summary>
    public const string Service = DeliveryLabels.Service;

    /// <summary>The annotation with the digest of what was delivered.</summary>
    public const string ContentHash = DeliveryLabels.ContentHash;

    private const string ManagedBy = "app.kubernetes.io/managed-by";
    private const string PartOf = "app.kubernetes.io/part-of";

    /// <summary>The digest of several objects, whatever their order.</summary>
    /// <param name="objects">Stamped objects.</param>
    public static string DigestOf(IEnumerable<JsonObject> objects) =>
        Digest(
            new JsonArray([
                .. objects
                    .Select(o => (string?)o["metadata"]?["annotations"]?[ContentHash])
                    .Order(StringComparer.Ordinal)
                    .Select(h => (JsonNode?)h),
            ])
        );

    internal static IReadOnlyDictionary<string, string> ForNamespace(Claim claim) =>
        new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [ManagedBy] = "platform-local",
            [PartOf] = claim.EnvironmentName,
            [Environment] = claim.EnvironmentName,
            ["platform.local/environment-type"] = EnvironmentTypes.NameOf(claim.EnvironmentType),
        };

    internal static IReadOnlyDictionary<string, string> For(Claim claim, ResolvedService service) =>
        new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["app.kubernetes.io/name"] = service.Definition.Name,
            ["app.kubernetes.io/instance"] = claim.EnvironmentName,
            ["app.kubernetes.io/version"] = LabelValue(service.Version.Text),
            [ManagedBy] = "platform-local",
            [PartOf] = claim.EnvironmentName,
            [Environment] = claim.EnvironmentName,
            [Service] = service.Definition.Name,
        };

    /// <summary>Labels an object, sets its namespace and writes the digest of all that into an annotation.</summary>
    internal static JsonObject Stamp(
        JsonObject source,
        IReadOnlyDictionary<string, string> labels,
        string? targetNamespace
    )
    {
        var stamped = (JsonObject)source.DeepClone();
        var metadata = (JsonObject)stamped["metadata"]!;
        if (targetNamespace is not null)
        {
            metadata["namespace"] = targetNamespace;
        }

        var own = Child(metadata, "labels");
        foreach (var (name, value) in labels)
        {
            // A service may know better what it is called; whose it is says the platform.
            if (
                name.StartsWith("platform.local/", StringComparison.Ordinal)
                || name == ManagedBy
                || !own.ContainsKey(name)
            )
            {
                own[name] = value;
            }
        }

        if (stamped["spec"]?["template"]?["metadata"] is JsonObject template)
        {
            var podLabels = Child(template, "labels");
            podLabels[Environment] = labels[Environment];
            podLabels[Service] = labels[Service];
        }

        Child(metadata, "annotations")[ContentHash] = Digest(stamped);
        return stamped;
    }

    /// <summary>The digest of a JSON value, whatever the order of its properties.</summary>
    internal static string Digest(JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            WriteSorted(writer, node);
        }

        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }

    private static void WriteSorted(Utf8JsonWriter writer, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                writer.WriteStartObject();
                foreach (var (name, value) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(name);
                    WriteSorted(writer, value);
                }

                writer.WriteEndObject();
                break;
            case JsonArray list:
                writer.WriteStartArray();
                foreach (var element in list)
                {
                    WriteSorted(writer, element);
                }

                writer.WriteEndArray();
                break;
            case null:
                writer.WriteNullValue();
                break;
            default:
                node.WriteTo(writer);
                break;
        }
    }

    private static JsonObject Child(JsonObject parent, string name)
    {
        if (parent[name] is not JsonObject child)
        {
            parent[name] = child = [];
        }

        return child;
    }

    private static string LabelValue(string version)
    {
        var value = version.Replace('+', '_');
        return (value.Length <= 63 ? value : value[..63]).Trim('-', '_', '.');
    }
}
