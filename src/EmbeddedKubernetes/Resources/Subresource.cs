namespace EmbeddedKubernetes.Resources;

/// <summary>A further door into the objects of a resource: its name, the kind that is read and written there, and how.</summary>
internal sealed record Subresource(string Name, string Group, string Version, string Kind, string[] Verbs)
{
    private static readonly string[] s_change = ["get", "patch", "update"];

    /// <summary>The subresources that are served for a resource.</summary>
    public static IEnumerable<Subresource> Of(ResourceType type)
    {
        if (type.HasStatus)
        {
            yield return Own("status", s_change);
        }
        if (type.Scale is not null)
        {
            yield return new("scale", "autoscaling", "v1", "Scale", s_change);
        }
        switch (type.Storage)
        {
            case "pods.":
                yield return Own("log", ["get"]);
                yield return new("eviction", "policy", "v1", "Eviction", ["create"]);
                yield return new("binding", "", "v1", "Binding", ["create"]);
                yield return Own("ephemeralcontainers", s_change);
                break;
            case "serviceaccounts.":
                yield return new("token", "authentication.k8s.io", "v1", "TokenRequest", ["create"]);
                break;
            case "certificatesigningrequests.certificates.k8s.io":
                yield return Own("approval", s_change);
                break;
            case "namespaces.":
                yield return Own("finalize", ["update"]);
                break;
        }

        Subresource Own(string name, string[] verbs) => new(name, type.Group, type.Version, type.Kind, verbs);
    }
}
