namespace EmbeddedKubernetes.Api.Requests;

/// <summary>What a resource path points at.</summary>
/// <param name="Type">The resource.</param>
/// <param name="Namespace">Empty for cluster scope and for lists over all namespaces.</param>
/// <param name="Name">Null for the collection.</param>
/// <param name="Subresource">Empty, or such as <c>status</c>, <c>scale</c>, <c>log</c>.</param>
internal sealed record RequestTarget(ResourceType Type, string Namespace, string? Name, string Subresource)
{
    /// <summary>The part of the object that may be written through the door: empty, <c>status</c> or <c>finalize</c>.</summary>
    public string Part =>
        Subresource switch
        {
            "ephemeralcontainers" => "",
            "approval" => "status",
            _ => Subresource,
        };

    /// <summary>The path lies under a group and version that is served, whether or not the resource is.</summary>
    public static bool IsInKnownGroup(string path, ResourceCatalogue catalogue) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["api", "v1", ..] => true,
            ["apis", var group, var version, ..] => catalogue.All.Any(t => t.Group == group && t.Version == version),
            _ => false,
        };

    /// <summary>Reads <c>/api/v1/…</c> and <c>/apis/group/version/…</c>; null when nothing is served there.</summary>
    public static RequestTarget? Parse(string path, ResourceCatalogue catalogue)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var root = parts switch
        {
            ["api", var v, _, ..] => ("", v, 2),
            ["apis", var g, var v, _, ..] => (g, v, 3),
            _ => default((string, string, int)?),
        };
        if (root is not var (group, version, at))
        {
            return null;
        }
        // The ancient way to watch is used by nobody any longer.
        if (parts[at] == "watch")
        {
            return null;
        }
        var rest = parts[at..];
        var ns = "";
        if (rest is ["namespaces", var space, var next, ..] && !(group.Length == 0 && next is "status" or "finalize"))
        {
            ns = Uri.UnescapeDataString(space);
            rest = rest[2..];
        }
        if (rest.Length is 0 or > 3 || catalogue.Find(group, version, rest[0]) is not { } type)
        {
            return null;
        }
        if (type.Namespaced ? rest.Length > 1 && ns.Length == 0 : ns.Length > 0)
        {
            return null;
        }
        var name = rest.Length > 1 ? Uri.UnescapeDataString(rest[1]) : null;
        return new(type, ns, name, rest.Length > 2 ? rest[2] : "");
    }
}
