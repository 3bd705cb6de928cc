using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Protobuf;

/// <summary>
/// Reads the protobuf form typed Go clients (kubectl create among them) send, guided by the schemas. Answers are always JSON,
/// which those clients accept.
/// </summary>
internal static class ProtobufBody
{
    private const int MaxDepth = 64;

    /// <summary>What every message begins with.</summary>
    private static ReadOnlySpan<byte> Magic => [(byte)'k', (byte)'8', (byte)'s', 0];

    /// <exception cref="FormatException">The message is damaged.</exception>
    /// <exception cref="ApiException">Its kind has no protobuf form here.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith(Magic))
        {
            throw new FormatException("the body is not Kubernetes protobuf");
        }
        var (apiVersion, kind) = ("", "");
        var raw = ReadOnlySpan<byte>.Empty;
        var envelope = new WireReader(body[Magic.Length..]);
        while (envelope.Next())
        {
            if (envelope.Number == 1)
            {
                var type = new WireReader(envelope.Bytes);
                while (type.Next())
                {
                    var text = Encoding.UTF8.GetString(type.Bytes);
                    (apiVersion, kind) = type.Number == 1 ? (text, kind) : (apiVersion, text);
                }
            }
            else if (envelope.Number == 2)
            {
                raw = envelope.Bytes;
            }
        }
        var scope = apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion : "core/" + apiVersion;
        // DeleteOptions come under the version of whatever is deleted.
        var schema = BuiltInSchemas.Text.Find(kind == "DeleteOptions" ? "meta/v1" : scope, kind);
        if (schema?.TypeGroup is null || WireNumbers.Of(schema.TypeGroup, kind) is not { } numbers)
        {
            throw ApiException.UnsupportedMedia(
                $"{apiVersion} {kind} has no protobuf form in this cluster: send it as application/json"
            );
        }
        var value = new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind };
        ReadMessage(value, raw, schema, schema.TypeGroup, numbers, 0);
        return value;
    }

    private static void ReadMessage(
        JsonObject target,
        ReadOnlySpan<byte> message,
        SchemaNode schema,
        string scope,
        Dictionary<int, WireField> numbers,
        int depth
    )
    {
        if (depth > MaxDepth)
        {
            throw new FormatException("the protobuf message is nested too deeply");
        }
        var reader = new WireReader(message);
        while (reader.Next())
        {
            if (!numbers.TryGetValue(reader.Number, out var field))
            {
                continue;
            }
            if (field.Inline)
            {
                if (WireNumbers.Of(scope, field.Name) is { } inner)
                {
                    ReadMessage(target, reader.Bytes, schema, scope, inner, depth + 1);
                }
                continue;
            }
            if (!schema.Fields.TryGetValue(field.Name, out var known))
            {
                continue;
            }
            ReadField(target, field, known.Node, ref reader, depth);
        }
    }

    private static void ReadField(
        JsonObject target,
        WireField field,
        SchemaNode schema,
        ref WireReader reader,
        int depth
    )
    {
        switch (schema.Kind)
        {
            case SchemaKind.List:
                if (target.Arr(field.Name) is not { } list)
                {
                    target[field.Name] = list = [];
                }
                list.Add(Value(schema.Items!, ref reader, keepZero: true, depth));
                break;
            case SchemaKind.Map:
                ReadEntry(target.Child(field.Name), schema.Items!, reader.Bytes, depth);
                break;
            default:
                if (Value(schema, ref reader, field.Optional, depth) is { } value)
                {
                    target[field.Name] = value;
                }
                break;
        }
    }

    private static void ReadEntry(JsonObject map, SchemaNode values, ReadOnlySpan<byte> entry, int depth)
    {
        var key = "";
        var value = values.Kind is SchemaKind.String or SchemaKind.Bytes ? (JsonNode)"" : null;
        var reader = new WireReader(entry);
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                key = Encoding.UTF8.GetString(reader.Bytes);
            }
            else
            {
                value = Value(values, ref reader, keepZero: true, depth);
            }
        }
        map[key] = value;
    }

    private static JsonNode? Value(SchemaNode schema, ref WireReader reader, bool keepZero, int depth)
    {
        switch (schema.Kind)
        {
            case SchemaKind.String:
                return reader.Bytes.Length == 0 && !keepZero ? null : Encoding.UTF8.GetString(reader.Bytes);
            case SchemaKind.Integer:
                return reader.Scalar == 0 && !keepZero ? null : (long)reader.Scalar;
            case SchemaKind.Boolean:
                return reader.Scalar == 0 && !keepZero ? null : reader.Scalar != 0;
            case SchemaKind.Number:
                return BitConverter.UInt64BitsToDouble(reader.Scalar);
            case SchemaKind.Bytes:
                return Convert.ToBase64String(reader.Bytes);
            case SchemaKind.Quantity:
                return FirstText(reader.Bytes);
            case SchemaKind.IntOrString:
                return IntOrString(reader.Bytes);
            case SchemaKind.Time:
                return Time(reader.Bytes);
            case SchemaKind.Object:
                var value = new JsonObject();
                if (WireNumbers.Of(schema.TypeGroup!, schema.TypeName!) is { } numbers)
                {
                    ReadMessage(value, reader.Bytes, schema, schema.TypeGroup!, numbers, depth + 1);
                }
                return value;
            default:
                return FreeForm(reader.Bytes);
        }
    }

    // Free-form values travel as JSON in the first field; what has no schema here and is no JSON is not read.
    private static JsonNode? FreeForm(ReadOnlySpan<byte> message) =>
        FirstText(message) is ['{' or '[', ..] json ? JsonAccess.Parse(Encoding.UTF8.GetBytes(json)) : null;

    private static string? FirstText(ReadOnlySpan<byte> message)
    {
        var reader = new WireReader(message);
        while (reader.Next())
        {
            if (reader.Number == 1 && reader.IsBytes)
            {
                return Encoding.UTF8.GetString(reader.Bytes);
            }
        }
        return null;
    }

    private static JsonValue IntOrString(ReadOnlySpan<byte> message)
    {
        var reader = new WireReader(message);
        var isText = false;
        var number = 0L;
        var text = "";
        while (reader.Next())
        {
            switch (reader.Number)
            {
                case 1:
                    isText = reader.Scalar == 1;
                    break;
                case 2:
                    number = (long)reader.Scalar;
                    break;
                case 3:
                    text = Encoding.UTF8.GetString(reader.Bytes);
                    break;
            }
        }
        return isText ? JsonValue.Create(text) : JsonValue.Create(number);
    }

    private static string? Time(ReadOnlySpan<byte> message)
    {
        var reader = new WireReader(message);
        var (seconds, nanos) = (0L, 0L);
        var given = false;
        while (reader.Next())
        {
            given = true;
            (seconds, nanos) = reader.Number == 1 ? ((long)reader.Scalar, nanos) : (seconds, (long)reader.Scalar);
        }
        if (
            !given
            || seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds() + 1
            || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds()
        )
        {
            return null;
        }
        var at = DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanos / 100).UtcDateTime;
        return at.ToString(
            nanos == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'",
            CultureInfo.InvariantCulture
        );
    }
}
