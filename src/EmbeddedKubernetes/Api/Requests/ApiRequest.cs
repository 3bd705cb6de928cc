using System.Buffers;
using EmbeddedKubernetes.Objects;
using EmbeddedKubernetes.Protobuf;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace EmbeddedKubernetes.Api.Requests;

/// <summary>One HTTP request as the API reads it.</summary>
internal sealed class ApiRequest(HttpContext context, TimeProvider time)
{
    /// <summary>What a real API server reads at most.</summary>
    private const int MaxBody = 3 * 1024 * 1024;

    public HttpContext Http { get; } = context;

    public TimeProvider Time { get; } = time;

    public string Method { get; } = context.Request.Method;

    public string? Query(string name) => Http.Request.Query[name] is [{ } value, ..] ? value : null;

    /// <summary>True when the parameter is there and neither <c>0</c> nor <c>false</c> in any case, as apimachinery reads it.</summary>
    public bool QueryFlag(string name) =>
        Query(name) is { } value && value != "0" && !value.Equals("false", StringComparison.OrdinalIgnoreCase);

    /// <summary>A number of the query; 0 when it is none.</summary>
    public int QueryNumber(string name) =>
        int.TryParse(Query(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    public string Accept => Http.Request.Headers.Accept.ToString();

    public string ContentType => (Http.Request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant();

    /// <summary>The body as JSON, YAML or protobuf, unless the client leaves meanwhile.</summary>
    /// <exception cref="ApiException">The body cannot be read or is too large.</exception>
    /// <exception cref="ConnectionResetException">The client has gone.</exception>
    public async Task<JsonNode?> ReadBodyAsync()
    {
        if (Http.Request.ContentLength > MaxBody)
        {
            throw ApiException.TooLarge($"limit is {MaxBody}");
        }
        var buffer = new ArrayBufferWriter<byte>((int)(Http.Request.ContentLength ?? 4096) + 1);
        while (true)
        {
            var read = await ReadAsync(buffer.GetMemory(4096));
            if (read == 0)
            {
                break;
            }
            buffer.Advance(read);
            if (buffer.WrittenCount > MaxBody)
            {
                throw ApiException.TooLarge($"limit is {MaxBody}");
            }
        }
        return buffer.WrittenCount == 0 ? null : Parse(buffer.WrittenSpan);
    }

    private async ValueTask<int> ReadAsync(Memory<byte> into)
    {
        try
        {
            return await Http.Request.Body.ReadAsync(into, Http.RequestAborted);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // Of a stream that its client gave up the server says no more than that.
            throw new ConnectionResetException(e.Message, e);
        }
    }

    public async Task<JsonObject> ReadObjectAsync() =>
        await ReadBodyAsync() as JsonObject
        ?? throw ApiException.BadRequest("the body of the request must be an object");

    /// <exception cref="ApiException">A query parameter has an unknown value.</exception>
    public WriteOptions WriteOptions(string subresource) =>
        new()
        {
            Manager = Query("fieldManager") ?? ManagerFromAgent(),
            Subresource = subresource,
            DryRun = IsDryRun(Query("dryRun")),
            Force = QueryFlag("force"),
            Validation = Query("fieldValidation") switch
            {
                "Strict" => FieldValidation.Strict,
                "Ignore" => FieldValidation.Ignore,
                null or "" or "Warn" => FieldValidation.Warn,
                var other => throw ApiException.BadRequest(
                    $"Unsupported value: \"{other}\": fieldValidation is Ignore, Strict or Warn"
                ),
            },
        };

    /// <exception cref="ApiException">The value is unknown.</exception>
    public static bool IsDryRun(string? asked) =>
        asked switch
        {
            null or "" => false,
            "All" => true,
            _ => throw ApiException.BadRequest($"Invalid value: \"{asked}\": dryRun must be All"),
        };

    private string ManagerFromAgent()
    {
        var agent = Http.Request.Headers.UserAgent.ToString().Split('/')[0];
        return agent.Length > 128 ? agent[..128]
            : agent.Length == 0 ? "unknown"
            : agent;
    }

    private JsonNode? Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            if (ContentType.Contains("protobuf", StringComparison.Ordinal))
            {
                return ProtobufBody.Parse(body);
            }
            var first = body.TrimStart(" \t\r\n"u8);
            return
                ContentType.Contains("yaml", StringComparison.Ordinal)
                && (first.Length == 0 || first[0] is not ((byte)'{' or (byte)'['))
                ? YamlBody.Parse(body)
                : JsonAccess.Parse(body);
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException)
        {
            throw ApiException.BadRequest("the body of the request cannot be read: " + e.Message);
        }
    }
}
