using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Resolution;

/// <summary>All services that can be deployed, with their versions.</summary>
/// <param name="Services">The services by name.</param>
public sealed record Catalogue(IReadOnlyDictionary<string, CatalogueService> Services);

/// <summary>A service with its versions.</summary>
public sealed record CatalogueService
{
    /// <summary>What it says about itself.</summary>
    public required ServiceDefinition Definition { get; init; }

    /// <summary>What versions say about themselves, where that is not for all versions the same.</summary>
    public IReadOnlyDictionary<PlatformVersion, ServiceDefinition> Definitions { get; init; } =
        new Dictionary<PlatformVersion, ServiceDefinition>();

    /// <summary>Released versions in any order.</summary>
    public required IReadOnlyList<PlatformVersion> Versions { get; init; }

    /// <summary>Development builds in any order; considered with dev tags only.</summary>
    public IReadOnlyList<PlatformVersion> DevVersions { get; init; } = [];

    /// <summary>The image, without a tag, of development builds that are neither a snapshot nor where releases are.</summary>
    public IReadOnlyDictionary<PlatformVersion, string> DevImages { get; init; } =
        new Dictionary<PlatformVersion, string>();

    /// <summary>Dependencies of versions that differ from <see cref="ServiceDefinition.DependsOn"/>.</summary>
    public IReadOnlyDictionary<
        PlatformVersion,
        IReadOnlyDictionary<string, VersionConstraint>
    > DependsOnByVersion { get; init; } =
        new Dictionary<PlatformVersion, IReadOnlyDictionary<string, VersionConstraint>>();

    /// <summary>What a version depends on.</summary>
    /// <param name="version">The version.</param>
    public IReadOnlyDictionary<string, VersionConstraint> DependenciesOf(PlatformVersion version) =>
        DependsOnByVersion.TryGetValue(version, out var own) ? own : DefinitionOf(version).DependsOn;

    /// <summary>What a version says about itself.</summary>
    /// <param name="version">The version.</param>
    public ServiceDefinition DefinitionOf(PlatformVersion version) =>
        Definitions.TryGetValue(version, out var own) ? own : Definition;
}
