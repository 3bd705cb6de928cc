using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Deployment.Sources;

/// <summary>What a claim resolved to.</summary>
/// <param name="Services">The services with exact versions.</param>
/// <param name="Warnings">What is odd but no fault, as whole sentences.</param>
public sealed record SourcedResolution(ResolvedServices Services, IReadOnlyList<string> Warnings);

/// <summary>Resolves claims by what folders, registries and git repositories have.</summary>
public sealed class ServiceResolution : IDisposable
{
    private readonly CatalogueVersions _versions;
    private readonly ServiceSources _sources;
    private readonly ImageDigests _digests;
    private readonly TagCache _tags;

    /// <summary>Resolves claims.</summary>
    /// <param name="cacheFolder">Where what was fetched is kept; is made when it is needed.</param>
    /// <param name="programs">Runs git and Docker's credential helpers.</param>
    /// <param name="time">Tells how old fetched things are.</param>
    /// <param name="options">How registries are talked to; the defaults when <see langword="null"/>.</param>
    public ServiceResolution(
        string cacheFolder,
        ProgramRunner programs,
        TimeProvider time,
        RegistryOptions? options = null
    )
    {
        _versions = new CatalogueVersions(cacheFolder, programs, time, options);
        options ??= new RegistryOptions();
        _sources = new ServiceSources(cacheFolder, programs, time, options);
        _tags = new TagCache(cacheFolder, time);
        _digests = new ImageDigests(_tags, programs, time, options);
    }

    /// <summary>Chooses exact versions of the claim's services and of all that they need.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="workspace">The workspace as it was read.</param>
    /// <param name="policy">What becomes of the versions that the environment has.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">
    /// No choice of versions satisfies all constraints, or a source cannot be read and never was.
    /// </exception>
    public async Task<SourcedResolution> ResolveAsync(
        Claim claim,
        Workspace workspace,
        VersionPolicy policy,
        CancellationToken cancellationToken
    )
    {
        var use = policy.SourcesFor(claim);
        var (completed, warnings) = await _versions.CompleteAsync(
            workspace,
            use.DevTagsFor,
            use.Offline,
            cancellationToken
        );
        var (sourced, notes) = await _sources.ListAsync(completed, use, cancellationToken);
        var (own, unlisted) = policy is { TrustsLock: true, Lock: { } trusted }
            ? WithVersionsOf(trusted, completed.Catalogue, claim.UseDevTags)
            : (completed.Catalogue, new HashSet<string>());
        var catalogue = new SourcedCatalogue(own, sourced, policy.Allows);
        var roots = claim.Services.ToDictionary(s => s.Key, s => s.Value.Version, StringComparer.Ordinal);
        var options = policy.OptionsFor(claim) with { AskedBy = DefaultsIn(claim, workspace) };
        var resolved = await catalogue.ResolveAsync(roots, options, cancellationToken);
        // Before anything is asked of a host that a claim names.
        ClaimRules.Require(
            claim,
            workspace,
            service => resolved.Services.FirstOrDefault(s => s.Definition.Name == service)?.Definition.Image
        );
        resolved = await catalogue.FetchAsync(resolved, cancellationToken);
        resolved = await _sources.WithPlaybooksAsync(resolved, claim, completed, use, cancellationToken);
        var pins = new ImagePins(claim, workspace, policy.KeptFor(options), policy);
        var (pinned, oddities) = await _digests.PinAsync(pins, resolved, cancellationToken);
        var ambiguous = resolved.Services.Where(s => s.EqualInOrder.Count > 0).Select(Ambiguity);
        var kept = resolved
            .Services.Where(s => unlisted.Contains(s.Definition.Name))
            .Select(s =>
                $"{s.Definition.Name} {s.Version} is not among the versions there are any more: it is kept until the "
                + "environment is deployed again."
            );
        return new SourcedResolution(pinned, [.. warnings, .. notes, .. ambiguous, .. kept, .. oddities]);
    }

