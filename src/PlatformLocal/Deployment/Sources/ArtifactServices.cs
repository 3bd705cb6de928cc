using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Deployment.Sources;

/// <summary>
/// Services whose definitions, manifests and playbooks are artifacts in a registry. A definition is in its artifact's
/// manifest: no layer is needed to resolve versions.
/// </summary>
/// <param name="registries">The client.</param>
/// <param name="cache">Tags and what they stand for.</param>
/// <param name="folder">Where manifests of artifacts are kept, by their digests; is made with the first one.</param>
/// <param name="contents">Where what is in artifacts is written to.</param>
internal sealed class ArtifactServices(
    RegistryClient registries,
    TagCache cache,
    string folder,
    ContentFolders contents
)
{
    private const string DefaultPlaybook = "site.yml";

    /// <summary>The services of a source, with the versions that there are artifacts of.</summary>
    /// <returns>The services, and what is odd but no fault as whole sentences.</returns>
    /// <exception cref="PlatformException">The registry refuses, or cannot be asked and never was.</exception>
    public async Task<(IReadOnlyList<SourcedService> Services, IReadOnlyList<string> Warnings)> ListAsync(
        ArtifactServiceSource source,
        SourceUse use,
        CancellationToken cancellationToken
    )
    {
        var listed = await Task.WhenAll(
            source.Services.Select(s => ListAsync(source.Registry, s, use, cancellationToken))
        );
        return ([.. listed.Select(l => l.Service)], [.. listed.SelectMany(l => l.Warnings)]);
    }

    private async Task<(SourcedService Service, IReadOnlyList<string> Warnings)> ListAsync(
        string registry,
        string service,
        SourceUse use,
        CancellationToken cancellationToken
    )
    {
        var warnings = new List<string>();
        var releases = new RepositoryName(registry, RepositoryLayout.ArtifactReleases(service));
        var repositories = new Dictionary<PlatformVersion, RepositoryName>();
        var builds = new List<PlatformVersion>();
        if (use.DevTagsFor is { } user)
        {
            var own = RepositoryLayout.ArtifactsOfUser(service, user);
            foreach (var path in new[] { RepositoryLayout.ArtifactSnapshots(service), own }.OfType<string>())
            {
                var repository = new RepositoryName(registry, path);
                foreach (var version in await VersionsAsync(repository, isOptional: true))
                {
                    if (repositories.TryAdd(version, repository))
                    {
                        builds.Add(version);
                    }
                }
            }
        }

        // The same version as a development build is the development build.
        var released = await VersionsAsync(releases, isOptional: builds.Count > 0);
        return (
            new ArtifactService(this, contents, releases, repositories, use)
            {
                Name = service,
                Source = $"oci://{registry}",
                Versions = [.. released.Except(builds)],
                DevVersions = [.. builds.Order()],
            },
            warnings
        );

        async Task<IReadOnlyList<PlatformVersion>> VersionsAsync(RepositoryName repository, bool isOptional)
        {
            var (tags, warning) = await cache.GetAsync(registries, repository, isOptional, use, cancellationToken);
            if (warning is not null)
            {
                warnings.Add(warning);
            }

            return TagVersions.InRegistry(tags);
        }
    }

    /// <summary>The same definition with the playbook of an artifact that a claim names in place of its own.</summary>
    /// <exception cref="PlatformException">There is no such artifact, it has no playbook, or the registry refuses.</exception>
    public async Task<ServiceDefinition> WithPlaybookAsync(
        ServiceDefinition definition,
        RepositoryName repository,
        string reference,
        SourceUse use,
        CancellationToken cancellationToken
    )
    {
        var digest = Digest.Is(reference)
            ? reference
            : (await FindAsync(repository, reference, use, cancellationToken)).Digest;
        var unpacked = await contents.GetAsync(
            digest["sha256:".Length..],
            target => UnpackAsync(repository, digest, target, cancellationToken)
        );
        // It is packed as its folder, under the name that the service gives it.
        var playbook = Path.GetFileName(definition.Playbook) ?? DefaultPlaybook;
        return File.Exists(Path.Combine(unpacked, playbook))
            ? definition with
            {
                Playbook = playbook,
                PlaybookFolder = unpacked,
                PlaybookOrigin = $"oci://{repository}@{digest}",
            }
            : throw new PlatformException(
                FailureKind.InvalidInput,
                $"The artifact {repository}:{reference} has no playbook '{playbook}' for {definition.Name}.",
                $"Push one with: {ShellCommand.Platformctl("artifact", "push", definition.Name, reference)}"
            );
    }

    /// <summary>The manifest that a tag stands for.</summary>
    private async Task<(string Digest, JsonObject Manifest)> FindAsync(
        RepositoryName repository,
        string tag,
        SourceUse use,
        CancellationToken cancellationToken
    )
    {
        var (digests, _) = await cache.GetAsync(
            $"the artifact {repository}:{tag}",
            repository.Host,
            async (_, token) =>
            {
                var manifest = await registries.GetManifestAsync(repository, tag, token);
                Keep(manifest);
                return new TagList([manifest.Digest], null);
            },
            use,
            cancellationToken
        );
        return (digests[0], await GetAsync(repository, digests[0], cancellationToken));
    }

    /// <summary>A manifest by its digest: what was fetched once is never asked for again.</summary>
    private async Task<JsonObject> GetAsync(
        RepositoryName repository,
        string digest,
        CancellationToken cancellationToken
    )
    {
        var file = FileOf(digest);
        if (File.Exists(file))
        {
            var kept = await File.ReadAllBytesAsync(file, cancellationToken);
            if (Digest.Of(kept) == digest)
            {
                return Parse(repository, digest, kept);
            }
        }

        var manifest = await registries.GetManifestAsync(repository, digest, cancellationToken);
        Keep(manifest);
        return Parse(repository, digest, manifest.Content);
    }

    private void Keep(RegistryManifest manifest)
    {
        PrivateFile.EnsureFolder(folder);
        PrivateFile.Replace(FileOf(manifest.Digest), manifest.Content.Span, isDurable: false);
    }

    private string FileOf(string digest) => Path.Combine(folder, digest["sha256:".Length..] + ".json");

    private static JsonObject Parse(RepositoryName repository, string digest, ReadOnlyMemory<byte> content) =>
        JsonBody.Parse(content.Span) ?? throw NoArtifact(repository, digest);

    private static PlatformException NoArtifact(RepositoryName repository, string reference) =>
        new(
            FailureKind.InvalidInput,
            $"{repository}:{reference} is no artifact with the definition of a service.",
            $"Push it with: {ShellCommand.Platformctl("artifact", "push", "SERVICE", "VERSION")}"
        );

    private async Task UnpackAsync(
        RepositoryName repository,
        string digest,
        string target,
        CancellationToken cancellationToken
    )
    {
        var manifest = await GetAsync(repository, digest, cancellationToken);
        if (!await FolderArtifact.TryUnpackAsync(registries, repository, digest, manifest, target, cancellationToken))
        {
            throw NoArtifact(repository, digest);
        }
    }

    private sealed class ArtifactService(
        ArtifactServices artifacts,
        ContentFolders contents,
        RepositoryName releases,
        IReadOnlyDictionary<PlatformVersion, RepositoryName> builds,
        SourceUse use
    ) : SourcedService
    {
        public override int MostAtOnce => 32;

        public override async Task<IReadOnlyDictionary<PlatformVersion, DefinitionText>> ReadAsync(
            IReadOnlyList<PlatformVersion> versions,
            CancellationToken cancellationToken
        )
        {
            var read = await Task.WhenAll(versions.Select(v => ReadAsync(v, cancellationToken)));
            return versions.Zip(read).Where(r => r.Second is not null).ToDictionary(r => r.First, r => r.Second!);
        }

        private async Task<DefinitionText?> ReadAsync(PlatformVersion version, CancellationToken cancellationToken)
        {
            var repository = RepositoryOf(version);
            var (digest, manifest) = await artifacts.FindAsync(
                repository,
                TagVersions.TagOf(version.Text),
                use,
                cancellationToken
            );
            return (string?)manifest["annotations"]?[FolderArtifact.DefinitionAnnotation] is { } text
                ? new DefinitionText(text, $"{repository}:{version}", $"oci://{repository}@{digest}")
                : null;
        }

        public override async Task<string> FetchAsync(
            PlatformVersion version,
            ServiceDefinition definition,
            CancellationToken cancellationToken
        )
        {
            var repository = RepositoryOf(version);
            var digest = definition.Origin![(definition.Origin!.IndexOf('@', StringComparison.Ordinal) + 1)..];
            return await contents.GetAsync(
                digest["sha256:".Length..],
                async target =>
                {
                    PrivateFile.EnsureFolder(target);
                    await artifacts.UnpackAsync(
                        repository,
                        digest,
                        Inside(target, definition.Manifests, repository, digest),
                        cancellationToken
                    );
                    if (definition.Playbook is { } playbook)
                    {
                        var manifest = await artifacts.GetAsync(repository, digest, cancellationToken);
                        if (
                            (string?)manifest["annotations"]?[FolderArtifact.PlaybookAnnotation] is not { } pinned
                            || !Digest.Is(pinned)
                        )
                        {
                            throw NoArtifact(repository, digest);
                        }

                        await artifacts.UnpackAsync(
                            RepositoryLayout.PlaybooksOf(repository),
                            pinned,
                            Inside(target, Path.GetDirectoryName(playbook) ?? "", repository, digest),
                            cancellationToken
                        );
                    }
                }
            );
        }

        public override string? ImageOf(PlatformVersion version, ServiceDefinition definition) =>
            use.DevTagsFor is { } user
            && builds.TryGetValue(version, out var repository)
            && repository.Path == RepositoryLayout.ArtifactsOfUser(Name, user)
                ? RepositoryLayout.OfUser(definition.Image, user)
                : null;

        private RepositoryName RepositoryOf(PlatformVersion version) => builds.GetValueOrDefault(version) ?? releases;

        private static string Inside(string target, string relative, RepositoryName repository, string digest) =>
            SafePath.Inside(target, relative)
            ?? throw new PlatformException(
                FailureKind.InvalidInput,
                $"{repository}@{digest} has files for '{relative}', which is outside of it."
            );
    }
}
