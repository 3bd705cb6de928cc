namespace EmbeddedKubernetes.Schemas;

/// <summary>Fills in the defaults a schema declares.</summary>
internal static class Defaulting
{
    public static void Apply(JsonNode? value, SchemaNode schema)
    {
        if (ReferenceEquals(schema, SchemaNode.Anything))
        {
            return;
        }
        switch (value)
        {
            case JsonObject o when schema.Kind is SchemaKind.Object or SchemaKind.Any:
                foreach (var field in schema.Defaulted)
                {
                    if (Wants(o, field))
                    {
                        o[field.Name] = field.Default!.DeepClone();
                    }
                }
                foreach (var (name, member) in o)
                {
                    if (member is JsonObject or JsonArray)
                    {
                        Apply(member, schema.Member(name));
                    }
                }
                break;
            case JsonObject map when schema.Kind == SchemaKind.Map:
                foreach (var (_, member) in map)
                {
                    Apply(member, schema.Items!);
                }
                break;
            case JsonArray list when schema.Items is { } items:
                foreach (var item in list)
                {
                    Apply(item, items);
                }
                break;
        }
    }

    // A null stands for "absent" unless the schema allows null.
    private static bool Wants(JsonObject o, SchemaField field) =>
        !o.TryGetPropertyValue(field.Name, out var present) || (present is null && !field.Node.Nullable);
}
