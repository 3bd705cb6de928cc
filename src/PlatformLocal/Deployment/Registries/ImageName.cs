namespace PlatformLocal.Deployment.Registries;

/// <summary>An image's name, taken apart as Docker does.</summary>
/// <param name="Repository">The repository with its registry; <c>docker.io</c> where the name has none.</param>
/// <param name="Reference">The tag or the digest.</param>
/// <remarks>https://pkg.go.dev/github.com/distribution/reference</remarks>
public sealed record ImageName(RepositoryName Repository, string Reference)
{
    private const string DockerHub = "docker.io";

    /// <summary>Whether the first part of a name is the host of a registry: it has a dot or a port, or is <c>localhost</c>.</summary>
    internal static bool IsHost(ReadOnlySpan<char> first) => first is "localhost" || first.ContainsAny('.', ':');

    /// <summary>A name without its registry.</summary>
    /// <param name="image">The name, such as <c>ghcr.io/shop/web:1.2.0</c>.</param>
    public static string WithoutHost(string image) => HostIn(image) is { } host ? image[(host.Length + 1)..] : image;

    /// <summary>An image's or artifact's name with the host of a registry, unless it names one itself.</summary>
    internal static string WithHost(string image, string registry) =>
        HostIn(image) is null ? $"{registry}/{image}" : image;

    /// <summary>Takes a name apart.</summary>
    /// <param name="image">The name, such as <c>shop/web:1.2.0</c>.</param>
    public static ImageName Parse(string image)
    {
        var host = HostIn(image);
        var rest = WithoutHost(image);
        var at = rest.IndexOf('@', StringComparison.Ordinal);
        var reference = at >= 0 ? rest[(at + 1)..] : "latest";
        var repository = at >= 0 ? rest[..at] : rest;
        var colon = repository.LastIndexOf(':');
        if (colon >= 0)
        {
            reference = at >= 0 ? reference : repository[(colon + 1)..];
            repository = repository[..colon];
        }

        var isOfficial = (host is null or DockerHub) && !repository.Contains('/', StringComparison.Ordinal);
        return new ImageName(
            new RepositoryName(host ?? DockerHub, isOfficial ? $"library/{repository}" : repository),
            reference
        );
    }

    /// <summary>The host that a name begins with; <see langword="null"/> when it names none.</summary>
    internal static string? HostIn(string image)
    {
        var slash = image.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && IsHost(image.AsSpan(0, slash)) ? image[..slash] : null;
    }
}
