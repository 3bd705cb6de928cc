namespace EmbeddedKubernetes.Schemas;

/// <summary>Compares a value with its schema: unknown fields are cut out and named, wrong types reported.</summary>
internal sealed class Conformity
{
    /// <summary>Paths of fields the schema does not know, in the order met.</summary>
    public List<string> Unknown { get; } = [];

    /// <summary>The first value of a wrong JSON type, if any: its path, what it is and what it should be.</summary>
    public (string Path, string Found, string Wanted)? WrongType { get; private set; }

    /// <param name="value">The object; unknown fields are removed from it.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="dropNulls">Null fields are removed too, as a typed decoder would.</param>
    public void Prune(JsonNode? value, SchemaNode schema, bool dropNulls)
    {
        // Paths are costly to put together, and nearly every object conforms.
        if (!Conforms(value, schema, dropNulls))
        {
            Visit(value, schema, "", dropNulls);
        }
    }

    private static bool Conforms(JsonNode? value, SchemaNode schema, bool dropNulls)
    {
        if (value is null)
        {
            return true;
        }
        switch (schema.Kind)
        {
            case SchemaKind.Object:
                if (value is not JsonObject o)
                {
                    return false;
                }
                foreach (var (name, member) in o)
                {
                    if (schema.Fields.TryGetValue(name, out var field))
                    {
                        if (member is null ? IsDropped(field, dropNulls) : !Conforms(member, field.Node, dropNulls))
                        {
                            return false;
                        }
                    }
                    else if (!schema.PreserveUnknown)
                    {
                        return false;
                    }
                }
                return true;
            case SchemaKind.Map:
                return value is JsonObject map && map.All(m => Conforms(m.Value, schema.Items!, dropNulls));
            case SchemaKind.List:
                return value is JsonArray list && list.All(i => Conforms(i, schema.Items!, dropNulls));
            default:
                return Fits(value, schema).Fits;
        }
    }

    private static bool IsDropped(SchemaField field, bool dropNulls) =>
        dropNulls || (field.Default is not null && !field.Node.Nullable);

    private void Visit(JsonNode? value, SchemaNode schema, string path, bool dropNulls)
    {
        if (value is null)
        {
            return;
        }
        switch (schema.Kind)
        {
            case SchemaKind.Object:
                if (value is JsonObject o)
                {
                    VisitObject(o, schema, path, dropNulls);
                }
                else
                {
                    Report(path, value, "object");
                }
                break;
            case SchemaKind.Map:
                if (value is JsonObject map)
                {
                    foreach (var (name, member) in map)
                    {
                        Visit(member, schema.Items!, path + "." + name, dropNulls);
                    }
                }
                else
                {
                    Report(path, value, "object");
                }
                break;
            case SchemaKind.List:
                if (value is JsonArray list)
                {
                    for (var i = 0; i < list.Count; i++)
                    {
                        Visit(list[i], schema.Items!, $"{path}[{i}]", dropNulls);
                    }
                }
                else
                {
                    Report(path, value, "array");
                }
                break;
            default:
                VisitScalar(value, schema, path);
                break;
        }
    }

    private void VisitObject(JsonObject o, SchemaNode schema, string path, bool dropNulls)
    {
        List<string>? remove = null;
        foreach (var (name, member) in o)
        {
            if (schema.Fields.TryGetValue(name, out var field))
            {
                if (member is null && IsDropped(field, dropNulls))
                {
                    (remove ??= []).Add(name);
                }
                else
                {
                    Visit(member, field.Node, path.Length == 0 ? name : path + "." + name, dropNulls);
                }
            }
            else if (!schema.PreserveUnknown)
            {
                Unknown.Add(path.Length == 0 ? name : path + "." + name);
                (remove ??= []).Add(name);
            }
        }
        foreach (var name in remove ?? [])
        {
            o.Remove(name);
        }
    }

    private void VisitScalar(JsonNode value, SchemaNode schema, string path)
    {
        var (fits, wanted) = Fits(value, schema);
        if (!fits)
        {
            Report(path, value, wanted);
        }
    }

    private static (bool Fits, string Wanted) Fits(JsonNode value, SchemaNode schema)
    {
        if (schema.Kind == SchemaKind.Any)
        {
            return (true, "");
        }
        var found = value.GetValueKind();
        return schema.Kind switch
        {
            SchemaKind.String or SchemaKind.Time or SchemaKind.Bytes => (found == JsonValueKind.String, "string"),
            SchemaKind.Integer => (found == JsonValueKind.Number && value.AsLong() is not null, "integer"),
            SchemaKind.Number => (found == JsonValueKind.Number, "number"),
            SchemaKind.Boolean => (found is JsonValueKind.True or JsonValueKind.False, "boolean"),
            SchemaKind.IntOrString or SchemaKind.Quantity => (
                found is JsonValueKind.String or JsonValueKind.Number,
                "integer or string"
            ),
            _ => (true, ""),
        };
    }

    private void Report(string path, JsonNode value, string wanted)
    {
        var found = value.GetValueKind() switch
        {
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.Number => value.AsLong() is null ? "number" : "integer",
            _ => "string",
        };
        WrongType ??= (path, found, wanted);
    }
}
