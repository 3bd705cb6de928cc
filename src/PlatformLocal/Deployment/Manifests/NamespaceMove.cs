namespace PlatformLocal.Deployment.Manifests;

/// <summary>
/// Moves published manifests from the namespaces that they were written for into the environment's: the objects, and what
/// in them refers to these namespaces, such as subjects of role bindings and services of webhooks.
/// </summary>
/// <param name="from">The namespaces that they were written for.</param>
/// <param name="accounts">Names of the service accounts that are among the manifests.</param>
/// <param name="to">The environment's namespace.</param>
internal sealed class NamespaceMove(IReadOnlySet<string> from, IReadOnlySet<string> accounts, string to)
{
    private const string NameLabel = "kubernetes.io/metadata.name";

    /// <summary>The move of a service's manifests.</summary>
    public static NamespaceMove Of(ServiceDefinition service, IReadOnlyList<Manifest> manifests, string to)
    {
        var used = manifests.Select(m => m.Namespace).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var brought = manifests.Where(IsNamespace).Select(m => m.Name).Where(used.Contains);
        var accounts = manifests.Where(m => m is { Kind: "ServiceAccount", ApiVersion: "v1" }).Select(m => m.Name);
        return new NamespaceMove(
            brought.Concat(service.Namespaces).Where(n => n != to).ToHashSet(StringComparer.Ordinal),
            accounts.ToHashSet(StringComparer.Ordinal),
            to
        );
    }

    /// <summary>The namespaces that manifests were written for.</summary>
    public IReadOnlySet<string> From => from;

    /// <summary>Whether an object is the namespace itself, in whose place the environment's stands.</summary>
    public bool Replaces(Manifest manifest) => IsNamespace(manifest) && from.Contains(manifest.Name);

    /// <summary>The object in the environment's namespace, with what refers to the namespaces that it was written for.</summary>
    public Manifest Apply(Manifest manifest)
    {
        if (manifest.Namespace is { } own && from.Contains(own))
        {
            manifest.Object["metadata"]!["namespace"] = to;
        }

        if (manifest.Kind.EndsWith("Binding", StringComparison.Ordinal))
        {
            foreach (var subject in manifest.Object.Items("subjects"))
            {
                if (subject.Text("kind") == "ServiceAccount" && accounts.Contains(subject.Text("name") ?? ""))
                {
                    subject["namespace"] = to;
                }
            }
        }

        // What is in these is not Kubernetes' own.
        if (from.Count > 0 && manifest is not { ApiVersion: "v1", Kind: "ConfigMap" or "Secret" })
        {
            Move(manifest.Object);
        }

        return manifest;
    }

    private static bool IsNamespace(Manifest manifest) =>
        manifest is { Kind: Workspaces.Workspace.NamespaceKind, ApiVersion: "v1" };

    private void Move(JsonNode? node)
    {
        switch (node)
        {
            case JsonArray list:
                foreach (var element in list)
                {
                    Move(element);
                }

                break;
            case JsonObject map:
                foreach (var (name, value) in map.ToList())
                {
                    switch (name)
                    {
                        case "namespace" or NameLabel when map.Text(name) is { } own && from.Contains(own):
                            map[name] = to;
                            break;
                        case "matchNames" when value is JsonArray names:
                            map[name] = new JsonArray([.. names.Select(Moved)]);
                            break;
                        case "annotations" when value is JsonObject annotations:
                            MoveReferences(annotations);
                            break;
                        default:
                            Move(value);
                            break;
                    }
                }

                break;
        }
    }

    // Annotations refer to objects as namespace/name.
    private void MoveReferences(JsonObject annotations)
    {
        foreach (var (name, _) in annotations.ToList())
        {
            if (annotations.Text(name)?.Split('/') is [var space, { Length: > 0 } referred] && from.Contains(space))
            {
                annotations[name] = $"{to}/{referred}";
            }
        }
    }

    private JsonNode? Moved(JsonNode? name) =>
        name is JsonValue value && value.TryGetValue(out string? text) && from.Contains(text) ? to : name?.DeepClone();
}
