using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Admission;

/// <summary>Required fields, allowed values and quantities of built-in kinds.</summary>
internal static class SchemaRules
{
    public static void Check(JsonObject value, SchemaNode schema, FieldFaults faults)
    {
        foreach (var field in schema.Fields.Values)
        {
            if (field.Name is "metadata" or "status" or "apiVersion" or "kind")
            {
                continue;
            }
            var member = value[field.Name];
            if (member is null && field.Name == "spec" && field.Node.Fields.Values.Any(f => f.Required))
            {
                member = new JsonObject();
            }
            VisitField(member, field, field.Name, faults);
        }
    }

    private static void VisitField(JsonNode? member, SchemaField field, string path, FieldFaults faults)
    {
        if (member is null || (field.Required && field.Name != "value" && member.AsString() is { Length: 0 }))
        {
            if (field.Required)
            {
                faults.Required(path);
            }
            return;
        }
        Visit(member, field.Node, path, faults);
    }

    private static void Visit(JsonNode? value, SchemaNode schema, string path, FieldFaults faults)
    {
        switch (value)
        {
            case JsonObject o when schema.Kind == SchemaKind.Object:
                if (schema.TypeName == "ObjectMeta")
                {
                    MetadataRules.CheckLabels(o.Obj("labels"), path + ".labels", faults);
                    return;
                }
                if (schema.TypeName == "LabelSelector")
                {
                    MetadataRules.CheckSelector(o, path, faults);
                }
                foreach (var field in schema.Fields.Values)
                {
                    // Most fields are absent, and the path of those is never told.
                    if (field.Name != "status" && (field.Required || o[field.Name] is not null))
                    {
                        VisitField(o[field.Name], field, path + "." + field.Name, faults);
                    }
                }
                break;
            case JsonObject map when schema.Kind == SchemaKind.Map:
                foreach (var (name, member) in map)
                {
                    Visit(member, schema.Items!, $"{path}[{name}]", faults);
                }
                break;
            case JsonArray list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    Visit(list[i], items, $"{path}[{i}]", faults);
                }
                break;
            default:
                VisitScalar(value, schema, path, faults);
                break;
        }
    }

    private static void VisitScalar(JsonNode? value, SchemaNode schema, string path, FieldFaults faults)
    {
        if (
            schema.Enum.Length > 0
            && value.AsString() is { Length: > 0 } text
            && !schema.Enum.Contains(text, StringComparer.Ordinal)
        )
        {
            faults.NotSupported(path, value, schema.Enum.Order(StringComparer.Ordinal));
        }
        else if (schema.Kind == SchemaKind.Quantity && !Quantity.IsValid(value))
        {
            faults.Invalid(path, value, "quantities are a number with an optional suffix such as m, k, M, Ki, Mi, Gi");
        }
        else if (schema.Kind == SchemaKind.Bytes && value.AsString() is { } encoded && !IsBase64(encoded))
        {
            throw ApiException.BadRequest($"{path}: illegal base64 data");
        }
    }

    private static bool IsBase64(string text)
    {
        var buffer = new byte[(text.Length * 3 / 4) + 4];
        return Convert.TryFromBase64String(text, buffer, out _);
    }
}
