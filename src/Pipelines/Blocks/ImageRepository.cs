using Pipelines.Api;

namespace Pipelines.Blocks;

/// <summary>Where images are pushed to.</summary>
/// <param name="Registry">The registry's host, <c>localhost:5001</c> for one.</param>
/// <param name="Name">The repository: <see cref="Releases"/>, <see cref="Snapshots"/> or a user's own.</param>
public sealed record ImageRepository(string Registry, string Name)
{
    /// <summary>The repository of releases.</summary>
    public const string Releases = "docker-releases";

    /// <summary>The repository of development builds.</summary>
    public const string Snapshots = "docker-snapshots";

    /// <summary>The user to sign in as; nobody unless set.</summary>
    public string? User { get; init; }

    /// <summary>The user's password or token.</summary>
    public Secret? Password { get; init; }

    /// <summary>An image's reference.</summary>
    /// <param name="image">The image.</param>
    /// <param name="version">Its version.</param>
    public string AddressOf(string image, string version) => $"{Registry}/{Name}/{image}:{version}";

    /// <summary>Pushes a container.</summary>
    /// <param name="container">The container.</param>
    /// <param name="image">The image's name.</param>
    /// <param name="version">The image's version.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The reference with the digest.</returns>
    /// <exception cref="Queries.EngineException">The registry refuses it.</exception>
    public Task<string> PublishAsync(
        Container container,
        string image,
        string version,
        CancellationToken cancellationToken
    ) =>
        container
            .With(c => User is not null && Password is not null ? c.WithRegistryAuth(Registry, User, Password) : c)
            .PublishAsync(AddressOf(image, version), cancellationToken);
}
