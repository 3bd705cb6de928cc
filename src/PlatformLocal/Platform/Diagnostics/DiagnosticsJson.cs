using System.Text.Encodings.Web;
using System.Text.Json.Serialization;

namespace PlatformLocal.Platform.Diagnostics;

/// <summary>How the outcome of checks is written for programs.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(LowerCaseEnum<CheckStatus>)]
)]
[JsonSerializable(typeof(DoctorReport))]
public sealed partial class DiagnosticsJson : JsonSerializerContext
{
    private static DiagnosticsJson? s_indented;

    /// <summary>The same on several lines, for people.</summary>
    public static DiagnosticsJson Indented =>
        s_indented ??= new DiagnosticsJson(
            new JsonSerializerOptions(Default.Options)
            {
                WriteIndented = true,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // no part of a web page: quotes stay readable
            }
        );
}
