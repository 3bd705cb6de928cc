using EmbeddedKubernetes.Api.Requests;

namespace EmbeddedKubernetes.Api.Documents;

/// <summary>OpenAPI documents, made when first asked for and kept until the catalogue changes.</summary>
internal sealed class OpenApiDocuments(ResourceCatalogue catalogue)
{
    private const string Json = "application/json";

    // Clients ask with an @ in the media type, which no media type may contain; they read the bytes whatever this says.
    private const string Protobuf = "application/octet-stream";
    private readonly Lock _gate = new();
    private readonly Dictionary<string, byte[]> _made = [];
    private long _generation = -1;

    public (ReadOnlyMemory<byte> Body, string Type)? Answer(string path, ApiRequest request)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts switch
        {
            ["openapi", "v2"] when request.Accept.Contains("openapi.spec.v2", StringComparison.Ordinal) => (
                Cached("v2.pb", () => OpenApiProtobuf.Encode(Version2())),
                Protobuf
            ),
            ["openapi", "v2"] => (Cached("v2", () => Version2().ToUtf8()), Json),
            ["openapi", "v3"] => (Cached("v3", () => Index().ToUtf8()), Json),
            ["openapi", "v3", "api", var version] => Document("", version),
            ["openapi", "v3", "apis", var group, var version] => Document(group, version),
            _ => null,
        };
    }

    private (ReadOnlyMemory<byte> Body, string Type)? Document(string group, string version)
    {
        var types = catalogue.All.Where(t => t.Group == group && t.Version == version).ToList();
        return types.Count == 0 ? null : (Cached($"v3/{group}/{version}", () => Version3(types).ToUtf8()), Json);
    }

    private byte[] Cached(string name, Func<byte[]> make)
    {
        lock (_gate)
        {
            var generation = catalogue.Generation;
            if (generation != _generation)
            {
                _made.Clear();
                _generation = generation;
            }
            if (!_made.TryGetValue(name, out var bytes))
            {
                _made[name] = bytes = make();
            }
            return bytes;
        }
    }

    private JsonObject Index()
    {
        var paths = new JsonObject();
        foreach (var apiVersion in catalogue.All.Select(t => t.ApiVersion).Distinct(StringComparer.Ordinal))
        {
            var path = (apiVersion.Contains('/', StringComparison.Ordinal) ? "apis/" : "api/") + apiVersion;
            paths[path] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{path}?hash={catalogue.Generation}" };
        }
        return new() { ["paths"] = paths };
    }

    private JsonObject Version2()
    {
        var (definitions, paths) = Describe(catalogue.All, version3: false);
        return new()
        {
            ["swagger"] = "2.0",
            ["info"] = About(),
            ["paths"] = paths,
            ["definitions"] = definitions,
        };
    }

    private static JsonObject Version3(List<ResourceType> types)
    {
        var (schemas, paths) = Describe(types, version3: true);
        return new()
        {
            ["openapi"] = "3.0.0",
            ["info"] = About(),
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    private static (JsonObject Schemas, JsonObject Paths) Describe(IEnumerable<ResourceType> types, bool version3)
    {
        var schemas = new OpenApiSchemas(version3 ? "#/components/schemas/" : "#/definitions/");
        var paths = new JsonObject();
        foreach (var type in types)
        {
            schemas.Add(type);
            OpenApiPaths.Add(paths, type, version3);
        }
        return (schemas.Definitions, paths);
    }

    private static JsonObject About() => new() { ["title"] = "Embedded Kubernetes", ["version"] = ServerVersion.Git };
}
