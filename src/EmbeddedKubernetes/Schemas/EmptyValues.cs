namespace EmbeddedKubernetes.Schemas;

/// <summary>Built-in kinds know no difference between an empty list or map and none at all; the stored form has none.</summary>
internal static class EmptyValues
{
    public static void Drop(JsonNode? value, SchemaNode schema)
    {
        switch (value)
        {
            case JsonObject o:
                List<string>? empty = null;
                foreach (var (name, member) in o)
                {
                    var node = schema.Member(name);
                    if (
                        member is JsonObject { Count: 0 } or JsonArray { Count: 0 }
                        && node.Kind is SchemaKind.Map or SchemaKind.List
                    )
                    {
                        (empty ??= []).Add(name);
                    }
                    else if (node.Kind is SchemaKind.Object or SchemaKind.List or SchemaKind.Map)
                    {
                        Drop(member, node);
                    }
                }
                foreach (var name in empty ?? [])
                {
                    o.Remove(name);
                }
                break;
            case JsonArray list when schema.Items is { Kind: SchemaKind.Object } items:
                foreach (var item in list)
                {
                    Drop(item, items);
                }
                break;
        }
    }
}
