using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Platform.Clusters;

/// <summary>A registry that lives with a cluster.</summary>
/// <param name="Name">Its host in the names of repositories.</param>
/// <param name="Address">Where it is just now.</param>
public sealed record ClusterRegistry(string Name, Uri Address)
{
    /// <summary>The name of the one in the process of an embedded platform.</summary>
    public const string EmbeddedName = "registry.embedded";

    /// <summary>How it is talked to.</summary>
    public RegistryOptions Options =>
        new() { Mirrors = new Dictionary<string, Uri>(StringComparer.Ordinal) { [Name] = Address } };
}
