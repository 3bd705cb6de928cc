using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Api.Documents;

/// <summary>Turns schemas into OpenAPI definitions, collecting every type that is referred to.</summary>
internal sealed class OpenApiSchemas(string referencePrefix)
{
    public JsonObject Definitions { get; } = [];

    /// <summary>The definition name of a kind.</summary>
    public static string NameOf(ResourceType type)
    {
        if (type.IsCustom)
        {
            return string.Join('.', type.Group.Split('.').Reverse()) + "." + type.Version + "." + type.Kind;
        }
        return TypeName((type.Group.Length == 0 ? "core/" : "") + type.ApiVersion, type.Kind);
    }

    public void Add(ResourceType type)
    {
        var name = NameOf(type);
        if (Definitions.ContainsKey(name))
        {
            return;
        }
        Definitions[name] = null;
        var definition = type.IsCustom ? Custom(type) : Object(type.Schema);
        definition["x-kubernetes-group-version-kind"] = new JsonArray(
            new JsonObject
            {
                ["group"] = type.Group,
                ["kind"] = type.Kind,
                ["version"] = type.Version,
            }
        );
        if (type.Schema.Description.Length == 0 && KindDescriptions.Of(type.Kind) is { } text)
        {
            definition["description"] = text;
        }
        Definitions[name] = definition;
    }

    private static string TypeName(string scope, string name) =>
        scope.Split('/') switch
        {
            ["meta", var version] => $"io.k8s.apimachinery.pkg.apis.meta.{version}.{name}",
            ["apiextensions.k8s.io", var version] =>
                $"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.{version}.{name}",
            ["apiregistration.k8s.io", var version] =>
                $"io.k8s.kube-aggregator.pkg.apis.apiregistration.{version}.{name}",
            [var group, var version] => $"io.k8s.api.{group.Split('.')[0]}.{version}.{name}",
            _ => name,
        };

    private JsonObject Custom(ResourceType type)
    {
        var definition = type.Schema.Rules?.Copy() ?? new JsonObject { ["type"] = "object" };
        if (definition.Obj("properties") is { } properties)
        {
            properties["apiVersion"] = new JsonObject
            {
                ["type"] = "string",
                ["description"] = "The group and version of the object.",
            };
            properties["kind"] = new JsonObject { ["type"] = "string", ["description"] = "The kind of the object." };
            properties["metadata"] = Reference(BuiltInSchemas.ObjectMeta);
        }
        return definition;
    }

    private JsonObject Object(SchemaNode node)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var field in node.Fields.Values.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            var property = Describe(field.Node);
            if (field.Default is { } standard && property["$ref"] is null)
            {
                property["default"] = standard.DeepClone();
            }
            if (KindDescriptions.OfField(node.TypeName, field.Name) is { } text)
            {
                property["description"] = text;
            }
            if (field.Node.PatchMerge || field.RetainKeys)
            {
                property["x-kubernetes-patch-strategy"] = (field.Node.PatchMerge, field.RetainKeys) switch
                {
                    (true, true) => "merge,retainKeys",
                    (true, false) => "merge",
                    _ => "retainKeys",
                };
            }
            properties[field.Name] = property;
            if (field.Required)
            {
                required.Add((JsonNode)field.Name);
            }
        }
        var value = new JsonObject { ["type"] = "object", ["properties"] = properties };
        value.PutList("required", required);
        if (node.Atomic)
        {
            value["x-kubernetes-map-type"] = "atomic";
        }
        return value;
    }

    private JsonObject Describe(SchemaNode node)
    {
        switch (node.Kind)
        {
            case SchemaKind.Object:
                return Reference(node);
            case SchemaKind.List:
                return List(node);
            case SchemaKind.Map:
                var map = new JsonObject { ["type"] = "object", ["additionalProperties"] = Describe(node.Items!) };
                if (node.Atomic)
                {
                    map["x-kubernetes-map-type"] = "atomic";
                }
                return map;
        }
        var (type, format) = node.Kind switch
        {
            SchemaKind.Any => ("object", null),
            SchemaKind.IntOrString => ("string", "int-or-string"),
            SchemaKind.Time => ("string", "date-time"),
            SchemaKind.Bytes => ("string", "byte"),
            SchemaKind.Integer => ("integer", node.Format),
            SchemaKind.Number => ("number", "double"),
            SchemaKind.Boolean => ("boolean", null),
            _ => ("string", null),
        };
        var value = new JsonObject { ["type"] = type };
        value.Put("format", format);
        value.PutList("enum", node.Enum.ToJsonArray());
        return value;
    }

    private JsonObject List(SchemaNode node)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = Describe(node.Items!) };
        if (node.PatchKey is { } key)
        {
            list["x-kubernetes-patch-merge-key"] = key;
        }
        list["x-kubernetes-list-type"] = node.ListKind switch
        {
            ListKind.Map => "map",
            ListKind.Set => "set",
            _ => "atomic",
        };
        if (node.ListKind == ListKind.Map)
        {
            list["x-kubernetes-list-map-keys"] = node.Keys.ToJsonArray();
        }
        return list;
    }

    private JsonObject Reference(SchemaNode node)
    {
        if (node.TypeName is null)
        {
            return Object(node);
        }
        var name = TypeName(node.TypeGroup!, node.TypeName);
        if (!Definitions.ContainsKey(name))
        {
            // Held open first: types refer to each other.
            Definitions[name] = null;
            Definitions[name] = Object(node);
        }
        return new() { ["$ref"] = referencePrefix + name };
    }
}
