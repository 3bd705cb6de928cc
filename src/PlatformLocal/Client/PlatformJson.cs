using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using PlatformLocal.Core.Environments;

namespace PlatformLocal.Client;

/// <summary>How the API's documents are written: snake_case, enums as lower-case words, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [
        typeof(LowerCaseEnum<EnvironmentPhase>),
        typeof(LowerCaseEnum<RolloutCause>),
        typeof(LowerCaseEnum<RolloutOutcome>),
        typeof(LowerCaseEnum<ServicePhase>),
        typeof(LowerCaseEnum<ChangeKind>),
        typeof(LowerCaseEnum<DeliveryKind>),
        typeof(LowerCaseEnum<FailureKind>),
        typeof(LowerCaseEnum<StepOutcome>),
    ]
)]
[JsonSerializable(typeof(EnvironmentDocument))]
[JsonSerializable(typeof(EnvironmentListDocument))]
[JsonSerializable(typeof(DeployRequest))]
[JsonSerializable(typeof(PlanDocument))]
[JsonSerializable(typeof(PlatformDocument))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(WorkspaceDocument))]
[JsonSerializable(typeof(RegistryEventsDocument))]
[JsonSerializable(typeof(JsonObject))]
public sealed partial class PlatformJson : JsonSerializerContext
{
    private static PlatformJson? _indented;

    /// <summary>The same documents on several lines, for people.</summary>
    public static PlatformJson Indented =>
        _indented ??= new PlatformJson(
            new JsonSerializerOptions(Default.Options)
            {
                WriteIndented = true,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // no part of a web page: quotes stay readable
            }
        );
}

/// <summary>Writes enums as snake_case words.</summary>
/// <typeparam name="T">The enum.</typeparam>
public sealed class LowerCaseEnum<T>()
    : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
