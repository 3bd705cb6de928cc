using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Deployment.Sources;

/// <summary>Lists the services of git repositories and registries.</summary>
internal sealed class ServiceSources : IDisposable
{
    private readonly RegistryClient _registries;
    private readonly GitClones _clones;
    private readonly GitServices _git;
    private readonly ArtifactServices _artifacts;

    public ServiceSources(string cacheFolder, ProgramRunner programs, TimeProvider time, RegistryOptions options)
    {
        var contents = new ContentFolders(Path.Combine(cacheFolder, "content"), time);
        _registries = new RegistryClient(programs, time, options);
        _clones = new GitClones(Path.Combine(cacheFolder, "git"), programs, time);
        _git = new GitServices(_clones, contents);
        _artifacts = new ArtifactServices(
            _registries,
            new TagCache(cacheFolder, time),
            Path.Combine(cacheFolder, "artifacts"),
            contents
        );
    }

    /// <summary>All services of a workspace's sources, by name.</summary>
    /// <returns>The services, and what is odd but no fault as whole sentences.</returns>
    /// <exception cref="PlatformException">A source cannot be read and never was, or a service is in two of them.</exception>
    public async Task<(IReadOnlyDictionary<string, SourcedService> Services, IReadOnlyList<string> Warnings)> ListAsync(
        Workspace workspace,
        SourceUse use,
        CancellationToken cancellationToken
    )
    {
        var listed = await Task.WhenAll(
            workspace.ServiceSources.Select(source =>
                source switch
                {
                    GitServiceSource git => _git.ListAsync(git, use, cancellationToken),
                    ArtifactServiceSource oci => _artifacts.ListAsync(oci, use, cancellationToken),
                    _ => throw new NotSupportedException($"{source.GetType().Name} is no source of services."),
                }
            )
        );
        var services = new Dictionary<string, SourcedService>(StringComparer.Ordinal);
        foreach (var service in listed.SelectMany(l => l.Services))
        {
            var other =
                workspace.Catalogue.Services.GetValueOrDefault(service.Name)?.Definition.Folder
                ?? services.GetValueOrDefault(service.Name)?.Source;
            if (other is not null)
            {
                throw new PlatformException(
                    FailureKind.InvalidInput,
                    $"The service {service.Name} is in {other} and in {service.Source}.",
                    "Keep one of them, or give one another name."
                );
            }

            services[service.Name] = service;
        }

        return (services, [.. listed.SelectMany(l => l.Warnings)]);
    }

    /// <summary>The same services with the playbooks that a claim names in place of theirs.</summary>
    /// <exception cref="PlatformException">There is no such artifact, or the registry refuses or is away.</exception>
    public async Task<ResolvedServices> WithPlaybooksAsync(
        ResolvedServices resolved,
        Claim claim,
        Workspace workspace,
        SourceUse use,
        CancellationToken cancellationToken
    ) =>
        resolved with
        {
            Services = await Task.WhenAll(
                resolved.Services.Select(async s =>
                {
                    if (claim.Services.GetValueOrDefault(s.Definition.Name)?.AnsibleArtifact is not { } named)
                    {
                        return s;
                    }

                    var (repository, reference) = Split(ManifestVariables.WithHost(named, workspace.Registry));
                    return s with
                    {
                        Definition = await _artifacts.WithPlaybookAsync(
                            s.Definition,
                            repository,
                            reference,
                            use,
                            cancellationToken
                        ),
                    };
                })
            ),
        };

    private static (RepositoryName Repository, string Reference) Split(string artifact)
    {
        var at = artifact.IndexOf('@', StringComparison.Ordinal);
        var colon = artifact.LastIndexOf(':');
        at = at >= 0 ? at : colon;
        return at > artifact.LastIndexOf('/')
            ? (RepositoryName.Parse(artifact[..at]), artifact[(at + 1)..])
            : throw new PlatformException(
                FailureKind.InvalidInput,
                $"The ansible_artifact '{artifact}' has neither a tag nor a digest.",
                "Write it as oci-releases/user-service-ansible:1.4.0."
            );
    }

    public void Dispose()
    {
        _registries.Dispose();
        _clones.Dispose();
    }
}
