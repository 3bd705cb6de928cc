using System.Buffers;

namespace EmbeddedKubernetes.Api.Documents;

/// <summary>
/// Writes an OpenAPI 2 document in the protobuf form of gnostic's <c>openapi.v2.Document</c>, which older clients insist on.
/// Only what clients read is written: definitions, and the parameters of paths.
/// </summary>
internal static class OpenApiProtobuf
{
    public static byte[] Encode(JsonObject document) =>
        new Message()
            .Text(1, document.Str("swagger"))
            .Nested(2, new Message().Text(1, document.Str("info", "title")).Text(2, document.Str("info", "version")))
            .Nested(8, Paths(document.Obj("paths")!))
            .Nested(9, Named(document.Obj("definitions")!))
            .ToArray();

    private static Message Named(JsonObject schemas)
    {
        var named = new Message();
        foreach (var (name, schema) in schemas)
        {
            named.Nested(1, new Message().Text(1, name).Nested(2, Schema((JsonObject)schema!)));
        }
        return named;
    }

    private static Message Schema(JsonObject schema)
    {
        var message = new Message()
            .Text(1, schema.Str("$ref"))
            .Text(2, schema.Str("format"))
            .Text(4, schema.Str("description"));
        foreach (var name in schema.Arr("required") ?? [])
        {
            message.Text(19, name.AsString());
        }
        if (schema.Obj("additionalProperties") is { } values)
        {
            message.Nested(21, new Message().Nested(1, Schema(values)));
        }
        if (schema.Str("type") is { } type && !schema.ContainsKey("x-kubernetes-int-or-string"))
        {
            message.Nested(22, new Message().Text(1, type));
        }
        if (schema.Obj("items") is { } items)
        {
            message.Nested(23, new Message().Nested(1, Schema(items)));
        }
        if (schema.Obj("properties") is { } properties)
        {
            message.Nested(25, Named(properties));
        }
        return Extensions(message, 31, schema);
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
            message.Nested(2, new Message().Text(1, path).Nested(2, item));
        }
        return message;
    }

    private static Message Operation(JsonObject operation)
    {
        var message = new Message();
        foreach (var parameter in operation.Arr("parameters").Objects())
        {
            var query = new Message().Text(2, "query").Text(4, parameter.Str("name")).Text(6, parameter.Str("type"));
            var simple = new Message().Nested(3, query);
            message.Nested(8, new Message().Nested(1, new Message().Nested(2, simple)));
        }
        return Extensions(message, 13, operation);
    }

    private static Message Extensions(Message message, int number, JsonObject value)
    {
        foreach (var (name, extension) in value)
        {
            if (name.StartsWith("x-kubernetes-", StringComparison.Ordinal))
            {
                // JSON is YAML.
                var any = new Message().Text(2, extension.Text());
                message.Nested(number, new Message().Text(1, name).Nested(2, any));
            }
        }
        return message;
    }

    /// <summary>Length-delimited fields are all that is needed.</summary>
    private sealed class Message
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();

        public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

        public Message Text(int number, string? text) =>
            string.IsNullOrEmpty(text) ? this : Write(number, Encoding.UTF8.GetBytes(text));

        public Message Nested(int number, Message message) => Write(number, message._bytes.WrittenSpan);

        private Message Write(int number, ReadOnlySpan<byte> bytes)
        {
            Varint(((ulong)number << 3) | 2);
            Varint((ulong)bytes.Length);
            _bytes.Write(bytes);
            return this;
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
