using System.Collections.Concurrent;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Files;
using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Platform.Clusters.Embedded.Registry;

/// <summary>What a small registry holds, in a folder: per repository its blobs, its manifests and its tags.</summary>
/// <param name="folder">The folder; is made with the first artifact.</param>
internal sealed class StoredArtifacts(string folder)
{
    private const string Blobs = "_blobs";
    private const string Manifests = "_manifests";
    private const string Tags = "_tags";

    private readonly ConcurrentDictionary<string, Lock> _gates = new(StringComparer.Ordinal);

    public byte[]? FindBlob(string repository, string digest) => Read(PathOf(repository, Blobs, digest));

    public void PutBlob(string repository, string digest, byte[] content)
    {
        lock (GateOf(repository))
        {
            Write(PathOf(repository, Blobs, digest), content);
        }
    }

    /// <summary>A manifest by its tag or its digest.</summary>
    public (string Digest, byte[] Content)? FindManifest(string repository, string reference)
    {
        string? digest =
            Digest.Is(reference) ? reference
            : Read(PathOf(repository, Tags, reference)) is { } told ? Encoding.UTF8.GetString(told)
            : null;
        return digest is not null && Read(PathOf(repository, Manifests, digest)) is { } content
            ? (digest, content)
            : null;
    }

    public string PutManifest(string repository, string reference, byte[] content)
    {
        string digest = Digest.Of(content);
        lock (GateOf(repository))
        {
            Write(PathOf(repository, Manifests, digest), content);
            if (!Digest.Is(reference))
            {
                Write(PathOf(repository, Tags, reference), Encoding.UTF8.GetBytes(digest));
            }
        }

        return digest;
    }

    public IReadOnlyList<string> TagsOf(string repository) => NamesIn(repository, Tags);

    /// <summary>Deletes a manifest with its tags, and the blobs that no other one has.</summary>
    /// <returns>Whether there was one.</returns>
    public bool DeleteManifest(string repository, string digest)
    {
        lock (GateOf(repository))
        {
            string manifest = PathOf(repository, Manifests, digest);
            if (!File.Exists(manifest))
            {
                return false;
            }

            File.Delete(manifest);
            foreach (string tag in TagsOf(repository))
            {
                if (Encoding.UTF8.GetString(Read(PathOf(repository, Tags, tag)) ?? []) == digest)
                {
                    File.Delete(PathOf(repository, Tags, tag));
                }
            }

            var used = NamesIn(repository, Manifests)
                .Select(name => JsonBody.Parse(Read(PathOf(repository, Manifests, name))))
                .SelectMany(m => m.Items("layers").Append(m.Child("config") ?? []))
                .Select(d => d.Text("digest"))
                .ToHashSet(StringComparer.Ordinal);
            foreach (string blob in NamesIn(repository, Blobs).Where(b => !used.Contains(b)))
            {
                File.Delete(PathOf(repository, Blobs, blob));
            }

            if (NamesIn(repository, Manifests).Count == 0)
            {
                Directory.Delete(Path.Combine(folder, repository), recursive: true);
            }

            return true;
        }
    }

    private Lock GateOf(string repository) => _gates.GetOrAdd(repository, _ => new Lock());

    private IReadOnlyList<string> NamesIn(string repository, string kind)
    {
        string place = Path.Combine(folder, repository, kind);
        return Directory.Exists(place)
            ?
            [
                .. Directory
                    .EnumerateFiles(place)
                    .Select(Path.GetFileName)
                    .OfType<string>()
                    .Order(StringComparer.Ordinal),
            ]
            : [];
    }

    private string PathOf(string repository, string kind, string name) => Path.Combine(folder, repository, kind, name);

    private static byte[]? Read(string path) => File.Exists(path) ? File.ReadAllBytes(path) : null;

    private static void Write(string path, byte[] content)
    {
        PrivateFile.EnsureFolder(Path.GetDirectoryName(path)!);
        PrivateFile.Replace(path, content, isDurable: false);
    }
}
