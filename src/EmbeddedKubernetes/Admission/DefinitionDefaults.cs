using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Admission;

/// <summary>Defaults in the schemas of a CustomResourceDefinition must fulfil those schemas, and stored versions stay.</summary>
internal static class DefinitionDefaults
{
    public static void Check(JsonObject definition, JsonObject? live, FieldFaults faults)
    {
        var versions = definition.Obj("spec").Arr("versions").Objects().ToList();
        for (var i = 0; i < versions.Count; i++)
        {
            if (versions[i].Obj("schema").Obj("openAPIV3Schema") is { } schema)
            {
                Visit(schema, $"spec.versions[{i}].schema.openAPIV3Schema", faults);
            }
        }
        var stored = live.Obj("status").Arr("storedVersions") ?? [];
        for (var i = 0; i < stored.Count; i++)
        {
            if (!versions.Any(v => v.Str("name") == stored[i].AsString()))
            {
                faults.Invalid($"status.storedVersions[{i}]", stored[i], "must appear in spec.versions");
            }
        }
    }

    private static void Visit(JsonObject schema, string path, FieldFaults faults)
    {
        if (schema["default"] is { } value)
        {
            Default(value, schema, path + ".default", faults);
        }
        foreach (var (name, property) in schema.Obj("properties") ?? [])
        {
            if (property is JsonObject o)
            {
                Visit(o, $"{path}.properties[{name}]", faults);
            }
        }
        if (schema.Obj("items") is { } items)
        {
            Visit(items, path + ".items", faults);
        }
        if (schema.Obj("additionalProperties") is { } values)
        {
            Visit(values, path + ".additionalProperties", faults);
        }
    }

    private static void Default(JsonNode value, JsonObject schema, string path, FieldFaults faults)
    {
        // The schema of an object whose only field has the default.
        const string field = "value";
        var node = CustomSchema.ForKind(
            new()
            {
                ["type"] = "object",
                ["properties"] = new JsonObject { [field] = schema.DeepClone() },
            }
        );
        var sample = new JsonObject { [field] = value.DeepClone() };
        var conformity = new Conformity();
        conformity.Prune(sample, node, dropNulls: false);
        if (conformity.WrongType is var (_, found, wanted))
        {
            faults.Invalid(path, value, $"in body must be of type {wanted}: \"{found}\"");
            return;
        }
        if (conformity.Unknown.Count > 0)
        {
            faults.Invalid(path, value, "must not have unknown fields");
            return;
        }
        var broken = new FieldFaults();
        CustomRules.Check(sample, node, broken);
        foreach (var fault in broken.All)
        {
            faults.Add(fault with { Field = path + fault.Field[field.Length..] });
        }
    }
}
