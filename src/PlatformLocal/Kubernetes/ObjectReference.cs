namespace PlatformLocal.Kubernetes;

/// <summary>Names one object of a cluster.</summary>
/// <param name="ApiVersion">Group and version, such as <c>apps/v1</c>, or <c>v1</c> for the core group.</param>
/// <param name="Kind">Kind, such as <c>Deployment</c>.</param>
/// <param name="Namespace">Namespace, or <see langword="null"/> for objects outside of one.</param>
/// <param name="Name">Name.</param>
public readonly record struct ObjectReference(string ApiVersion, string Kind, string? Namespace, string Name)
{
    /// <summary>The API group; empty for the core group.</summary>
    public string Group => ApiGroup.Of(ApiVersion);

    /// <summary>The reference to an object.</summary>
    /// <param name="item">An object with <c>apiVersion</c>, <c>kind</c> and <c>metadata.name</c>.</param>
    /// <exception cref="PlatformException">One of them is missing.</exception>
    public static ObjectReference Of(JsonObject item)
    {
        if (
            item.Text("apiVersion") is { Length: > 0 } apiVersion
            && item.Text("kind") is { Length: > 0 } kind
            && item.Metadata().Text("name") is { Length: > 0 } name
        )
        {
            return new ObjectReference(apiVersion, kind, item.Metadata().Text("namespace"), name);
        }
        throw new PlatformException(
            FailureKind.InvalidInput,
            $"This is not a Kubernetes object: apiVersion is '{item.Text("apiVersion")}', kind '{item.Text("kind")}', "
                + $"metadata.name '{item.Metadata().Text("name")}'; each must be a text that is not empty."
        );
    }

    /// <summary>A command of kubectl about this object, such as <c>kubectl -n env-shop describe deployment web</c>.</summary>
    /// <param name="verb">What to do with it.</param>
    /// <param name="options">What follows its name.</param>
    public string Kubectl(string verb, params IEnumerable<string> options)
    {
        // Kinds that are not Kubernetes' own may share their names with others.
        bool isOwn =
            !Group.Contains('.', StringComparison.Ordinal) || Group.EndsWith(".k8s.io", StringComparison.Ordinal);
        string kind = Kind.ToLowerInvariant();
        return ShellCommand.Kubectl(Namespace, [verb, isOwn ? kind : $"{kind}.{Group}", Name, .. options]);
    }

    /// <summary>An object of this kind and name.</summary>
    /// <param name="fields">What it has beside them; none of them is <c>metadata</c>.</param>
    public JsonObject ToObject(params IEnumerable<(string Name, JsonNode? Value)> fields)
    {
        var metadata = new JsonObject { ["name"] = Name };
        if (Namespace is not null)
        {
            metadata["namespace"] = Namespace;
        }
        return new JsonObject(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)))
        {
            ["apiVersion"] = ApiVersion,
            ["kind"] = Kind,
            ["metadata"] = metadata,
        };
    }

    /// <summary>Kind, namespace and name as people say them: <c>Deployment env-shop/web</c>.</summary>
    public override string ToString() => Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}

/// <summary>Takes an <c>apiVersion</c> apart.</summary>
public static class ApiGroup
{
    /// <summary>The group of an <c>apiVersion</c>; empty for the core.</summary>
    public static string Of(string apiVersion) =>
        apiVersion.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? apiVersion[..slash] : "";

    /// <summary>The <c>apiVersion</c> of a group and a version.</summary>
    public static string Join(string group, string version) => group.Length == 0 ? version : $"{group}/{version}";
}
