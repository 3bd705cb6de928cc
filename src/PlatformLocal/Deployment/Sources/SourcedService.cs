namespace PlatformLocal.Deployment.Sources;

/// <summary>How sources are used.</summary>
/// <param name="DevTagsFor">The user whose development builds count, with those of everybody; <see langword="null"/> for none.</param>
/// <param name="Offline">Use only what was fetched before.</param>
/// <param name="Freshness">How old what was fetched before may be.</param>
internal sealed record SourceUse(string? DevTagsFor, bool Offline, TimeSpan Freshness);

/// <summary>The text of a service's definition in one version.</summary>
/// <param name="Text">The content of its <c>service.yaml</c>.</param>
/// <param name="Place">Where it is, for people.</param>
/// <param name="Origin">What it is pinned to.</param>
internal sealed record DefinitionText(string Text, string Place, string Origin);

/// <summary>A service whose definitions are, version by version, elsewhere than in the workspace.</summary>
internal abstract class SourcedService
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its source, for people.</summary>
    public required string Source { get; init; }

    /// <summary>Released versions, ascending.</summary>
    public required IReadOnlyList<PlatformVersion> Versions { get; init; }

    /// <summary>Development builds, ascending.</summary>
    public IReadOnlyList<PlatformVersion> DevVersions { get; init; } = [];

    /// <summary>How many definitions are read at once at most.</summary>
    public abstract int MostAtOnce { get; }

    /// <summary>The definitions of some versions.</summary>
    /// <exception cref="PlatformException">The source does not answer, or a version has no definition there.</exception>
    public abstract Task<IReadOnlyDictionary<PlatformVersion, DefinitionText>> ReadAsync(
        IReadOnlyList<PlatformVersion> versions,
        CancellationToken cancellationToken
    );

    /// <summary>A folder with the manifests and the playbook of a version, as its definition names them.</summary>
    /// <exception cref="PlatformException">The source does not answer, or what it has cannot be used.</exception>
    public abstract Task<string> FetchAsync(
        PlatformVersion version,
        ServiceDefinition definition,
        CancellationToken cancellationToken
    );

    /// <summary>The image of a version, without a tag, when its definition names another repository.</summary>
    public virtual string? ImageOf(PlatformVersion version, ServiceDefinition definition) => null;
}
