using System.Security.Cryptography;
using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Embedded.Flux;

/// <summary>
/// Plays the source-controller: artifacts of registries are really fetched; of git repositories and repositories of charts
/// nothing is, and they are ready.
/// </summary>
internal sealed class PlayedSources(
    KubernetesClient client,
    Func<CancellationToken, Task<ClusterRegistry>> registry,
    ProgramRunner programs,
    string folder,
    TimeProvider time
)
{
    private const string Controller = "source-controller";

    /// <summary>Where the content of an artifact is; <see langword="null"/> when it is not fetched.</summary>
    public string? FolderOf(JsonObject source)
    {
        string? digest = DigestIn(source.Child("status").Child("artifact").Text("revision"));
        return digest is null ? null
            : Directory.Exists(FolderOf(source, digest)) ? FolderOf(source, digest)
            : null;
    }

    /// <summary>Looks at a source.</summary>
    /// <returns>Whether it is to be looked at again soon.</returns>
    public async Task<bool> LookAsync(JsonObject source, CancellationToken cancellationToken)
    {
        if (source.IsTerminating() || source.Child("spec").Flag("suspend") == true)
        {
            return false;
        }

        if (source.Text("kind") != FluxKinds.OciRepository)
        {
            await WriteAsync(
                source,
                ReadyWith(source, $"sha256:{Hash(source.Child("spec").Text("url") ?? "")}", "nothing is fetched")
            );
            return false;
        }

        try
        {
            var repository = RepositoryOf(source);
            using var registries = await ConnectAsync(repository, cancellationToken);
            var digest = await DigestOfAsync(source, registries, repository, cancellationToken);
            string target = FolderOf(source, digest);
            if (!Directory.Exists(target))
            {
                await FetchAsync(registries, repository, digest, target, cancellationToken);
                Forget(source, kept: 2);
            }

            string? tag = source.Child("spec").Child("ref").Text("tag");
            string revision = source.Child("spec").Child("ref").Text("digest") ?? $"{tag ?? "latest"}@{digest}";
            await WriteAsync(source, ReadyWith(source, revision, $"stored artifact for digest '{revision}'"));
            return false;
        }
        catch (PlatformException e)
        {
            await WriteAsync(
                source,
                PlayedStatus.Of(source, false, "OCIArtifactPullFailed", $"failed to pull artifact: {e.Message}", Now)
            );
            return true;
        }

        Task WriteAsync(JsonObject item, JsonObject status) =>
            PlayedStatus.WriteAsync(client, item, status, Controller, cancellationToken);
    }

    /// <summary>Forgets what was fetched for a source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="kept">How many of the newest artifacts stay: somebody may be reading the one before.</param>
    public void Forget(JsonObject source, int kept)
    {
        if (source.Uid() is { } uid && Directory.Exists(Path.Combine(folder, uid)))
        {
            foreach (
                string artifact in Directory
                    .EnumerateDirectories(Path.Combine(folder, uid))
                    .OrderByDescending(Directory.GetCreationTimeUtc)
                    .Skip(kept)
                    .ToList()
            )
            {
                Directory.Delete(artifact, recursive: true);
            }
        }
    }

    private DateTimeOffset Now => time.GetUtcNow();

    private async Task<RegistryClient> ConnectAsync(RepositoryName repository, CancellationToken cancellationToken) =>
        new(
            programs,
            time,
            repository.Host == ClusterRegistry.EmbeddedName ? (await registry(cancellationToken)).Options : null
        );

    private static RepositoryName RepositoryOf(JsonObject source)
    {
        string url = source.Child("spec").Text("url") ?? "";
        return RepositoryName.Parse(url.StartsWith("oci://", StringComparison.Ordinal) ? url[6..] : url);
    }

    private static async Task<string> DigestOfAsync(
        JsonObject source,
        RegistryClient registries,
        RepositoryName repository,
        CancellationToken cancellationToken
    )
    {
        var reference = source.Child("spec").Child("ref");
        return reference.Text("digest")
            ?? await registries.GetDigestAsync(repository, reference.Text("tag") ?? "latest", cancellationToken);
    }

    // Whole, or not at all: what is there by its name was fetched to its end.
    private static async Task FetchAsync(
        RegistryClient registries,
        RepositoryName repository,
        string digest,
        string target,
        CancellationToken cancellationToken
    )
    {
        string making = $"{target}.{Guid.NewGuid():N}";
        try
        {
            await registries.UnpackAsync(repository, digest, making, cancellationToken);
            Directory.Move(making, target);
        }
        finally
        {
            if (Directory.Exists(making))
            {
                Directory.Delete(making, recursive: true);
            }
        }
    }

    private JsonObject ReadyWith(JsonObject source, string revision, string message)
    {
        var status = PlayedStatus.Of(source, true, "Succeeded", message, Now);
        var before = source.Child("status").Child("artifact");
        status["artifact"] =
            before.Text("revision") == revision
                ? before!.DeepClone()
                : new JsonObject
                {
                    ["revision"] = revision,
                    ["digest"] = DigestIn(revision) ?? revision,
                    ["path"] = "played",
                    ["url"] = source.Child("spec").Text("url"),
                    ["lastUpdateTime"] = PlayedStatus.Format(Now),
                };
        return status;
    }

    private string FolderOf(JsonObject source, string digest) =>
        Path.Combine(folder, source.Uid() ?? "", digest[(digest.IndexOf(':', StringComparison.Ordinal) + 1)..]);

    private static string? DigestIn(string? revision) =>
        revision is null ? null : revision[(revision.IndexOf('@', StringComparison.Ordinal) + 1)..];

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
