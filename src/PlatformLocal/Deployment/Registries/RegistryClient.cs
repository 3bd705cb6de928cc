using System.Net;
using System.Net.Http.Headers;
using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Deployment.Registries;

/// <summary>A manifest as a registry has it.</summary>
/// <param name="Digest">Its digest, which its content has.</param>
/// <param name="MediaType">Its media type.</param>
/// <param name="Content">Its bytes.</param>
public sealed record RegistryManifest(string Digest, string MediaType, ReadOnlyMemory<byte> Content)
{
    /// <summary>The manifest as JSON; <see langword="null"/> when it is none.</summary>
    internal JsonObject? Json => JsonBody.Parse(Content.Span);
}

/// <summary>What a registry sends with an answer, to be asked later whether it would answer the same.</summary>
/// <param name="ETag">The header <c>ETag</c>.</param>
/// <param name="LastModified">The header <c>Last-Modified</c>.</param>
public sealed record CacheValidator(string? ETag, string? LastModified)
{
    internal static CacheValidator? Of(HttpResponseMessage response)
    {
        var tag = response.Headers.ETag?.ToString();
        var modified = response.Content.Headers.LastModified?.ToString("r");
        return tag is null && modified is null ? null : new CacheValidator(tag, modified);
    }
}

/// <summary>The tags of a repository.</summary>
/// <param name="Tags">The tags.</param>
/// <param name="Validator">What the registry sent to ask again with; <see langword="null"/> when nothing.</param>
public sealed record TagList(IReadOnlyList<string> Tags, CacheValidator? Validator);

/// <summary>A client of registries of the OCI distribution specification; what it returns has the digest it claims.</summary>
public sealed class RegistryClient : IDisposable
{
    private const string Pulling = "pull";
    private const string Pushing = "pull,push";
    private const int MaximumPages = 10_000;

    private readonly RegistryOptions _options;
    private readonly RegistryTransport _transport;

    /// <summary>A client.</summary>
    /// <param name="programs">Runs Docker's credential helpers.</param>
    /// <param name="time">Measures waits.</param>
    /// <param name="options">How registries are talked to; the defaults when <see langword="null"/>.</param>
    public RegistryClient(ProgramRunner programs, TimeProvider time, RegistryOptions? options = null)
    {
        _options = options ?? new RegistryOptions();
        _transport = new RegistryTransport(programs, time, _options);
    }

    /// <summary>All tags of a repository, as the registry orders them.</summary>
    /// <exception cref="PlatformException">There is no such repository, or the registry refuses, is away or pages in a circle.</exception>
    internal async Task<IReadOnlyList<string>> ListTagsAsync(
        RepositoryName repository,
        CancellationToken cancellationToken
    ) => (await ListTagsAsync(repository, null, cancellationToken))!.Tags;

    /// <summary>All tags of a repository, unless they are those that were fetched before.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="known">What the registry sent with the tags that were fetched before.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The tags; <see langword="null"/> when the registry says that nothing changed.</returns>
    /// <exception cref="PlatformException">There is no such repository, or the registry refuses, is away or pages in a circle.</exception>
    internal Task<TagList?> ListTagsAsync(
        RepositoryName repository,
        CacheValidator? known,
        CancellationToken cancellationToken
    ) => ListAsync(repository, $"{repository.Path}/tags/list", "tags", known, cancellationToken);

    /// <summary>The paths of all repositories of a registry that it shows.</summary>
    /// <exception cref="PlatformException">The registry does not list its repositories, refuses, or is away.</exception>
    internal async Task<IReadOnlyList<string>> ListRepositoriesAsync(
        string host,
        CancellationToken cancellationToken
    ) => (await ListAsync(RepositoryName.CatalogOf(host), "_catalog", "repositories", null, cancellationToken))!.Tags;

