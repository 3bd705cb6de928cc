using System.IO.Compression;

namespace PlatformLocal.Deployment.Registries;

/// <summary>Where the content of an artifact comes from.</summary>
/// <param name="Source">The address of the source, such as a git repository's.</param>
/// <param name="Revision">The revision of the source, such as <c>1.4.2@sha1:…</c>.</param>
/// <param name="Created">When the revision was made, so that the same source gives the same bytes; of a development build, when it was packed.</param>
internal sealed record ArtifactOrigin(string? Source, string? Revision, DateTimeOffset? Created);

/// <summary>A folder as an OCI artifact that Flux's OCIRepository reads; the same folder always gives the same bytes.</summary>
/// <param name="Manifest">The manifest.</param>
/// <param name="Layer">The only layer: a compressed tar file.</param>
internal sealed record FolderArtifact(ReadOnlyMemory<byte> Manifest, ReadOnlyMemory<byte> Layer)
{
    /// <summary>The media type of the layer.</summary>
    public const string LayerType = "application/vnd.cncf.flux.content.v1.tar+gzip";

    /// <summary>The annotation with the text of the service's definition.</summary>
    public const string DefinitionAnnotation = "local.platform.service-definition";

    /// <summary>The annotation with the digest of the artifact with the service's playbook.</summary>
    public const string PlaybookAnnotation = "local.platform.playbook";

    private const string ConfigurationType = "application/vnd.cncf.flux.config.v1+json";
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private static readonly byte[] s_configuration = "{}"u8.ToArray();

    /// <summary>The digest of the manifest, by which the artifact is pinned.</summary>
    public string Digest => Registries.Digest.Of(Manifest.Span);

    /// <summary>Packs a folder; what is in <c>.git</c> is left out.</summary>
    /// <exception cref="PlatformException">There is nothing in it, it is too large, or it cannot be read.</exception>
    public static FolderArtifact Pack(
        string folder,
        ArtifactOrigin origin,
        params IReadOnlyList<(string Name, string Value)> more
    )
    {
        var (content, files) = TarFolder.Pack(
            folder,
            "The folder",
            "Keep what is no manifest or playbook outside of it."
        );
        if (files == 0)
        {
            throw new PlatformException(FailureKind.InvalidInput, $"There is nothing to pack in {folder}.");
        }

        return Of(content, origin, more);
    }

    /// <summary>Packs files that are in memory.</summary>
    /// <param name="files">The files, by their names with slashes.</param>
    /// <param name="what">What they are, as a message begins.</param>
    /// <exception cref="PlatformException">They are too large.</exception>
    public static FolderArtifact Pack(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, string what) =>
        Of(TarFolder.Pack(files, what), new ArtifactOrigin(null, null, null), []);

    private static FolderArtifact Of(
        ReadOnlyMemory<byte> content,
        ArtifactOrigin origin,
        IReadOnlyList<(string Name, string Value)> more
    )
    {
        var layer = Compress(content);
        var annotations = new JsonObject();
        foreach (var (name, value) in more)
        {
            annotations[name] = value;
        }

        Annotate("created", origin.Created?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
        Annotate("revision", origin.Revision);
        Annotate("source", origin.Source);
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = Descriptor(ConfigurationType, s_configuration),
            ["layers"] = new JsonArray(Descriptor(LayerType, layer)),
            ["annotations"] = annotations,
        };
        return new FolderArtifact(Encoding.UTF8.GetBytes(manifest.ToJsonString()), layer);

        void Annotate(string name, string? value)
        {
            if (value is not null)
            {
                annotations[$"org.opencontainers.image.{name}"] = value;
            }
        }
    }

    /// <summary>Pushes the artifact.</summary>
    /// <exception cref="PlatformException">The registry refuses or is away.</exception>
    public async Task PushAsync(
        RegistryClient client,
        RepositoryName repository,
        string tag,
        CancellationToken cancellationToken
    )
    {
        await client.PutBlobAsync(repository, s_configuration, cancellationToken);
        await client.PutBlobAsync(repository, Layer, cancellationToken);
        await client.PutManifestAsync(repository, tag, ManifestType, Manifest, cancellationToken);
    }

    /// <summary>Writes the files of an artifact into a folder.</summary>
    /// <param name="client">The registry.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The manifest's digest.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="target">The folder; is made.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Whether it is such an artifact: otherwise nothing is written.</returns>
    /// <exception cref="PlatformException">The registry refuses or is away, or what it sends is damaged.</exception>
    public static async Task<bool> TryUnpackAsync(
        RegistryClient client,
        RepositoryName repository,
        string digest,
        JsonObject? manifest,
        string target,
        CancellationToken cancellationToken
    )
    {
        if (
            manifest.Items("layers").FirstOrDefault(l => l.Text("mediaType") == LayerType).Text("digest")
                is not { } content
            || !Registries.Digest.Is(content)
        )
        {
            return false;
        }

        var packed = await client.GetBlobAsync(repository, content, TarFolder.MaximumBytes, cancellationToken);
        await using var unpacked = new GZipStream(
            new MemoryStream(packed.ToArray(), writable: false),
            CompressionMode.Decompress
        );
        TarFolder.Unpack(unpacked, target, $"{repository}@{digest}");
        return true;
    }

    private static JsonObject Descriptor(string mediaType, ReadOnlyMemory<byte> content) =>
        new()
        {
            ["mediaType"] = mediaType,
            ["digest"] = Registries.Digest.Of(content.Span),
            ["size"] = content.Length,
        };

    private static ReadOnlyMemory<byte> Compress(ReadOnlyMemory<byte> content)
    {
        using var result = new MemoryStream();
        using (var compressed = new GZipStream(result, CompressionLevel.Optimal, leaveOpen: true))
        {
            compressed.Write(content.Span);
        }

        return result.ToArray();
    }
}
