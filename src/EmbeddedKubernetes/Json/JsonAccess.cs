using System.Buffers;

namespace EmbeddedKubernetes.Json;

/// <summary>Reading and writing loosely typed JSON without reflection.</summary>
internal static class JsonAccess
{
    /// <summary>How deep what clients send may be nested, and what patches make of it.</summary>
    public const int MaxDepth = 128;

    private static readonly JsonDocumentOptions s_own = new() { MaxDepth = 256 };

    private static readonly JsonDocumentOptions s_strict = new()
    {
        MaxDepth = MaxDepth,
        AllowDuplicateProperties = false,
    };

    private static readonly JsonWriterOptions s_plain = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public static JsonObject? Obj(this JsonNode? node, string name) =>
        node is JsonObject o && o.TryGetPropertyValue(name, out var v) ? v as JsonObject : null;

    public static JsonArray? Arr(this JsonNode? node, string name) =>
        node is JsonObject o && o.TryGetPropertyValue(name, out var v) ? v as JsonArray : null;

    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (node is not JsonObject o || !o.TryGetPropertyValue(name, out node))
            {
                return null;
            }
        }
        return node;
    }

    public static string? Str(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path).AsString();

    public static long? Long(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path).AsLong();

    public static bool Flag(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue v && v.GetValueKind() == JsonValueKind.True;

    public static string? AsString(this JsonNode? node) =>
        node is JsonValue v && v.GetValueKind() == JsonValueKind.String ? v.GetValue<string>() : null;

    public static long? AsLong(this JsonNode? node)
    {
        if (node is not JsonValue v || v.GetValueKind() != JsonValueKind.Number)
        {
            return null;
        }
        if (v.TryGetValue<long>(out var l))
        {
            return l;
        }
        if (v.TryGetValue<int>(out var i))
        {
            return i;
        }
        var d = v.AsDouble();
        return Math.Floor(d) == d && Math.Abs(d) < 9e18 ? (long)d : null;
    }

    public static double AsDouble(this JsonValue value) =>
        value.TryGetValue<double>(out var d) ? d
        : value.TryGetValue<long>(out var l) ? l
        : double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);

    public static bool IsNull(this JsonNode? node) => node is null || node.GetValueKind() == JsonValueKind.Null;

    /// <summary>The object under <paramref name="name"/>, created when there is none.</summary>
    public static JsonObject Child(this JsonObject parent, string name)
    {
        if (parent.TryGetPropertyValue(name, out var v) && v is JsonObject existing)
        {
            return existing;
        }
        var made = new JsonObject();
        parent[name] = made;
        return made;
    }

    /// <summary>The metadata of an API object, created when there is none.</summary>
    public static JsonObject Metadata(this JsonObject o) => o.Child("metadata");

    public static IEnumerable<JsonObject> Objects(this JsonArray? array)
    {
        if (array is null)
        {
            yield break;
        }
        foreach (var item in array)
        {
            if (item is JsonObject o)
            {
                yield return o;
            }
        }
    }

    public static JsonArray ToJsonArray(this IEnumerable<JsonNode?> items) => [.. items];

    public static JsonArray ToJsonArray(this IEnumerable<string> items) => [.. items.Select(i => (JsonNode)i)];

    /// <summary>Sets a member, or removes it when there is no value.</summary>
    public static void Put(this JsonObject o, string name, JsonNode? value)
    {
        if (value is null)
        {
            o.Remove(name);
        }
        else
        {
            o[name] = value;
        }
    }

    /// <summary>The same for a list, which is not there when it is empty.</summary>
    public static void PutList(this JsonObject o, string name, JsonArray list) =>
        o.Put(name, list.Count > 0 ? list : null);

    /// <summary>Copies the named members that <paramref name="from"/> has.</summary>
    public static void CopyFrom(this JsonObject o, JsonNode? from, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (from.At(name) is { } value)
            {
                o[name] = value.DeepClone();
            }
        }
    }

    public static JsonObject Copy(this JsonObject o) => (JsonObject)o.DeepClone();

    public static byte[] ToUtf8(this JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, s_plain))
        {
            node.WriteTo(writer);
        }
        return buffer.WrittenSpan.ToArray();
    }

    public static void WriteTo(this JsonNode node, IBufferWriter<byte> buffer)
    {
        using var writer = new Utf8JsonWriter(buffer, s_plain);
        node.WriteTo(writer);
    }

    /// <exception cref="JsonException">The text is no JSON, or names a property twice.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8) =>
        JsonNode.Parse(SoundText.Of(utf8), documentOptions: s_strict);

    /// <summary>How many levels the value has; 0 for one that holds no other.</summary>
    public static int Height(this JsonNode? node) =>
        node switch
        {
            JsonObject o => 1 + o.Select(m => m.Value.Height()).DefaultIfEmpty().Max(),
            JsonArray a => 1 + a.Select(i => i.Height()).DefaultIfEmpty().Max(),
            _ => 0,
        };

    /// <summary>Reads what this process wrote itself, which needs no checking.</summary>
    public static JsonObject ParseOwn(ReadOnlySpan<byte> utf8) =>
        (JsonObject)JsonNode.Parse(utf8, documentOptions: s_own)!;

    public static string Text(this JsonNode? node) =>
        node is null ? "null" : System.Text.Encoding.UTF8.GetString(node.ToUtf8());
}
