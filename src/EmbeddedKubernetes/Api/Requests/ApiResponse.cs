using Microsoft.AspNetCore.Http;

namespace EmbeddedKubernetes.Api.Requests;

/// <summary>Writes answers.</summary>
internal static class ApiResponse
{
    public const string Json = "application/json";

    public static Task WriteAsync(HttpContext context, int code, JsonNode value, string type = Json) =>
        WriteAsync(context, code, value.ToUtf8(), type);

    public static async Task WriteAsync(HttpContext context, int code, ReadOnlyMemory<byte> body, string type)
    {
        var response = context.Response;
        response.StatusCode = code;
        response.ContentType = type;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    public static Task WriteTextAsync(HttpContext context, int code, string text) =>
        WriteAsync(context, code, System.Text.Encoding.UTF8.GetBytes(text), "text/plain; charset=utf-8");

    public static void Warn(HttpContext context, IEnumerable<string> warnings)
    {
        foreach (var warning in warnings.Distinct(StringComparer.Ordinal).Take(20))
        {
            var quoted = warning
                .Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal);
            // A header is ASCII: names that clients send need not be.
            var plain = string.Concat(quoted.Select(c => c is >= ' ' and <= '~' ? c : '?'));
            context.Response.Headers.Append("Warning", $"299 - \"{plain}\"");
        }
    }

    public static JsonObject Success(JsonObject details) =>
        new()
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = details,
        };

    /// <summary>What is said of a thing that was made and cannot be shown.</summary>
    public static JsonObject Created() =>
        new()
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["code"] = 201,
        };
}
