using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Resolution;

/// <summary>A service with the version that was chosen.</summary>
public sealed record ResolvedService
{
    /// <summary>Its definition.</summary>
    public required ServiceDefinition Definition { get; init; }

    /// <summary>The version.</summary>
    public required PlatformVersion Version { get; init; }

    /// <summary>Texts of other versions that are equal to it in order, such as other builds of the same version.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<string> EqualInOrder { get; init; } = [];

    /// <summary>Whether the version is a development build.</summary>
    public required bool IsDevVersion { get; init; }

    /// <summary>Its image without host and tag, where the version came from another repository than its definition names.</summary>
    public string? ImageRepository { get; init; }

    /// <summary>The digest of its image; <see langword="null"/> when nobody told.</summary>
    public string? ImageDigest { get; init; }

    /// <summary>Why this version, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>Names of the services it depends on.</summary>
    public required IReadOnlyList<string> DependsOn { get; init; }
}

/// <summary>What a claim's services resolved to.</summary>
/// <param name="Services">The services, each after all that it depends on, as far as there are no circles.</param>
public sealed record ResolvedServices(IReadOnlyList<ResolvedService> Services)
{
    /// <summary>Services that depend on each other, each circle as a path that ends where it begins: they start together.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<IReadOnlyList<string>> Circles { get; init; } = [];
}
