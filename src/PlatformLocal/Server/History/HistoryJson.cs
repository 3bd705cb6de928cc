using System.Text.Json.Serialization;

namespace PlatformLocal.Server.History;

/// <summary>How histories are stored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(LowerCaseEnum<RolloutCause>), typeof(LowerCaseEnum<RolloutOutcome>), typeof(LockJson)]
)]
[JsonSerializable(typeof(List<Rollout>))]
internal sealed partial class HistoryJson : JsonSerializerContext;

/// <summary>A lock within another document.</summary>
internal sealed class LockJson : JsonConverter<EnvironmentLock>
{
    public override EnvironmentLock Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return JsonNode.Parse(ref reader) is JsonObject content
                ? EnvironmentLock.Read(content, "a lock in it")
                : throw new JsonException("A lock in it is no object.");
        }
        catch (InvalidDocumentException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, EnvironmentLock value, JsonSerializerOptions options) =>
        value.ToJson().WriteTo(writer);
}
