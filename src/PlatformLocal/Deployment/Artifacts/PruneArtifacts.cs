using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Deployment.Artifacts;

/// <summary>What becomes of an image or an artifact in a registry.</summary>
public enum Retention
{
    /// <summary>It is old, and nothing uses it.</summary>
    Delete,

    /// <summary>It is old, and an environment uses it.</summary>
    Used,

    /// <summary>It does not say when it was made: it is kept.</summary>
    Undated,

    /// <summary>It is young.</summary>
    Young,
}

/// <summary>An image or an artifact in a registry that is not kept for ever.</summary>
/// <param name="Repository">Where it is.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Created">When it was made, as it says itself; <see langword="null"/> when it does not.</param>
/// <param name="Retention">What becomes of it.</param>
public sealed record RetainedArtifact(
    RepositoryName Repository,
    IReadOnlyList<string> Tags,
    string Digest,
    DateTimeOffset? Created,
    Retention Retention
);

/// <summary>
/// Deletes what is old in a registry's repositories of development builds: snapshots after 30 days, what users pushed for
/// themselves after 24 hours. Releases stay for ever.
/// </summary>
/// <param name="programs">Runs Docker's credential helpers.</param>
/// <param name="time">Tells how old things are.</param>
/// <param name="options">How the registry is talked to; the defaults when <see langword="null"/>.</param>
public sealed class PruneArtifacts(ProgramRunner programs, TimeProvider time, RegistryOptions? options = null)
{
    private const int AtOnce = 8;
    private const int LargestConfiguration = 4 * 1024 * 1024;

