namespace EmbeddedKubernetes.Admission;

/// <summary>What a CustomResourceDefinition must fulfil.</summary>
internal static class DefinitionRules
{
    public static void Check(JsonObject value, JsonObject? before, FieldFaults faults)
    {
        var spec = value.Obj("spec");
        var names = spec.Obj("names");
        var expected = $"{names.Str("plural")}.{spec.Str("group")}";
        if (value.Str("metadata", "name") != expected)
        {
            faults.Invalid(
                "metadata.name",
                value.At("metadata", "name"),
                $"must be spec.names.plural+\".\"+spec.group, {expected}"
            );
        }
        var versions = spec.Arr("versions").Objects().ToList();
        if (versions.Count == 0)
        {
            faults.Required("spec.versions");
            return;
        }
        if (versions.Count(v => v.Flag("storage")) != 1)
        {
            faults.Invalid(
                "spec.versions",
                spec!["versions"],
                "must have exactly one version marked as storage version"
            );
        }
        for (var i = 0; i < versions.Count; i++)
        {
            Version(versions[i], $"spec.versions[{i}]", faults);
        }
        foreach (var field in (ReadOnlySpan<string>)["scope", "group"])
        {
            if (before is not null)
            {
                faults.Immutable("spec." + field, spec![field], before[field]);
            }
        }
    }

    private static void Version(JsonObject version, string at, FieldFaults faults)
    {
        if (version.At("schema", "openAPIV3Schema") is not JsonObject schema)
        {
            faults.Required(at + ".schema.openAPIV3Schema", "schemas are required");
            return;
        }
        if (schema.Str("type") != "object")
        {
            faults.Invalid(at + ".schema.openAPIV3Schema.type", schema["type"], "must be object at the root");
        }
        Structural(schema, at + ".schema.openAPIV3Schema", faults);
    }

    private static void Structural(JsonObject schema, string path, FieldFaults faults)
    {
        if (
            schema.Str("type") is null
            && !schema.Flag("x-kubernetes-int-or-string")
            && !schema.Flag("x-kubernetes-preserve-unknown-fields")
        )
        {
            faults.Required(path + ".type", "must not be empty for specified object fields");
        }
        foreach (var (name, property) in schema.Obj("properties") ?? [])
        {
            if (property is JsonObject o)
            {
                Structural(o, $"{path}.properties[{name}]", faults);
            }
        }
        if (schema.Str("type") == "array")
        {
            if (schema.Obj("items") is not { } items)
            {
                faults.Required(path + ".items", "must be specified");
                return;
            }
            Structural(items, path + ".items", faults);
            if (
                schema.Str("x-kubernetes-list-type") == "map"
                && schema.Arr("x-kubernetes-list-map-keys") is null or { Count: 0 }
            )
            {
                faults.Required(path + ".x-kubernetes-list-map-keys", "must not be empty if list type is map");
            }
        }
        if (schema.Obj("additionalProperties") is { } values)
        {
            Structural(values, path + ".additionalProperties", faults);
        }
    }
}
