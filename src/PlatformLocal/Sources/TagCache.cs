using System.Text.Json;
using System.Text.Json.Nodes;
using PlatformLocal.Files;
using PlatformLocal.Registries;

namespace PlatformLocal.Sources;

/// <summary>Tags as they were fetched, in a folder: asked for again when they are old, used when nobody answers.</summary>
/// <param name="folder">The folder; is made with the first entry.</param>
/// <param name="time">Tells how old an entry is.</param>
internal sealed class TagCache(string folder, TimeProvider time)
{
    /// <summary>How long fetched tags are as good as fetched anew.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(30);

    /// <summary>The tags of a source.</summary>
    /// <param name="source">What they are the tags of; the key.</param>
    /// <param name="fetch">Fetches them.</param>
    /// <param name="offline">Use what is there, however old, and fetch nothing.</param>
    /// <param name="cancellationToken">Stops fetching.</param>
    /// <returns>The tags, and when they are old a sentence that says so.</returns>
    /// <exception cref="PlatformException">They cannot be fetched and never were.</exception>
    public async Task<(IReadOnlyList<string> Tags, string? Warning)> GetAsync(
        string source,
        Func<CancellationToken, Task<IReadOnlyList<string>>> fetch,
        bool offline,
        CancellationToken cancellationToken
    )
    {
        var known = Read(source);
        if (known is { } entry && (offline || time.GetUtcNow() - entry.At < Freshness))
        {
            return (entry.Tags, null);
        }

        if (offline)
        {
            throw new PlatformException(
                $"The versions of {source} were never fetched, and nothing is fetched with --offline.",
                "Run it once without --offline, or name the versions in the catalogue file."
            )
            {
                Kind = FailureKind.NotFound,
            };
        }

        try
        {
            var tags = await fetch(cancellationToken);
            Write(source, tags, time.GetUtcNow());
            return (tags, null);
        }
        catch (PlatformException e)
            when (known is not null && e.Kind is FailureKind.Failed or FailureKind.NotReadyInTime)
        {
            var (tags, at) = known.Value;
            return (tags, $"{e.Message} The versions of {source} are those of {at:u}.");
        }
    }

    /// <summary>Has the tags of a source fetched again at the next asking; what is known stays for when nobody answers.</summary>
    /// <param name="source">What they are the tags of.</param>
    public void Expire(string source)
    {
        if (Read(source) is { } known)
        {
            Write(source, known.Tags, DateTimeOffset.UnixEpoch);
        }
    }

    private (IReadOnlyList<string> Tags, DateTimeOffset At)? Read(string source)
    {
        var file = FileOf(source);
        try
        {
            if (File.Exists(file) && JsonNode.Parse(File.ReadAllText(file)) is JsonObject entry)
            {
                return ([.. entry["tags"]!.AsArray().Select(t => (string)t!)], (DateTimeOffset)entry["at"]!);
            }
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or FormatException or NullReferenceException)
        {
            File.Delete(file); // half a file of another time is worth nothing
        }

        return null;
    }

    private void Write(string source, IReadOnlyList<string> tags, DateTimeOffset at)
    {
        var entry = new JsonObject
        {
            ["source"] = source,
            ["at"] = at,
            ["tags"] = new JsonArray([.. tags.Select(t => (JsonNode)t)]),
        };
        PrivateFile.EnsureFolder(folder);
        PrivateFile.Replace(FileOf(source), System.Text.Encoding.UTF8.GetBytes(entry.ToJsonString()));
    }

    private string FileOf(string source) =>
        Path.Combine(folder, Digest.Of(System.Text.Encoding.UTF8.GetBytes(source))["sha256:".Length..] + ".json");
}