    /// <summary>Has the tags of a repository fetched again at the next asking.</summary>
    /// <param name="workspace">The workspace as it was read.</param>
    /// <param name="path">The repository's path in its registry, such as <c>docker-releases/user-service</c>.</param>
    /// <returns>The services whose versions are tags of that repository.</returns>
    public IReadOnlyList<string> Expire(Workspace workspace, string path)
    {
        var user = RepositoryLayout.UserOf(path);
        var images = workspace
            .Catalogue.Services.Values.Select(s => s.Definition)
            .Where(s => s.VersionsFrom == VersionsFrom.Registry)
            .SelectMany(s =>
                new[]
                {
                    s.Image,
                    RepositoryLayout.SnapshotsOf(s.Image),
                    user is null ? null : RepositoryLayout.OfUser(s.Image, user),
                }
                    .OfType<string>()
                    .Select(i => (s.Name, RepositoryName.Parse(ManifestVariables.WithHost(i, workspace.Registry))))
            );
        var artifacts = workspace
            .ServiceSources.OfType<ArtifactServiceSource>()
            .SelectMany(source => source.Services.Select(name => (name, source.Registry)))
            .SelectMany(s =>
                new[]
                {
                    RepositoryLayout.ArtifactReleases(s.name),
                    RepositoryLayout.ArtifactSnapshots(s.name),
                    user is null ? null : RepositoryLayout.ArtifactsOfUser(s.name, user),
                }
                    .OfType<string>()
                    .Select(p => (s.name, new RepositoryName(s.Registry, p)))
            );
        List<(string Service, RepositoryName Repository)> expired =
        [
            .. images.Concat(artifacts).Where(r => r.Item2.Path == path),
        ];
        expired.ForEach(e => _tags.Expire(e.Repository.ToString()));
        return [.. expired.Select(e => e.Service).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The catalogue with the versions of a lock, and the services of which it did not list that version.</summary>
    private static (Catalogue Catalogue, HashSet<string> Unlisted) WithVersionsOf(
        EnvironmentLock locked,
        Catalogue catalogue,
        bool useDevTags
    )
    {
        var services = catalogue.Services.ToDictionary(StringComparer.Ordinal);
        var unlisted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, version) in locked.Versions)
        {
            if (
                services.TryGetValue(name, out var service)
                && !service.Versions.Contains(version)
                && !service.DevVersions.Contains(version)
            )
            {
                unlisted.Add(name);
                services[name] =
                    useDevTags && version.IsPrerelease
                        ? service with
                        {
                            DevVersions = [.. service.DevVersions, version],
                        }
                        : service with
                        {
                            Versions = [.. service.Versions, version],
                        };
            }
        }

        return (new Catalogue(services), unlisted);
    }

    // A claim is stored complete: what it says word for word as its type does is the type's wish, too.
    private static Dictionary<string, string> DefaultsIn(Claim claim, Workspace workspace) =>
        workspace
            .Types[claim.EnvironmentType]
            .Services.Where(d => claim.Services.GetValueOrDefault(d.Key)?.Version.Text == d.Value)
            .ToDictionary(
                d => d.Key,
                _ => $"the defaults of {EnvironmentTypes.NameOf(claim.EnvironmentType)} ask for",
                StringComparer.Ordinal
            );

    private static string Ambiguity(ResolvedService service)
    {
        const int most = 5;
        var others = string.Join(", ", service.EqualInOrder.Take(most));
        var more = service.EqualInOrder.Count > most ? ", …" : "";
        var are = service.EqualInOrder.Count == 1 ? "is" : "are";
        return $"{service.Definition.Name} {service.Version} is deployed, and equal in order to it {are} {others}{more}: "
            + "ask for the one that is meant by exactly its text.";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _versions.Dispose();
        _sources.Dispose();
        _digests.Dispose();
    }
}