    // Builds that are to be reproducible say that they are of 1970 or 1980.
    private static readonly DateTimeOffset s_earliest = new(1990, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What there is in the repositories of development builds, and what is to become of it; deletes nothing.</summary>
    /// <param name="registry">The registry's host.</param>
    /// <param name="stateRoot">The folder of all platforms' state, whose claims and locks say what is used.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The registry does not list its repositories, refuses, or is away.</exception>
    public async Task<IReadOnlyList<RetainedArtifact>> PlanAsync(
        string registry,
        string stateRoot,
        CancellationToken cancellationToken
    )
    {
        using var client = new RegistryClient(programs, time, options);
        var used = ReadBuckets(stateRoot);
        var found = new List<Found>();
        foreach (var path in await client.ListRepositoriesAsync(registry, cancellationToken))
        {
            if (RetentionPeriod.Of(path) is { } keep)
            {
                found.AddRange(await FindAsync(client, new RepositoryName(registry, path), keep, cancellationToken));
            }
        }

        var judged = found.ConvertAll(f => (Found: f, Retention: Judge(f, used)));
        // A playbook is named by the artifact of its service, not by a lock.
        var playbooks = judged
            .Where(j => j.Retention != Retention.Delete && j.Found.Playbook is not null)
            .Select(j => j.Found.Playbook!)
            .ToHashSet(StringComparer.Ordinal);
        return
        [
            .. judged
                .Select(j => new RetainedArtifact(
                    j.Found.Repository,
                    j.Found.Tags,
                    j.Found.Digest,
                    j.Found.Created,
                    j.Retention == Retention.Delete && playbooks.Contains(j.Found.Digest) ? Retention.Used : j.Retention
                ))
                .OrderBy(a => a.Repository.Path, StringComparer.Ordinal)
                .ThenBy(a => a.Created),
        ];
    }

    /// <summary>Deletes what a plan says.</summary>
    /// <param name="plan">What <see cref="PlanAsync"/> returned.</param>
    /// <param name="report">Is told of each that is deleted.</param>
    /// <param name="cancellationToken">Stops; what is deleted by then stays deleted.</param>
    /// <returns>How many were deleted; others may have been gone already.</returns>
    /// <exception cref="PlatformException">The registry refuses, lets nobody delete, or is away.</exception>
    public async Task<int> DeleteAsync(
        IReadOnlyList<RetainedArtifact> plan,
        Action<RetainedArtifact> report,
        CancellationToken cancellationToken
    )
    {
        using var client = new RegistryClient(programs, time, options);
        var deleted = 0;
        foreach (var artifact in plan.Where(a => a.Retention == Retention.Delete))
        {
            try
            {
                await client.DeleteManifestAsync(artifact.Repository, artifact.Digest, cancellationToken);
                report(artifact);
                deleted++;
            }
            catch (PlatformException e) when (e.Kind == FailureKind.NotFound)
            {
                // Somebody else prunes as well.
            }
        }

        return deleted;
    }

    private Retention Judge(Found found, IReadOnlyList<string> used) =>
        found.Created is not { } created ? Retention.Undated
        : time.GetUtcNow() - created < found.Keep ? Retention.Young
        : used.Any(u =>
            u.Contains(found.Digest, StringComparison.Ordinal)
            || found.Tags.Any(t => u.Contains($"\"{found.Repository}:{t}\"", StringComparison.Ordinal))
        )
            ? Retention.Used
        : Retention.Delete;

    private static async Task<IReadOnlyList<Found>> FindAsync(
        RegistryClient client,
        RepositoryName repository,
        TimeSpan keep,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<string> tags;
        try
        {
            tags = await client.ListTagsAsync(repository, cancellationToken);
        }
        catch (PlatformException e) when (e.Kind == FailureKind.NotFound)
        {
            return []; // a repository is still listed when its last tag is gone
        }

        using var slots = new SemaphoreSlim(AtOnce, AtOnce);
        var tagged = await Task.WhenAll(
            tags.Select(async tag =>
            {
                using var turn = await slots.TakeTurnAsync(cancellationToken);
                return (Tag: tag, Digest: await client.GetDigestAsync(repository, tag, cancellationToken));
            })
        );
        var found = new List<Found>();
        foreach (var group in tagged.GroupBy(t => t.Digest, t => t.Tag, StringComparer.Ordinal))
        {
            var manifest = (await client.GetManifestAsync(repository, group.Key, cancellationToken)).Json;
            found.Add(
                new Found(
                    repository,
                    [.. group.Order(StringComparer.Ordinal)],
                    group.Key,
                    await CreatedAsync(client, repository, manifest, cancellationToken),
                    keep,
                    (string?)manifest?["annotations"]?[FolderArtifact.PlaybookAnnotation]
                )
            );
        }

        return found;
    }

    /// <summary>When an artifact, an image or the first image of several platforms was made.</summary>
    private static async Task<DateTimeOffset?> CreatedAsync(
        RegistryClient client,
        RepositoryName repository,
        JsonObject? manifest,
        CancellationToken cancellationToken
    )
    {
        if (Time(manifest?["annotations"]?["org.opencontainers.image.created"]) is { } annotated)
        {
            return annotated;
        }

        if (manifest?["manifests"] is JsonArray platforms)
        {
            return
                platforms.Count > 0
                && (string?)platforms[0]?["digest"] is { } first
                && (await client.GetManifestAsync(repository, first, cancellationToken)).Json is { } one
                && one["manifests"] is null
                ? await CreatedAsync(client, repository, one, cancellationToken)
                : null;
        }

        return (string?)manifest?["config"]?["digest"] is { } digest && Digest.Is(digest)
            // What cannot be read says nothing of its age.
            ? Time(
                JsonBody
                    .Parse(
                        (await client.GetBlobAsync(repository, digest, LargestConfiguration, cancellationToken)).Span
                    )
                    ?["created"]
            )
            : null;
    }

    private static DateTimeOffset? Time(JsonNode? node) =>
        node is JsonValue value
        && value.TryGetValue<string>(out var text)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        && time > s_earliest
            ? time
            : null;

    // Claims, locks and whatever else there is of environments: all of it is small, and a digest is like no other text.
    private static List<string> ReadBuckets(string stateRoot) =>
        Directory.Exists(stateRoot)
            ?
            [
                .. Directory
                    .EnumerateDirectories(stateRoot)
                    .Select(platform => Path.Combine(platform, "buckets"))
                    .Where(Directory.Exists)
                    .SelectMany(b => Directory.EnumerateFiles(b, "*.json", SearchOption.AllDirectories))
                    .Select(File.ReadAllText),
            ]
            : [];

    private sealed record Found(
        RepositoryName Repository,
        IReadOnlyList<string> Tags,
        string Digest,
        DateTimeOffset? Created,
        TimeSpan Keep,
        string? Playbook
    );
}
