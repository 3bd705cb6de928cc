using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Sources;

/// <summary>Fetches the tags of a source.</summary>
/// <param name="known">What came with the tags that are known.</param>
/// <param name="cancellationToken">Stops fetching.</param>
/// <returns>The tags; <see langword="null"/> when they are those that are known.</returns>
internal delegate Task<TagList?> FetchTags(CacheValidator? known, CancellationToken cancellationToken);

/// <summary>Tags as they were fetched, in a folder: asked for again when they are old, used when nobody answers in time.</summary>
/// <param name="folder">The folder; is made with the first entry.</param>
/// <param name="time">Tells how old an entry is.</param>
internal sealed class TagCache(string folder, TimeProvider time)
{
    /// <summary>How long fetched tags are as good as fetched anew.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(30);

    // One source that is slow must not hold up what others have all of: whoever has an older list goes on with that.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Lazy<Task<TagList>>> _fetches = new(StringComparer.Ordinal);

    // Hosts that let somebody wait in vain, until when nobody waits for them again.
    private readonly ConcurrentDictionary<string, DateTimeOffset> _slow = new(StringComparer.Ordinal);

    /// <summary>The tags of a source.</summary>
    /// <param name="source">What they are the tags of; the key.</param>
    /// <param name="host">Who is asked: when it is slow with one source, it is not waited for with the next.</param>
    /// <param name="fetch">Fetches them.</param>
    /// <param name="use">How old what is there may be, and whether anything is fetched.</param>
    /// <param name="cancellationToken">Stops fetching.</param>
    /// <returns>The tags, and when they are old a sentence that says so.</returns>
    /// <exception cref="PlatformException">They cannot be fetched and never were.</exception>
    public async Task<(IReadOnlyList<string> Tags, string? Warning)> GetAsync(
        string source,
        string host,
        FetchTags fetch,
        SourceUse use,
        CancellationToken cancellationToken
    )
    {
        var known = Read(source);
        if (known is not null && (use.Offline || time.GetUtcNow() - known.At < use.Freshness))
        {
            return (known.List.Tags, null);
        }

        if (use.Offline)
        {
            throw new PlatformException(
                FailureKind.NotFound,
                $"The versions of {source} were never fetched, and nothing is fetched with --offline.",
                "Run it once without --offline, or name the versions in the catalogue file."
            );
        }

        if (known is null)
        {
            return ((await FetchAsync(source, fetch, null, cancellationToken)).Tags, null);
        }

        try
        {
            var fetching = _fetches.GetOrAdd(
                source,
                _ => new Lazy<Task<TagList>>(() => FetchOnceAsync(source, host, fetch, known.List))
            );
            var isSlow = _slow.TryGetValue(host, out var until) && time.GetUtcNow() < until;
            var list = await fetching.Value.WaitAsync(isSlow ? TimeSpan.Zero : s_patience, time, cancellationToken);
            return (list.Tags, null);
        }
        catch (TimeoutException)
        {
            _slow[host] = time.GetUtcNow() + Freshness;
            return (
                known.List.Tags,
                $"{host} did not say within {s_patience.TotalSeconds:0} s what the versions of {source} are. They are those of {known.At:u}."
            );
        }
        catch (PlatformException e) when (e.Kind is FailureKind.Failed or FailureKind.NotReadyInTime)
        {
            return (known.List.Tags, $"{e.Message} The versions of {source} are those of {known.At:u}.");
        }
    }

    /// <summary>Goes on when those who wait for it do not, for whoever asks next; how long it may take the source's client knows.</summary>
    private async Task<TagList> FetchOnceAsync(string source, string host, FetchTags fetch, TagList known)
    {
        try
        {
            var list = await FetchAsync(source, fetch, known, CancellationToken.None);
            _slow.TryRemove(host, out _);
            return list;
        }
        finally
        {
            _fetches.TryRemove(source, out _);
        }
    }

    private async Task<TagList> FetchAsync(
        string source,
        FetchTags fetch,
        TagList? known,
        CancellationToken cancellationToken
    )
    {
        var list = await fetch(known?.Validator, cancellationToken) ?? known!;
        Write(source, list, time.GetUtcNow());
        return list;
    }

    /// <summary>The tags of a repository; none when it is optional and nobody made it yet.</summary>
    public Task<(IReadOnlyList<string> Tags, string? Warning)> GetAsync(
        RegistryClient registries,
        RepositoryName repository,
        bool isOptional,
        SourceUse use,
        CancellationToken cancellationToken
    )
    {
        return GetAsync(repository.ToString(), repository.Host, FetchAsync, use, cancellationToken);

        async Task<TagList?> FetchAsync(CacheValidator? known, CancellationToken token)
        {
            try
            {
                return await registries.ListTagsAsync(repository, known, token);
            }
            catch (PlatformException e) when (isOptional && e.Kind == FailureKind.NotFound)
            {
                return new TagList([], null);
            }
        }
    }

    /// <summary>Has the tags of a source fetched again at the next asking; what is known stays for when nobody answers.</summary>
    public void Expire(string source)
    {
        if (Read(source) is { } known)
        {
            Write(source, known.List, DateTimeOffset.UnixEpoch);
        }
    }

    private Entry? Read(string source)
    {
        var file = FileOf(source);
        try
        {
            if (File.Exists(file) && JsonNode.Parse(File.ReadAllText(file)) is JsonObject entry)
            {
                var (tag, modified) = ((string?)entry["etag"], (string?)entry["last_modified"]);
                return new Entry(
                    new TagList(
                        [.. entry["tags"]!.AsArray().Select(t => (string)t!)],
                        tag is null && modified is null ? null : new CacheValidator(tag, modified)
                    ),
                    (DateTimeOffset)entry["at"]!
                );
            }
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or FormatException or NullReferenceException)
        {
            File.Delete(file); // half a file of another time is worth nothing
        }

        return null;
    }

    private void Write(string source, TagList list, DateTimeOffset at)
    {
        var entry = new JsonObject
        {
            ["source"] = source,
            ["at"] = at,
            ["etag"] = list.Validator?.ETag,
            ["last_modified"] = list.Validator?.LastModified,
            ["tags"] = new JsonArray([.. list.Tags.Select(t => (JsonNode)t)]),
        };
        PrivateFile.EnsureFolder(folder);
        PrivateFile.Replace(FileOf(source), Encoding.UTF8.GetBytes(entry.ToJsonString()), isDurable: false);
    }

    private string FileOf(string source) =>
        Path.Combine(folder, Digest.Of(Encoding.UTF8.GetBytes(source))["sha256:".Length..] + ".json");

    private sealed record Entry(TagList List, DateTimeOffset At);
}
