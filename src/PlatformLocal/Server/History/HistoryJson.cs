using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using PlatformLocal.Client;
using PlatformLocal.Core.Resolution;

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
    public override EnvironmentLock Read(
        ref Utf8JsonReader reader,
        Type typeToConvert,
        JsonSerializerOptions options
    ) =>
        JsonNode.Parse(ref reader) is JsonObject content
            ? EnvironmentLock.Read(content)
            : throw new JsonException("A lock is an object.");

    public override void Write(Utf8JsonWriter writer, EnvironmentLock value, JsonSerializerOptions options) =>
        value.ToJson().WriteTo(writer);
}
