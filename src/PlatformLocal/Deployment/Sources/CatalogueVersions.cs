using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Deployment.Sources;

/// <summary>Completes the catalogue of a workspace by the versions that registries and git repositories have.</summary>
internal sealed class CatalogueVersions : IDisposable
{
    private const int AtOnce = 8;

    private readonly RegistryClient _registries;
    private readonly GitTags _git;
    private readonly TagCache _cache;

    /// <summary>Completes catalogues.</summary>
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
    /// <returns>The workspace, and what is odd but no fault as whole sentences.</returns>
    /// <exception cref="PlatformException">A source cannot be read and never was.</exception>
    public async Task<(Workspace Workspace, IReadOnlyList<string> Warnings)> CompleteAsync(
        Workspace workspace,
        string? devTagsFor,
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

        var use = new SourceUse(devTagsFor, offline, TagCache.Freshness);
        using var slots = new SemaphoreSlim(AtOnce, AtOnce);
        var completed = await Task.WhenAll(
            elsewhere.Select(async s =>
            {
                using var turn = await slots.TakeTurnAsync(cancellationToken);
                return await CompleteAsync(workspace, s.Value, use, cancellationToken);
            })
        );
        var services = workspace.Catalogue.Services.ToDictionary(StringComparer.Ordinal);
        foreach (var (service, _) in completed)
        {
            services[service.Definition.Name] = service;
        }

        return (workspace with { Catalogue = new Catalogue(services) }, [.. completed.SelectMany(c => c.Warnings)]);
    }

    /// <inheritdoc/>
    public void Dispose() => _registries.Dispose();

    private async Task<(CatalogueService Service, IReadOnlyList<string> Warnings)> CompleteAsync(
        Workspace workspace,
        CatalogueService service,
        SourceUse use,
        CancellationToken cancellationToken
    )
    {
        var definition = service.Definition;
        var warnings = new List<string>();
        if (definition.VersionsFrom == VersionsFrom.Git)
        {
            var source = $"the git repository {definition.Repository} for {definition.Name}";
            var listed = await _cache.GetAsync(
                source,
                definition.Repository!,
                async (_, token) =>
                    new TagList(await _git.ListAsync(definition.Repository!, definition.Name, token), null),
                use,
                cancellationToken
            );
            return (service with { Versions = TagVersions.In(Told(listed)) }, warnings);
        }

        var releases = await RegistryAsync(definition.Image, isOptional: false);
        if (use.DevTagsFor is not { } user || RepositoryLayout.SnapshotsOf(definition.Image) is not { } snapshots)
        {
            return (service with { Versions = releases }, warnings);
        }

        var builds = await RegistryAsync(snapshots, isOptional: true);
        var own = RepositoryLayout.OfUser(definition.Image, user) is { } image
            ? (await RegistryAsync(image, isOptional: true)).Except(builds).ToDictionary(v => v, _ => image)
            : [];
        return (
            service with
            {
                Versions = releases,
                DevVersions = [.. builds.Concat(own.Keys).Order()],
                DevImages = own,
            },
            warnings
        );

        async Task<IReadOnlyList<PlatformVersion>> RegistryAsync(string image, bool isOptional)
        {
            var repository = RepositoryName.Parse(ManifestVariables.WithHost(image, workspace.Registry));
            var listed = await _cache.GetAsync(_registries, repository, isOptional, use, cancellationToken);
            return TagVersions.InRegistry(Told(listed));
        }

        IReadOnlyList<string> Told((IReadOnlyList<string> Tags, string? Warning) listed)
        {
            if (listed.Warning is { } warning)
            {
                warnings.Add(warning);
            }

            return listed.Tags;
        }
    }
}
