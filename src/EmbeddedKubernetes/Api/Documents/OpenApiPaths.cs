namespace EmbeddedKubernetes.Api.Documents;

/// <summary>The paths of a resource, as far as clients look at them: which kind answers, which parameters are understood.</summary>
internal static class OpenApiPaths
{
    public static void Add(JsonObject paths, ResourceType type, bool version3)
    {
        var root = (type.Group.Length == 0 ? "/api/" : "/apis/") + type.ApiVersion;
        var collection = type.Namespaced ? $"{root}/namespaces/{{namespace}}/{type.Plural}" : $"{root}/{type.Plural}";
        paths[collection] = type.CreateOnly
            ? new JsonObject { ["post"] = Operation(type, "post", version3) }
            : new JsonObject
            {
                ["get"] = Operation(type, "list", version3),
                ["post"] = Operation(type, "post", version3),
                ["delete"] = Operation(type, "deletecollection", version3),
            };
        if (type.CreateOnly)
        {
            return;
        }
        paths[collection + "/{name}"] = new JsonObject
        {
            ["get"] = Operation(type, "get", version3),
            ["put"] = Operation(type, "put", version3),
            ["patch"] = Operation(type, "patch", version3),
            ["delete"] = Operation(type, "delete", version3),
        };
    }

    private static JsonObject Operation(ResourceType type, string action, bool version3)
    {
        var parameters = new JsonArray();
        if (action is "post" or "put" or "patch")
        {
            foreach (var name in (ReadOnlySpan<string>)["dryRun", "fieldManager", "fieldValidation"])
            {
                parameters.Add((JsonNode)Parameter(name, "string", version3));
            }
            if (action == "patch")
            {
                parameters.Add((JsonNode)Parameter("force", "boolean", version3));
            }
        }
        return new()
        {
            ["parameters"] = parameters,
            ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
            ["x-kubernetes-action"] = action,
            ["x-kubernetes-group-version-kind"] = new JsonObject
            {
                ["group"] = type.Group,
                ["kind"] = type.Kind,
                ["version"] = type.Version,
            },
        };
    }

    private static JsonObject Parameter(string name, string type, bool version3)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = "query" };
        if (version3)
        {
            parameter["schema"] = new JsonObject { ["type"] = type };
        }
        else
        {
            parameter["type"] = type;
        }
        return parameter;
    }
}
