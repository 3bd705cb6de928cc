using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Deployment.Sources;

/// <summary>
/// A catalogue that learns what versions need only when the resolver wants them: a service may have thousands. As long as
/// a version was not read it counts as one that needs nothing. That only ever allows more: when all that is chosen was
/// read, it satisfies everything, and no other choice is as new for every service and newer for one.
/// </summary>
/// <param name="own">The services of the workspace itself.</param>
/// <param name="sourced">The other ones.</param>
/// <param name="isAllowed">Which versions count; <see langword="null"/> for all.</param>
internal sealed class SourcedCatalogue(
    Catalogue own,
    IReadOnlyDictionary<string, SourcedService> sourced,
    Func<string, PlatformVersion, bool>? isAllowed = null
)
{
    private readonly Catalogue _own = isAllowed is null ? own : Allowed(own, isAllowed);

    private readonly Dictionary<string, Dictionary<PlatformVersion, ServiceDefinition>> _read =
        sourced.Keys.ToDictionary(
            s => s,
            _ => new Dictionary<PlatformVersion, ServiceDefinition>(),
            StringComparer.Ordinal
        );

    private readonly Dictionary<string, int> _next = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Service, string Text), ServiceDefinition> _parsed = [];

    /// <summary>Resolves, and reads what it has to.</summary>
    /// <exception cref="PlatformException">
    /// No choice of versions satisfies all constraints, or the definition of a chosen version cannot be read.
    /// </exception>
    public async Task<ResolvedServices> ResolveAsync(
        IReadOnlyDictionary<string, VersionConstraint> roots,
        ResolutionOptions options,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var resolved = Resolver.Resolve(Known(), roots, options);
            var unread = resolved
                .Services.Where(s => _read.TryGetValue(s.Definition.Name, out var read) && !read.ContainsKey(s.Version))
                .ToList();
            if (unread.Count == 0)
            {
                return resolved;
            }

            await Task.WhenAll(unread.Select(s => ReadAsync(sourced[s.Definition.Name], s.Version, cancellationToken)));
        }
    }

    /// <summary>The same services with their files on this machine.</summary>
    /// <exception cref="PlatformException">A source does not answer, or what it has cannot be used.</exception>
    public async Task<ResolvedServices> FetchAsync(ResolvedServices resolved, CancellationToken cancellationToken) =>
        resolved with
        {
            Services = await Task.WhenAll(
                resolved.Services.Select(async s =>
                    sourced.TryGetValue(s.Definition.Name, out var service)
                        ? s with
                        {
                            ImageRepository = service.ImageOf(s.Version, s.Definition),
                            Definition = s.Definition with
                            {
                                Folder = await service.FetchAsync(s.Version, s.Definition, cancellationToken),
                            },
                        }
                        : s
                )
            ),
        };

    private Catalogue Known() =>
        sourced.Count == 0
            ? _own
            : new Catalogue(
                _own.Services.Concat(
                        sourced.Select(s =>
                            KeyValuePair.Create(
                                s.Key,
                                new CatalogueService
                                {
                                    Definition = ServiceDefinition.Unread(s.Key),
                                    Definitions = _read[s.Key],
                                    Versions = Allowed(s.Key, s.Value.Versions, isAllowed),
                                    DevVersions = Allowed(s.Key, s.Value.DevVersions, isAllowed),
                                }
                            )
                        )
                    )
                    .ToDictionary(StringComparer.Ordinal)
            );

    private static Catalogue Allowed(Catalogue catalogue, Func<string, PlatformVersion, bool> isAllowed) =>
        new(
            catalogue.Services.ToDictionary(
                s => s.Key,
                s =>
                    s.Value with
                    {
                        Versions = Allowed(s.Key, s.Value.Versions, isAllowed),
                        DevVersions = Allowed(s.Key, s.Value.DevVersions, isAllowed),
                    },
                StringComparer.Ordinal
            )
        );

    private static IReadOnlyList<PlatformVersion> Allowed(
        string service,
        IReadOnlyList<PlatformVersion> versions,
        Func<string, PlatformVersion, bool>? isAllowed
    ) => isAllowed is null ? versions : [.. versions.Where(v => isAllowed(service, v))];

    // Where one version is excluded, older ones are likely to be: each time more of them are read with it.
    private async Task ReadAsync(SourcedService service, PlatformVersion chosen, CancellationToken cancellationToken)
    {
        var read = _read[service.Name];
        var more = _next.GetValueOrDefault(service.Name);
        _next[service.Name] = Math.Clamp(more * 2, 1, service.MostAtOnce);
        var older = service
            .DevVersions.Concat(service.Versions)
            .Where(v => v < chosen && !read.ContainsKey(v))
            .OrderDescending()
            .Take(more);
        var texts = await service.ReadAsync([chosen, .. older], cancellationToken);
        foreach (var (version, text) in texts)
        {
            try
            {
                read[version] = Parse(service, text);
            }
            catch (PlatformException) when (version != chosen)
            {
                // It is told when it is chosen: until then it is nobody's business.
            }
        }

        if (!texts.ContainsKey(chosen))
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{service.Source} has no definition of {service.Name} {chosen}.",
                $"It needs a {WorkspaceReader.ServiceFile} in the service's folder at that tag, or an artifact. Push one with: {ShellCommand.Platformctl("artifact", "push", service.Name, $"{chosen}")}"
            );
        }
    }

    private ServiceDefinition Parse(SourcedService service, DefinitionText text)
    {
        // Most versions say the same as the one before.
        if (!_parsed.TryGetValue((service.Name, text.Text), out var definition))
        {
            definition = WorkspaceReader.ParseService(text.Text, text.Place, folder: "");
            if (definition.Name != service.Name)
            {
                throw new InvalidDocumentException(
                    text.Place,
                    [new Fault("metadata.name", $"is '{definition.Name}', and the service is '{service.Name}'")]
                );
            }

            _parsed[(service.Name, text.Text)] = definition;
        }

        return definition with
        {
            Origin = text.Origin,
        };
    }
}
