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
            ["apis"] when aggregated => AggregatedList(NamedGroups),
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

    private IEnumerable<string> NamedGroups => catalogue.Groups.Where(g => g.Length > 0);

    private static bool IsAggregatedWanted(string accept)
    {
        // v2beta1 has the same content, but only v2 is declared.
        var asked = accept
            .Split(',')
            .FirstOrDefault(t =>
                t.Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal)
                && t.Contains("v=v2", StringComparison.Ordinal)
            );
        return asked?.Contains("v2beta1", StringComparison.Ordinal) == false;
    }

    private JsonObject Roots()
    {
        var groups = NamedGroups.SelectMany(g => VersionsOf(g).Select(v => $"/apis/{g}/{v}").Prepend($"/apis/{g}"));
        string[] others = ["/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"];
        return new() { ["paths"] = new[] { "/api", "/api/v1", "/apis" }.Concat(groups).Concat(others).ToJsonArray() };
    }

    private static JsonObject Versions() =>
        new()
        {
            ["kind"] = "APIVersions",
            ["versions"] = new JsonArray("v1"),
            ["serverAddressByClientCIDRs"] = new JsonArray(),
        };

    private JsonObject Groups() =>
        new()
        {
            ["kind"] = "APIGroupList",
            ["apiVersion"] = "v1",
            ["groups"] = NamedGroups.Select(g => Group(g, top: false)).ToJsonArray(),
        };

    private JsonObject Group(string group, bool top)
    {
        var versions = VersionsOf(group)
            .Select(v => new JsonObject { ["groupVersion"] = $"{group}/{v}", ["version"] = v })
            .ToJsonArray();
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
        foreach (var type in TypesOf(group, version))
        {
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
                sub["verbs"] = subresource.Verbs.ToJsonArray();
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
            ["verbs"] = type.Verbs.ToJsonArray(),
        };
        value.PutList("shortNames", type.ShortNames.ToJsonArray());
        value.PutList("categories", type.Categories.ToJsonArray());
        return value;
    }

    private JsonObject AggregatedList(IEnumerable<string> groups) =>
        new()
        {
            ["kind"] = "APIGroupDiscoveryList",
            ["apiVersion"] = "apidiscovery.k8s.io/v2",
            ["metadata"] = new JsonObject(),
            ["items"] = groups.Select(AggregatedGroup).ToJsonArray(),
        };

    private JsonObject AggregatedGroup(string group) =>
        new()
        {
            ["metadata"] = group.Length > 0 ? new JsonObject { ["name"] = group } : new JsonObject(),
            ["versions"] = VersionsOf(group)
                .Select(version => new JsonObject
                {
                    ["version"] = version,
                    ["resources"] = TypesOf(group, version).Select(AggregatedResource).ToJsonArray(),
                    ["freshness"] = "Current",
                })
                .ToJsonArray(),
        };

    private static JsonObject AggregatedResource(ResourceType type)
    {
        var value = new JsonObject
        {
            ["resource"] = type.Plural,
            ["responseKind"] = Kind(type.Group, type.Version, type.Kind),
            ["scope"] = type.Namespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = type.Singular,
            ["verbs"] = type.Verbs.ToJsonArray(),
        };
        value.PutList("shortNames", type.ShortNames.ToJsonArray());
        value.PutList("categories", type.Categories.ToJsonArray());
        value.PutList(
            "subresources",
            Subresource
                .Of(type)
                .Select(s => new JsonObject
                {
                    ["subresource"] = s.Name,
                    ["responseKind"] = Kind(s.Group, s.Version, s.Kind),
                    ["verbs"] = s.Verbs.ToJsonArray(),
                })
                .ToJsonArray()
        );
        return value;
    }

    private static JsonObject Kind(string group, string version, string kind) =>
        new()
        {
            ["group"] = group,
            ["version"] = version,
            ["kind"] = kind,
        };

    private IEnumerable<ResourceType> TypesOf(string group, string version) =>
        catalogue.All.Where(t => t.Group == group && t.Version == version);

    private List<string> VersionsOf(string group) =>
        [
            .. catalogue
                .All.Where(t => t.Group == group)
                .Select(t => t.Version)
                .Distinct(StringComparer.Ordinal)
                .Order(VersionPriority.Comparer),
        ];
}
