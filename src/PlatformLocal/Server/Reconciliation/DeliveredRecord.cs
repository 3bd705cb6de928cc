namespace PlatformLocal.Server.Reconciliation;

/// <summary>
/// What was delivered last and became ready, remembered at the environment's namespace: it goes when that goes. After a
/// restart it says of which environments nothing has to be planned anew.
/// </summary>
/// <param name="Inputs">The digest of what the build was made of.</param>
/// <param name="Secrets">The digest of the made-up secrets in it.</param>
/// <param name="SecretPaths">The made-up secrets by service and key, as <c>web/KEY</c>.</param>
/// <param name="DependsOn">The services and what each depends on.</param>
/// <param name="Warnings">What was odd about it.</param>
internal sealed record DeliveredRecord(
    string Inputs,
    string Secrets,
    IReadOnlyList<string> SecretPaths,
    IReadOnlyDictionary<string, IReadOnlyList<string>> DependsOn,
    IReadOnlyList<string> Warnings
)
{
    /// <summary>The annotation of the namespace.</summary>
    public const string Annotation = "platform.local/delivered";

    /// <summary>What an annotation says; <see langword="null"/> when it is not one of this program: then a delivery finds out.</summary>
    public static DeliveredRecord? Parse(string? text)
    {
        try
        {
            return text is not null && JsonNode.Parse(text) is JsonObject source
                ? new DeliveredRecord(
                    Text(source["inputs"]),
                    Text(source["secrets"]),
                    Texts(source["secret_paths"]),
                    (source["services"] as JsonObject ?? throw new JsonException()).ToDictionary(
                        s => s.Key,
                        s => Texts(s.Value),
                        StringComparer.Ordinal
                    ),
                    Texts(source["warnings"])
                )
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The patch that remembers it.</summary>
    public JsonObject ToPatch() =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["annotations"] = new JsonObject
                {
                    [Annotation] = new JsonObject
                    {
                        ["inputs"] = Inputs,
                        ["secrets"] = Secrets,
                        ["secret_paths"] = Array(SecretPaths),
                        ["services"] = new JsonObject(
                            DependsOn.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)Array(s.Value)))
                        ),
                        ["warnings"] = Array(Warnings),
                    }.ToJsonString(),
                },
            },
        };

    /// <summary>The services as the status shows them, when they are those of a lock.</summary>
    public IReadOnlyList<ServiceDocument>? ServicesOf(EnvironmentLock locked) =>
        locked.Services.Count == DependsOn.Count && locked.Services.Keys.All(DependsOn.ContainsKey)
            ?
            [
                .. locked.Services.Select(s => new ServiceDocument
                {
                    Name = s.Key,
                    Version = s.Value.Version.Text,
                    Reason = s.Value.Reason,
                    DependsOn = DependsOn[s.Key],
                    Phase = ServicePhase.Ready,
                }),
            ]
            : null;

    private static JsonArray Array(IEnumerable<string> texts) => [.. texts.Select(t => (JsonNode?)t)];

    private static string Text(JsonNode? source) => source?.GetValue<string>() ?? throw new JsonException();

    private static IReadOnlyList<string> Texts(JsonNode? source) =>
        source is JsonArray texts ? [.. texts.Select(Text)] : throw new JsonException();
}
