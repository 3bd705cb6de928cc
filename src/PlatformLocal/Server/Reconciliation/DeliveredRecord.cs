using System.Text.Json.Serialization;

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
    [property: JsonPropertyName("services")] IReadOnlyDictionary<string, IReadOnlyList<string>> DependsOn,
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
            return text is null ? null : JsonSerializer.Deserialize(text, DeliveredJson.Default.DeliveredRecord);
        }
        catch (JsonException)
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
                    [Annotation] = JsonSerializer.Serialize(this, DeliveredJson.Default.DeliveredRecord),
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
}

/// <summary>How it is written; what lacks a part is none.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(DeliveredRecord))]
internal sealed partial class DeliveredJson : JsonSerializerContext;
