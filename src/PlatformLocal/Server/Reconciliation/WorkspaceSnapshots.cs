namespace PlatformLocal.Server.Reconciliation;

/// <summary>A workspace as it was at one time.</summary>
internal sealed record WorkspaceSnapshot(Workspace Workspace, string Digest);

/// <summary>The workspace as it is now: people edit it while the platform runs. It is parsed again only when a file changed.</summary>
internal sealed class WorkspaceSnapshots(WorkspaceSource source, TimeProvider time)
{
    // A file that is written twice within the resolution of its time stamp looks the same: what is young is read again.
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2);

    private readonly CatalogueCache _catalogue = new();
    private readonly Lock _lock = new();
    private Dictionary<string, (DateTime Modified, long Length, string Digest)> _files = new(StringComparer.Ordinal);
    private WorkspaceSnapshot? _known;

    /// <summary>What the files of the workspace are known by now.</summary>
    /// <exception cref="PlatformException">There is none.</exception>
    public string Digest => source.Digest ?? DigestOf(source.Folder);

    /// <summary>The same, and empty when there is no workspace.</summary>
    public string DigestOrNone
    {
        get
        {
            try
            {
                return Digest;
            }
            catch (PlatformException)
            {
                return ""; // nobody uploaded one yet
            }
        }
    }

    /// <summary>Reads the workspace.</summary>
    /// <exception cref="PlatformException">It is not valid.</exception>
    public WorkspaceSnapshot Read()
    {
        var (folder, digest) = (source.Folder, Digest);
        if (_known is { } known && known.Digest == digest && known.Workspace.Folder == Path.GetFullPath(folder))
        {
            return known;
        }

        return _known = new WorkspaceSnapshot(WorkspaceReader.Read(folder, _catalogue), digest);
    }

    private string DigestOf(string folder)
    {
        lock (_lock)
        {
            var files = new Dictionary<string, (DateTime Modified, long Length, string Digest)>(StringComparer.Ordinal);
            using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var file in FilesIn(folder).OrderBy(f => f.FullName, StringComparer.Ordinal))
            {
                try
                {
                    files[file.FullName] = Look(file);
                }
                catch (IOException)
                {
                    files[file.FullName] = (default, 0, "gone"); // while it was looked at: the next look tells
                }

                all.AppendData(Encoding.UTF8.GetBytes($"{file.FullName}\n{files[file.FullName].Digest}\n"));
            }

            _files = files;
            return Convert.ToHexStringLower(all.GetHashAndReset());
        }
    }

    private (DateTime Modified, long Length, string Digest) Look(FileInfo file)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var (modified, length) = (file.LastWriteTimeUtc, file.Length);
        return _files.TryGetValue(file.FullName, out var known) && known.Modified == modified && known.Length == length
            ? known
            : (
                now - modified > s_settled ? modified : default,
                length,
                Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file.FullName)))
            );
    }

    // Hidden folders are those of version control and editors.
    private static IEnumerable<FileInfo> FilesIn(string folder) =>
        Directory.Exists(folder)
            ? new DirectoryInfo(folder).EnumerateFiles(
                "*",
                new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden }
            )
            : [];
}
