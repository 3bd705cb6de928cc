namespace PlatformLocal.Deployment.Workspaces;

/// <summary>What <c>platform.yaml</c> may say of one platform service.</summary>
/// <param name="Name">The service's name.</param>
/// <param name="HasVersion">Whether it is a chart, whose version can be another one.</param>
/// <param name="HasManifests">Whether it downloads manifests, which can come from a file.</param>
/// <param name="IsObjectStore">Whether it is one of those of which a platform has one at most.</param>
public sealed record PlatformServiceFormat(
    string Name,
    bool HasVersion = true,
    bool HasManifests = false,
    bool IsObjectStore = false
)
{
    /// <summary>All platform services that a workspace can name; the catalogue of platform services has the same.</summary>
    public static IReadOnlyList<PlatformServiceFormat> All { get; } =
    [
        new("cert-manager"),
        new("gateway", HasManifests: true),
        new("minio", IsObjectStore: true),
        new("rustfs", IsObjectStore: true),
        new("elasticsearch"),
        new("postgres", HasVersion: false),
        new("redis", HasVersion: false),
        new("infisical"),
        new("qdrant"),
        new("kong"),
        new("authentik"),
        new("monitoring"),
        new("cedar-agent", HasVersion: false),
        new("opal"),
    ];
}
