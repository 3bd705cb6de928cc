using PlatformLocal.Deployment.Registries;
using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Deployment.Manifests;

/// <summary>The variables that manifests may use.</summary>
public static class ManifestVariables
{
    /// <summary>The platform's variables for one service of an environment; the claim's own never replace them.</summary>
    internal static IReadOnlyDictionary<string, string> For(Claim claim, ResolvedService service, Workspace workspace)
    {
        var type = workspace.Types[claim.EnvironmentType];
        return new Dictionary<string, string>(claim.Variables, StringComparer.Ordinal)
        {
            ["ENVIRONMENT_NAME"] = claim.EnvironmentName,
            ["ENVIRONMENT_TYPE"] = EnvironmentTypes.NameOf(claim.EnvironmentType),
            ["NAMESPACE"] = claim.Namespace,
            ["SERVICE_NAME"] = service.Definition.Name,
            ["SERVICE_VERSION"] = service.Version.Text,
            ["IMAGE"] = PinnedImageOf(claim, service, workspace),
            ["REPLICAS_MIN"] = type.ReplicasMinimum.ToString(CultureInfo.InvariantCulture),
            ["REPLICAS_MAX"] = type.ReplicasMaximum.ToString(CultureInfo.InvariantCulture),
            ["NODE_POOL"] = claim.EnvironmentPool,
            ["DOMAIN"] = $"{claim.EnvironmentName}.{workspace.Domain}",
        };
    }

    /// <summary>The image of a service with its host and tag.</summary>
    /// <param name="claim">The claim, which may name another image.</param>
    /// <param name="service">The service with its version.</param>
    /// <param name="workspace">The workspace, whose registry has the images that name no host.</param>
    public static string ImageOf(Claim claim, ResolvedService service, Workspace workspace)
    {
        if (claim.Services.GetValueOrDefault(service.Definition.Name)?.DockerImage is { } asked)
        {
            return WithHost(asked, workspace.Registry);
        }

        var image = service.Definition.Image;
        image =
            service.ImageRepository ?? (service.IsDevVersion ? RepositoryLayout.SnapshotsOf(image) ?? image : image);
        return $"{WithHost(image, workspace.Registry)}:{TagVersions.TagOf(service.Version.Text)}";
    }

    // With the tag as well, for people: runtimes go by the digest alone.
    private static string PinnedImageOf(Claim claim, ResolvedService service, Workspace workspace)
    {
        var image = ImageOf(claim, service, workspace);
        return service.ImageDigest is { } digest ? $"{image}@{digest}" : image;
    }

    /// <summary>An image's name with the host of a registry, unless it names one itself.</summary>
    internal static string WithHost(string image, string registry) => ImageName.WithHost(image, registry);
}
