namespace PlatformLocal.Deployment.Registries;

/// <summary>
/// How the workspace's registry is laid out: for images and for artifacts a repository of releases, one of development
/// builds, and one of each user.
/// </summary>
internal static class RepositoryLayout
{
    private const string ImageReleases = "docker-releases/";
    private const string ImageSnapshots = "docker-snapshots/";
    private const string Snapshots = "oci-snapshots/";
    private const string UserRepositories = "user-repos/";
    private const string UserFolderEnding = "-local-repo";

    /// <summary>The repository of an image's development builds; <see langword="null"/> when it has none.</summary>
    /// <param name="image">The image without a tag, such as <c>docker-releases/web</c>.</param>
    public static string? SnapshotsOf(string image) => Instead(image, ImageSnapshots);

    /// <summary>A user's own repository of an image; <see langword="null"/> when there can be none.</summary>
    public static string? OfUser(string image, string user) =>
        UserFolder(user) is { } folder ? Instead(image, folder) : null;

    /// <summary>The repository of a service's released artifacts.</summary>
    public static string ArtifactReleases(string service) => $"oci-releases/{service}";

    /// <summary>The repository of a service's artifacts of development builds.</summary>
    public static string ArtifactSnapshots(string service) => Snapshots + service;

    /// <summary>A user's own repository of a service's artifacts; <see langword="null"/> when there can be none.</summary>
    public static string? ArtifactsOfUser(string service, string user) =>
        UserFolder(user) is { } folder ? $"{folder}oci/{service}" : null;

    /// <summary>The repository of the playbooks that belong to the artifacts of a repository.</summary>
    public static RepositoryName PlaybooksOf(RepositoryName artifacts) =>
        artifacts with
        {
            Path = artifacts.Path + "-ansible",
        };

    private static string? Instead(string image, string folder)
    {
        var at = image.IndexOf(ImageReleases, StringComparison.Ordinal);
        return at == 0 || (at > 0 && image[at - 1] == '/')
            ? string.Concat(image.AsSpan(0, at), folder, image.AsSpan(at + ImageReleases.Length))
            : null;
    }

    /// <summary>The user whose own repository it is; <see langword="null"/> when it is nobody's.</summary>
    public static string? UserOf(string path) =>
        path.StartsWith(UserRepositories, StringComparison.Ordinal)
        && path[UserRepositories.Length..].Split('/') is [var folder, _, ..]
        && folder.EndsWith(UserFolderEnding, StringComparison.Ordinal)
            ? folder[..^UserFolderEnding.Length]
            : null;

    /// <summary>Whether a repository holds development builds of everybody.</summary>
    public static bool IsOfSnapshots(string path) =>
        path.StartsWith(ImageSnapshots, StringComparison.Ordinal)
        || path.StartsWith(Snapshots, StringComparison.Ordinal);

    // Names of users are free, names of repositories are not.
    private static string? UserFolder(string user)
    {
        var path = $"{UserRepositories}{user.ToLowerInvariant()}{UserFolderEnding}";
        return user.Contains('/', StringComparison.Ordinal) || !RepositoryName.IsPath(path) ? null : path + "/";
    }
}