    private async Task<TagList?> ListAsync(
        RepositoryName repository,
        string path,
        string property,
        CacheValidator? known,
        CancellationToken cancellationToken
    )
    {
        var names = new List<string>();
        var seen = new HashSet<Uri>();
        CacheValidator? validator = null;
        var next = new Uri(_options.AddressOf(repository), $"v2/{path}?n={_options.PageSize}");
        while (next is not null)
        {
            if (!seen.Add(next) || seen.Count > MaximumPages)
            {
                throw new PlatformException(
                    $"{repository.Host} lists {path} in a circle: the page {next.PathAndQuery} came twice.",
                    "Ask who runs the registry; name the versions in the catalogue file meanwhile."
                );
            }

            // Only who said what is known can hear that nothing changed since.
            var asked = seen.Count == 1 ? known : null;
            using var response = await _transport.SendAsync(
                new(repository, HttpMethod.Get, next, repository.Path.Length == 0 ? "*" : Pulling)
                {
                    Validator = asked,
                    Accepted = asked is null ? null : HttpStatusCode.NotModified,
                },
                cancellationToken
            );
            if (response.StatusCode == HttpStatusCode.NotModified)
            {
                return null;
            }

            var page = await _transport.ReadJsonAsync(repository, response, cancellationToken);
            names.AddRange(page.Texts(property));
            next = NextPage(repository, next, response);
            // The validator of one page says nothing of the others.
            validator = seen.Count == 1 && next is null ? CacheValidator.Of(response) : null;
        }

        return new TagList(names, validator);
    }

    /// <summary>The digest that a tag stands for now.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="reference">The tag or digest.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">There is no such tag, or the registry refuses or is away.</exception>
    public async Task<string> GetDigestAsync(
        RepositoryName repository,
        string reference,
        CancellationToken cancellationToken
    )
    {
        using var response = await _transport.SendAsync(
            new(repository, HttpMethod.Head, ManifestAddress(repository, reference), Pulling),
            cancellationToken
        );
        return DigestIn(response) ?? (await GetManifestAsync(repository, reference, cancellationToken)).Digest;
    }

    /// <summary>A manifest.</summary>
    /// <exception cref="PlatformException">There is none, its digest is not what was promised, or the registry refuses or is away.</exception>
    internal async Task<RegistryManifest> GetManifestAsync(
        RepositoryName repository,
        string reference,
        CancellationToken cancellationToken
    )
    {
        using var response = await _transport.SendAsync(
            new(repository, HttpMethod.Get, ManifestAddress(repository, reference), Pulling),
            cancellationToken
        );
        var content = await _transport.ReadAsync(
            repository,
            response,
            RegistryTransport.MaximumDocument,
            cancellationToken
        );
        var digest = Digest.Of(content.Span);
        foreach (var promised in new[] { Digest.Is(reference) ? reference : null, DigestIn(response) }.OfType<string>())
        {
            RefuseOther($"manifest {reference}", repository, promised, digest);
        }

        return new RegistryManifest(digest, response.Content.Headers.ContentType?.MediaType ?? "", content);
    }

    /// <summary>The content of a blob.</summary>
    /// <exception cref="PlatformException">There is none, it has another digest or is larger, or the registry refuses or is away.</exception>
    internal async Task<ReadOnlyMemory<byte>> GetBlobAsync(
        RepositoryName repository,
        string digest,
        int atMost,
        CancellationToken cancellationToken
    )
    {
        using var response = await _transport.SendAsync(
            new(repository, HttpMethod.Get, AddressOf(repository, $"blobs/{digest}"), Pulling),
            cancellationToken
        );
        var content = await _transport.ReadAsync(repository, response, atMost, cancellationToken);
        RefuseOther("blob", repository, digest, Digest.Of(content.Span));
        return content;
    }

