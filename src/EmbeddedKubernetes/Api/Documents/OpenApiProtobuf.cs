using System.Buffers;

namespace EmbeddedKubernetes.Api.Documents;

/// <summary>
/// Writes an OpenAPI 2 document in the protobuf form of gnostic's <c>openapi.v2.Document</c>, which older clients insist on.
/// Only what clients read is written: definitions, and the parameters of paths.
/// </summary>
internal static class OpenApiProtobuf
{
    public static byte[] Encode(JsonObject document)
    {
        var info = new Message();
        info.Text(1, document.Str("info", "title"));
        info.Text(2, document.Str("info", "version"));
        var root = new Message();
        root.Text(1, document.Str("swagger"));
        root.Nested(2, info);
        root.Nested(8, Paths(document.Obj("paths")!));
        root.Nested(9, Named(document.Obj("definitions")!));
        return root.ToArray();
    }

    private static Message Named(JsonObject schemas)
    {
        var named = new Message();
        foreach (var (name, schema) in schemas)
        {
            var entry = new Message();
            entry.Text(1, name);
            entry.Nested(2, Schema((JsonObject)schema!));
            named.Nested(1, entry);
        }
        return named;
    }

    private static Message Schema(JsonObject schema)
    {
        var message = new Message();
        message.Text(1, schema.Str("$ref"));
        message.Text(2, schema.Str("format"));
        message.Text(4, schema.Str("description"));
        foreach (var name in schema.Arr("required") ?? [])
        {
            message.Text(19, name.AsString());
        }
        if (schema.Obj("additionalProperties") is { } values)
        {
            var item = new Message();
            item.Nested(1, Schema(values));
            message.Nested(21, item);
        }
        if (schema.Str("type") is { } type && !schema.ContainsKey("x-kubernetes-int-or-string"))
        {
            var item = new Message();
            item.Text(1, type);
            message.Nested(22, item);
        }
        if (schema.Obj("items") is { } items)
        {
            var item = new Message();
            item.Nested(1, Schema(items));
            message.Nested(23, item);
        }
        if (schema.Obj("properties") is { } properties)
        {
            message.Nested(25, Named(properties));
        }
        Extensions(message, 31, schema);
        return message;
    }

    private static Message Paths(JsonObject paths)
    {
        var message = new Message();
        foreach (var (path, operations) in paths)
        {
            var item = new Message();
            foreach (
                var (method, number) in (ReadOnlySpan<(string, int)>)
                    [("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8)]
            )
            {
                if (operations.Obj(method) is { } operation)
                {
                    item.Nested(number, Operation(operation));
                }
            }
            var named = new Message();
            named.Text(1, path);
            named.Nested(2, item);
            message.Nested(2, named);
        }
        return message;
    }

    private static Message Operation(JsonObject operation)
    {
        var message = new Message();
        foreach (var parameter in operation.Arr("parameters").Objects())
        {
            var query = new Message();
            query.Text(2, "query");
            query.Text(4, parameter.Str("name"));
            query.Text(6, parameter.Str("type"));
            var simple = new Message();
            simple.Nested(3, query);
            var kind = new Message();
            kind.Nested(2, simple);
            var item = new Message();
            item.Nested(1, kind);
            message.Nested(8, item);
        }
        Extensions(message, 13, operation);
        return message;
    }

    private static void Extensions(Message message, int number, JsonObject value)
    {
        foreach (var (name, extension) in value)
        {
            if (!name.StartsWith("x-kubernetes-", StringComparison.Ordinal))
            {
                continue;
            }
            // JSON is YAML.
            var any = new Message();
            any.Text(2, extension.Text());
            var named = new Message();
            named.Text(1, name);
            named.Nested(2, any);
            message.Nested(number, named);
        }
    }

    /// <summary>Length-delimited fields are all that is needed.</summary>
    private sealed class Message
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();

        public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

        public void Text(int number, string? text)
        {
            if (!string.IsNullOrEmpty(text))
            {
                Write(number, Encoding.UTF8.GetBytes(text));
            }
        }

        public void Nested(int number, Message message) => Write(number, message._bytes.WrittenSpan);

        private void Write(int number, ReadOnlySpan<byte> bytes)
        {
            Varint(((ulong)number << 3) | 2);
            Varint((ulong)bytes.Length);
            _bytes.Write(bytes);
        }

        private void Varint(ulong value)
        {
            while (value >= 0x80)
            {
                _bytes.Write([(byte)(value | 0x80)]);
                value >>= 7;
            }
            _bytes.Write([(byte)value]);
        }
    }
}
