namespace PlatformLocal.Kubernetes;

/// <summary>Where a kind is served.</summary>
public sealed record ResourceMapping
{
    /// <summary>Group and version, such as <c>apps/v1</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>Kind, such as <c>Deployment</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The plural that paths have, such as <c>deployments</c>.</summary>
    public required string Plural { get; init; }

    /// <summary>Whether its objects are in namespaces.</summary>
    public required bool IsNamespaced { get; init; }

    /// <summary>Names for people, such as <c>deploy</c>.</summary>
    public IReadOnlyList<string> ShortNames { get; init; } = [];

    /// <summary>The API group; empty for the core group.</summary>
    public string Group => ApiGroup.Of(ApiVersion);

    /// <summary>The path of an object or a collection.</summary>
    /// <param name="targetNamespace">The namespace; <see langword="null"/> for all of them or outside of one.</param>
    /// <param name="name">The object's name; <see langword="null"/> for the collection.</param>
    /// <param name="subresource">A part of the object, such as <c>status</c>.</param>
    public string Path(string? targetNamespace, string? name = null, string? subresource = null)
    {
        string path = Group.Length == 0 ? $"/api/{ApiVersion}" : $"/apis/{ApiVersion}";
        if (IsNamespaced && targetNamespace is not null)
        {
            path += $"/namespaces/{Uri.EscapeDataString(targetNamespace)}";
        }
        path += $"/{Plural}";
        if (name is not null)
        {
            path += $"/{Uri.EscapeDataString(name)}";
        }
        return subresource is null ? path : $"{path}/{subresource}";
    }
}
