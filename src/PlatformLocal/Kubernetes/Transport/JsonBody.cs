using System.Buffers;
using System.Text.Encodings.Web;
using PlatformLocal.Core.Documents;

namespace PlatformLocal.Kubernetes.Transport;

/// <summary>Objects to bytes and back, without reflection.</summary>
public static class JsonBody
{
    /// <summary>Schemas of custom resources nest deeper than the 64 levels a reader allows by itself.</summary>
    public static readonly JsonDocumentOptions Limits = new() { MaxDepth = 512, AllowDuplicateProperties = false };

    private static readonly JsonWriterOptions s_writer = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>The UTF-8 bytes of a JSON value.</summary>
    public static ReadOnlyMemory<byte> Write(JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, s_writer))
        {
            node.WriteTo(writer);
        }
        return buffer.WrittenMemory;
    }

    /// <summary>The object an answer carries.</summary>
    /// <exception cref="KubernetesException">It is not a JSON object.</exception>
    public static async Task<JsonObject> ReadAsync(
        HttpResponseMessage response,
        string what,
        CancellationToken cancellationToken
    )
    {
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return Parse(body) ?? throw Garbage(what, (int)response.StatusCode);
    }

    /// <returns>The object, or <see langword="null"/> when the bytes are not one.</returns>
    public static JsonObject? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonText.Parse(bytes, Limits) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <returns>The object, or <see langword="null"/> when the bytes are not one.</returns>
    public static JsonObject? Parse(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            return Parse(bytes.FirstSpan);
        }
        int length = (int)bytes.Length;
        byte[] copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            bytes.CopyTo(copy);
            return Parse(copy.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private static KubernetesException Garbage(string what, int code) =>
        new(
            $"Cannot {what}: the answer is not JSON.",
            "A proxy may stand between this machine and the cluster: check the server address of the kubeconfig context."
        )
        {
            Code = code,
            Reason = "Garbage",
        };
}
