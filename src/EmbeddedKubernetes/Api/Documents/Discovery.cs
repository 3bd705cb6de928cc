using EmbeddedKubernetes.Api.Requests;

namespace EmbeddedKubernetes.Api.Documents;

/// <summary>Tells clients what is served.</summary>
internal sealed class Discovery(ResourceCatalogue catalogue)
{
    private const string Aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    private const string Plain = "application/json";

    public bool TryAnswer(string path, ApiRequest request, out JsonObject answer, out string type)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var aggregated = parts.Length == 1 && IsAggregatedWanted(request.Accept);
        type = aggregated ? Aggregated : Plain;
        var found = parts switch
        {
            [] => Roots(),
            ["api"] when aggregated => AggregatedList([""]),
            ["apis"] when aggregated => AggregatedList(catalogue.Groups.Where(g => g.Length > 0)),
            ["api"] => Versions(),
            ["apis"] => Groups(),
            ["apis", var group] when group.Length > 0 && catalogue.HasGroup(group) => Group(group, top: true),
            ["api", var version] => Resources("", version),
            ["apis", var group, var version] => Resources(group, version),
            _ => null,
        };
        answer = found!;
        return found is not null;
    }

    private static bool IsAggregatedWanted(string accept)
    {
        foreach (var type in accept.Split(','))
        {
            if (
                type.Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal)
                && type.Contains("v=v2", StringComparison.Ordinal)
            )
            {
                // v2beta1 has the same content, but only v2 is declared.
                return !type.Contains("v2beta1", StringComparison.Ordinal);
            }
        }
        return false;
    }

    private JsonObject Roots()
    {
        var paths = new JsonArray("/api", "/api/v1", "/apis");
        foreach (var group in catalogue.Groups.Where(g => g.Length > 0))
        {
            paths.Add((JsonNode)$"/apis/{group}");
            foreach (var version in VersionsOf(group))
            {
                paths.Add((JsonNode)$"/apis/{group}/{version}");
            }
        }
        foreach (
            var path in (ReadOnlySpan<string>)
                ["/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
        )
        {
            paths.Add((JsonNode)path);
        }
        return new() { ["paths"] = paths };
    }

    private static JsonObject Versions() =>
        new()
        {
            ["kind"] = "APIVersions",
            ["versions"] = new JsonArray("v1"),
            ["serverAddressByClientCIDRs"] = new JsonArray(),
        };

    private JsonObject Groups()
    {
        var groups = new JsonArray();
        foreach (var group in catalogue.Groups.Where(g => g.Length > 0))
        {
            groups.Add((JsonNode)Group(group, top: false));
        }
        return new()
        {
            ["kind"] = "APIGroupList",
            ["apiVersion"] = "v1",
            ["groups"] = groups,
        };
    }

    private JsonObject Group(string group, bool top)
    {
        var versions = new JsonArray();
        foreach (var version in VersionsOf(group))
        {
            versions.Add((JsonNode)new JsonObject { ["groupVersion"] = $"{group}/{version}", ["version"] = version });
        }
        var value = new JsonObject();
        if (top)
        {
            value["kind"] = "APIGroup";
            value["apiVersion"] = "v1";
        }
        value["name"] = group;
        value["preferredVersion"] = versions.Count > 0 ? versions[0]!.DeepClone() : null;
        value["versions"] = versions;
        return value;
    }

    private JsonObject? Resources(string group, string version)
    {
        var resources = new JsonArray();
        foreach (var type in catalogue.All)
        {
            if (type.Group != group || type.Version != version)
            {
                continue;
            }
            resources.Add((JsonNode)Resource(type));
            foreach (var subresource in Subresource.Of(type))
            {
                var sub = new JsonObject
                {
                    ["name"] = $"{type.Plural}/{subresource.Name}",
                    ["singularName"] = "",
                    ["namespaced"] = type.Namespaced,
                };
                if (subresource.Group != type.Group || subresource.Version != type.Version)
                {
                    sub["group"] = subresource.Group;
                    sub["version"] = subresource.Version;
                }
                sub["kind"] = subresource.Kind;
                sub["verbs"] = Strings(subresource.Verbs);
                resources.Add((JsonNode)sub);
            }
        }
        if (resources.Count == 0)
        {
            return null;
        }
        return new()
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = resources,
        };
    }

    private static JsonObject Resource(ResourceType type)
    {
        var value = new JsonObject
        {
            ["name"] = type.Plural,
            ["singularName"] = type.Singular,
            ["namespaced"] = type.Namespaced,
            ["kind"] = type.Kind,
            ["verbs"] = Strings(type.Verbs),
        };
        if (type.ShortNames.Length > 0)
        {
            value["shortNames"] = Strings(type.ShortNames);
        }
        if (type.Categories.Length > 0)
        {
            value["categories"] = Strings(type.Categories);
        }
        return value;
    }

    private JsonObject AggregatedList(IEnumerable<string> groups)
    {
        var items = new JsonArray();
        foreach (var group in groups)
        {
            var versions = new JsonArray();
            foreach (var version in VersionsOf(group))
            {
                var resources = new JsonArray();
                foreach (var type in catalogue.All.Where(t => t.Group == group && t.Version == version))
                {
                    resources.Add((JsonNode)AggregatedResource(type));
                }
                versions.Add(
                    (JsonNode)
                        new JsonObject
                        {
                            ["version"] = version,
                            ["resources"] = resources,
                            ["freshness"] = "Current",
                        }
                );
            }
            var metadata = new JsonObject();
            if (group.Length > 0)
            {
                metadata["name"] = group;
            }
            items.Add((JsonNode)new JsonObject { ["metadata"] = metadata, ["versions"] = versions });
        }
        return new()
        {
            ["kind"] = "APIGroupDiscoveryList",
            ["apiVersion"] = "apidiscovery.k8s.io/v2",
            ["metadata"] = new JsonObject(),
            ["items"] = items,
        };
    }

    private static JsonObject AggregatedResource(ResourceType type)
    {
        var value = new JsonObject
        {
            ["resource"] = type.Plural,
            ["responseKind"] = Kind(type.Group, type.Version, type.Kind),
            ["scope"] = type.Namespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = type.Singular,
            ["verbs"] = Strings(type.Verbs),
        };
        if (type.ShortNames.Length > 0)
        {
            value["shortNames"] = Strings(type.ShortNames);
        }
        if (type.Categories.Length > 0)
        {
            value["categories"] = Strings(type.Categories);
        }
        var subresources = new JsonArray();
        foreach (var subresource in Subresource.Of(type))
        {
            subresources.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["subresource"] = subresource.Name,
                        ["responseKind"] = Kind(subresource.Group, subresource.Version, subresource.Kind),
                        ["verbs"] = Strings(subresource.Verbs),
                    }
            );
        }
        if (subresources.Count > 0)
        {
            value["subresources"] = subresources;
        }
        return value;
    }

    private static JsonObject Kind(string group, string version, string kind) =>
        new()
        {
            ["group"] = group,
            ["version"] = version,
            ["kind"] = kind,
        };

    private List<string> VersionsOf(string group) =>
        [
            .. catalogue
                .All.Where(t => t.Group == group)
                .Select(t => t.Version)
                .Distinct(StringComparer.Ordinal)
                .Order(VersionPriority.Comparer),
        ];

    private static JsonArray Strings(IEnumerable<string> values) => [.. values.Select(v => (JsonNode)v)];
}