    /// <summary>Writes what an artifact of Flux's kind holds into a folder.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The artifact's digest: what comes has it.</param>
    /// <param name="folder">The folder; is made.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">There is no such artifact, or the registry refuses or is away.</exception>
    public async Task UnpackAsync(
        RepositoryName repository,
        string digest,
        string folder,
        CancellationToken cancellationToken
    )
    {
        var manifest = await GetManifestAsync(repository, digest, cancellationToken);
        if (!await FolderArtifact.TryUnpackAsync(this, repository, digest, manifest.Json, folder, cancellationToken))
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{repository}@{digest} has no layer of the type {FolderArtifact.LayerType}."
            );
        }
    }

    /// <summary>Puts a blob into a repository, unless it is there.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="content">The content.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Its digest.</returns>
    /// <exception cref="PlatformException">The registry refuses or is away.</exception>
    public async Task<string> PutBlobAsync(
        RepositoryName repository,
        ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken
    )
    {
        var digest = Digest.Of(content.Span);
        using var known = await _transport.SendAsync(
            new(repository, HttpMethod.Head, AddressOf(repository, $"blobs/{digest}"), Pushing)
            {
                Accepted = HttpStatusCode.NotFound,
            },
            cancellationToken
        );
        if (known.IsSuccessStatusCode)
        {
            return digest;
        }

        var uploads = AddressOf(repository, "blobs/uploads/");
        using var opened = await _transport.SendAsync(
            new(repository, HttpMethod.Post, uploads, Pushing),
            cancellationToken
        );
        var location = new Uri(uploads, opened.Headers.Location ?? uploads);
        if (location.Authority != uploads.Authority)
        {
            throw new PlatformException($"{repository.Host} wants uploads to go to {location.Authority}.");
        }

        var target = new Uri(
            $"{location}{(location.Query.Length > 0 ? "&" : "?")}digest={Uri.EscapeDataString(digest)}"
        );
        using var stored = await _transport.SendAsync(
            new(repository, HttpMethod.Put, target, Pushing)
            {
                Content = () => NewContent(content, "application/octet-stream"),
            },
            cancellationToken
        );
        return digest;
    }

    /// <summary>Puts a manifest into a repository.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="tag">The tag it gets.</param>
    /// <param name="mediaType">Its media type.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Its digest.</returns>
    /// <exception cref="PlatformException">The registry refuses, stores something else, or is away.</exception>
    public async Task<string> PutManifestAsync(
        RepositoryName repository,
        string tag,
        string mediaType,
        ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken
    )
    {
        using var stored = await _transport.SendAsync(
            new(repository, HttpMethod.Put, ManifestAddress(repository, tag), Pushing)
            {
                Content = () => NewContent(content, mediaType),
            },
            cancellationToken
        );
        var digest = Digest.Of(content.Span);
        RefuseOther($"manifest {tag}", repository, DigestIn(stored) ?? digest, digest);
        return digest;
    }

    /// <summary>Deletes a manifest, and with it all tags that stand for it.</summary>
    /// <exception cref="PlatformException">There is none, or the registry refuses or is away.</exception>
    internal async Task DeleteManifestAsync(
        RepositoryName repository,
        string digest,
        CancellationToken cancellationToken
    )
    {
        using var deleted = await _transport.SendAsync(
            new(repository, HttpMethod.Delete, ManifestAddress(repository, digest), "pull,delete")
            {
                Accepted = HttpStatusCode.MethodNotAllowed,
            },
            cancellationToken
        );
        if (deleted.StatusCode == HttpStatusCode.MethodNotAllowed)
        {
            throw new PlatformException(
                FailureKind.NotAllowed,
                $"The registry {repository.Host} lets nobody delete.",
                "Ask who runs it; the image 'registry' needs REGISTRY_STORAGE_DELETE_ENABLED=true."
            );
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    private static void RefuseOther(string what, RepositoryName repository, string promised, string digest)
    {
        if (promised != digest)
        {
            throw new PlatformException(
                $"{repository.Host} promised {promised} for the {what} of {repository.Path} and sent {digest}.",
                "It is not used. A proxy or the registry changes what it passes on: ask who runs it."
            );
        }
    }

    private static ByteArrayContent NewContent(ReadOnlyMemory<byte> content, string mediaType) =>
        new(content.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } };

    private Uri ManifestAddress(RepositoryName repository, string reference) =>
        AddressOf(repository, $"manifests/{Uri.EscapeDataString(reference)}");

    private Uri AddressOf(RepositoryName repository, string path) =>
        new(_options.AddressOf(repository), $"v2/{repository.Path}/{path}");

    private static string? DigestIn(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Docker-Content-Digest", out var values)
        && values.First() is var digest
        && Digest.Is(digest)
            ? digest
            : null;

    private static Uri? NextPage(RepositoryName repository, Uri page, HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Link", out var links))
        {
            return null;
        }

        foreach (var link in links.SelectMany(l => l.Split(',')))
        {
            var (open, close) = (
                link.IndexOf('<', StringComparison.Ordinal),
                link.IndexOf('>', StringComparison.Ordinal)
            );
            if (open >= 0 && close > open && link.Contains("rel=\"next\"", StringComparison.OrdinalIgnoreCase))
            {
                var address = link[(open + 1)..close];
                return
                    Uri.TryCreate(page, address, out var next)
                    && next.Authority == page.Authority
                    && next.Scheme == page.Scheme
                    ? next
                    : throw new PlatformException(
                        $"{repository.Host} continues its list of tags on {next?.Authority ?? address}."
                    );
            }
        }

        return null;
    }
}
