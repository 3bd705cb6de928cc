namespace EmbeddedKubernetes.Schemas;

/// <summary>Reads the structural schema of a custom resource.</summary>
internal static class CustomSchema
{
    private static readonly SchemaField s_apiVersion = new("apiVersion", new() { Kind = SchemaKind.String });
    private static readonly SchemaField s_kindField = new("kind", new() { Kind = SchemaKind.String });

    /// <param name="openApi">The version's <c>openAPIV3Schema</c>; null accepts everything.</param>
    public static SchemaNode ForKind(JsonObject? openApi)
    {
        var metadata = new SchemaField("metadata", BuiltInSchemas.ObjectMeta);
        return new()
        {
            Kind = SchemaKind.Object,
            Rules = openApi,
            PreserveUnknown = openApi is null || openApi.Flag("x-kubernetes-preserve-unknown-fields"),
            Description = openApi.Str("description") ?? "",
            LazyFields = () =>
            {
                var fields = ReadFields(openApi);
                fields["apiVersion"] = s_apiVersion;
                fields["kind"] = s_kindField;
                fields["metadata"] = metadata;
                return fields;
            },
        };
    }

    private static SchemaNode Read(JsonObject schema)
    {
        var preserve = schema.Flag("x-kubernetes-preserve-unknown-fields");
        var description = schema.Str("description") ?? "";
        var nullable = schema.Flag("nullable");
        if (schema.Flag("x-kubernetes-int-or-string"))
        {
            return new()
            {
                Kind = SchemaKind.IntOrString,
                Rules = schema,
                Nullable = nullable,
                Description = description,
            };
        }
        switch (schema.Str("type"))
        {
            case "array":
                return ReadList(schema, nullable, description);
            case "string":
                return new()
                {
                    Kind = SchemaKind.String,
                    Format = schema.Str("format"),
                    Rules = schema,
                    Nullable = nullable,
                    Description = description,
                };
            case "integer":
                return new()
                {
                    Kind = SchemaKind.Integer,
                    Format = schema.Str("format"),
                    Rules = schema,
                    Nullable = nullable,
                    Description = description,
                };
            case "number":
                return new()
                {
                    Kind = SchemaKind.Number,
                    Rules = schema,
                    Nullable = nullable,
                    Description = description,
                };
            case "boolean":
                return new()
                {
                    Kind = SchemaKind.Boolean,
                    Rules = schema,
                    Nullable = nullable,
                    Description = description,
                };
            case "object" or null when schema.Obj("properties") is not null || schema.Str("type") is not null:
                return ReadObject(schema, preserve, nullable, description);
            default:
                return new()
                {
                    Kind = SchemaKind.Any,
                    PreserveUnknown = true,
                    Rules = schema,
                    Nullable = nullable,
                    Description = description,
                };
        }
    }

    private static SchemaNode ReadObject(JsonObject schema, bool preserve, bool nullable, string description)
    {
        var values = schema["additionalProperties"];
        var atomic = schema.Str("x-kubernetes-map-type") == "atomic";
        if (values is JsonObject of && schema.Obj("properties") is null)
        {
            return new()
            {
                Kind = SchemaKind.Map,
                Items = Read(of),
                Atomic = atomic,
                Rules = schema,
                Nullable = nullable,
                Description = description,
            };
        }
        var embedded = schema.Flag("x-kubernetes-embedded-resource");
        return new()
        {
            Kind = SchemaKind.Object,
            Atomic = atomic,
            PreserveUnknown =
                preserve || (values is JsonValue v && v.GetValueKind() == System.Text.Json.JsonValueKind.True),
            EmbeddedResource = embedded,
            Nullable = nullable,
            Rules = schema,
            Description = description,
            LazyFields = () =>
            {
                var fields = ReadFields(schema);
                if (embedded)
                {
                    fields.TryAdd("apiVersion", s_apiVersion);
                    fields.TryAdd("kind", s_kindField);
                    fields.TryAdd("metadata", new("metadata", BuiltInSchemas.ObjectMeta));
                }
                return fields;
            },
        };
    }

    private static SchemaNode ReadList(JsonObject schema, bool nullable, string description)
    {
        var keys = schema.Arr("x-kubernetes-list-map-keys");
        var kind = schema.Str("x-kubernetes-list-type") switch
        {
            "map" => ListKind.Map,
            "set" => ListKind.Set,
            _ => ListKind.Atomic,
        };
        return new()
        {
            Kind = SchemaKind.List,
            ListKind = kind,
            Items = schema.Obj("items") is { } items ? Read(items) : SchemaNode.Anything,
            Keys = kind == ListKind.Map && keys is not null ? [.. keys.Select(k => k.AsString() ?? "")] : [],
            Rules = schema,
            Nullable = nullable,
            Description = description,
        };
    }

    private static Dictionary<string, SchemaField> ReadFields(JsonObject? schema)
    {
        var fields = new Dictionary<string, SchemaField>(StringComparer.Ordinal);
        if (schema.Obj("properties") is not { } properties)
        {
            return fields;
        }
        var required = schema.Arr("required");
        foreach (var (name, value) in properties)
        {
            if (value is not JsonObject field)
            {
                continue;
            }
            fields[name] = new(name, Read(field))
            {
                Default = field["default"],
                Required = required is not null && required.Any(r => r.AsString() == name),
                Description = field.Str("description") ?? "",
            };
        }
        return fields;
    }
}
