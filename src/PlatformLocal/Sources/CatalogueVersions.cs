using PlatformLocal.Manifests;
using PlatformLocal.Processes;
using PlatformLocal.Registries;
using PlatformLocal.Resolution;
using PlatformLocal.Workspaces;

namespace PlatformLocal.Sources;

/// <summary>Completes the catalogue of a workspace by the versions that registries and git repositories have.</summary>
public sealed class CatalogueVersions : IDisposable
{
    private const int AtOnce = 8;

    private readonly RegistryClient _registries;
    private readonly GitTags _git;
    private readonly TagCache _cache;

    /// <summary>Completes catalogues.</summary>
    /// <param name="cacheFolder">Where fetched tags are kept; is made when it is needed.</param>
    /// <param name="programs">Runs git and Docker's credential helpers.</param>
    /// <param name="time">Tells how old tags are.</param>
    /// <param name="options">How registries are talked to; the defaults when <see langword="null"/>.</param>
    public CatalogueVersions(
        string cacheFolder,
        ProgramRunner programs,
        TimeProvider time,
        RegistryOptions? options = null
    )
    {
        _registries = new RegistryClient(programs, time, options);
        _git = new GitTags(programs);
        _cache = new TagCache(cacheFolder, time);
    }

    /// <summary>A workspace with all versions of the services whose versions are not in its catalogue file.</summary>
    /// <param name="workspace">The workspace as it was read.</param>
    /// <param name="useDevTags">Look into the repositories of development builds as well.</param>
    /// <param name="offline">Use only what was fetched before.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The workspace, and what is odd but no fault as whole sentences.</returns>
    /// <exception cref="PlatformException">A source cannot be read and never was.</exception>
    public async Task<(Workspace Workspace, IReadOnlyList<string> Warnings)> CompleteAsync(
        Workspace workspace,
        bool useDevTags,
        bool offline,
        CancellationToken cancellationToken
    )
    {
        var elsewhere = workspace
            .Catalogue.Services.Where(s => s.Value.Definition.VersionsFrom != VersionsFrom.Catalogue)
            .ToList();
        if (elsewhere.Count == 0)
        {
            return (workspace, []);
        }

        using var slots = new SemaphoreSlim(AtOnce, AtOnce);
        var completed = await Task.WhenAll(
            elsewhere.Select(async s =>
            {
                await slots.WaitAsync(cancellationToken);
                try
                {
                    return await CompleteAsync(workspace, s.Value, useDevTags, offline, cancellationToken);
                }
                finally
                {
                    slots.Release();
                }
            })
        );
        var services = workspace.Catalogue.Services.ToDictionary(StringComparer.Ordinal);
        foreach (var (service, _) in completed)
        {
            services[service.Definition.Name] = service;
        }

        return (workspace with { Catalogue = new Catalogue(services) }, [.. completed.SelectMany(c => c.Warnings)]);
    }

    /// <summary>Has the tags of a repository fetched again at the next asking.</summary>
    /// <param name="workspace">The workspace as it was read.</param>
    /// <param name="path">The repository's path in its registry, such as <c>docker-releases/user-service</c>.</param>
    /// <returns>The services whose versions are tags of that repository.</returns>
    public IReadOnlyList<string> Expire(Workspace workspace, string path)
    {
        var services = new List<string>();
        foreach (var service in workspace.Catalogue.Services.Values.Select(s => s.Definition))
        {
            var images = new[] { service.Image, ManifestVariables.SnapshotsOf(service.Image) }
                .OfType<string>()
                .Select(i => RepositoryName.Parse(ManifestVariables.WithHost(i, workspace.Registry)));
            if (
                service.VersionsFrom == VersionsFrom.Registry
                && images.FirstOrDefault(i => i.Path == path) is { } repository
            )
            {
                _cache.Expire(repository.ToString());
                services.Add(service.Name);
            }
        }

        return services;
    }

    /// <inheritdoc/>
    public void Dispose() => _registries.Dispose();

    private async Task<(CatalogueService Service, IReadOnlyList<string> Warnings)> CompleteAsync(
        Workspace workspace,
        CatalogueService service,
        bool useDevTags,
        bool offline,
        CancellationToken cancellationToken
    )
    {
        var definition = service.Definition;
        var warnings = new List<string>();
        if (definition.VersionsFrom == VersionsFrom.Git)
        {
            var tags = await GetAsync(
                $"the git repository {definition.Repository} for {definition.Name}",
                token => _git.ListAsync(definition.Repository!, definition.Name, token)
            );
            return (service with { Versions = tags.Versions }, warnings);
        }

        var releases = await RegistryAsync(definition.Image, mayBeMissing: false);
        var builds =
            useDevTags && ManifestVariables.SnapshotsOf(definition.Image) is { } snapshots
                ? await RegistryAsync(snapshots, mayBeMissing: true)
                : null;
        return (
            service with
            {
                Versions = releases.Versions,
                DevVersions = builds?.Versions ?? service.DevVersions,
            },
            warnings
        );

        Task<TagVersions> RegistryAsync(string image, bool mayBeMissing)
        {
            var repository = RepositoryName.Parse(ManifestVariables.WithHost(image, workspace.Registry));
            return GetAsync(
                repository.ToString(),
                async token =>
                {
                    try
                    {
                        return await _registries.ListTagsAsync(repository, token);
                    }
                    catch (PlatformException e) when (mayBeMissing && e.Kind == FailureKind.NotFound)
                    {
                        return []; // nobody made a development build yet
                    }
                }
            );
        }

        async Task<TagVersions> GetAsync(string source, Func<CancellationToken, Task<IReadOnlyList<string>>> fetch)
        {
            var (tags, warning) = await _cache.GetAsync(source, fetch, offline, cancellationToken);
            if (warning is not null)
            {
                warnings.Add(warning);
            }

            var versions = TagVersions.Of(tags);
            if (versions.Doubles.Count > 0)
            {
                warnings.Add(
                    $"{source} has tags that are equal versions; not used: {string.Join(", ", versions.Doubles.Take(5))}."
                );
            }

            return versions;
        }
    }
}
