namespace PlatformLocal.Deployment.Workspaces;

/// <summary>The catalogue file as it was read last: it is large, and is read again only when it looks changed.</summary>
public sealed class CatalogueCache
{
    private readonly Lock _lock = new();
    private (string File, DateTime Modified, long Length) _known;
    private IReadOnlyDictionary<string, CatalogueEntry>? _entries;

    /// <summary>The entries of a catalogue file.</summary>
    internal IReadOnlyDictionary<string, CatalogueEntry> Get(
        string file,
        Func<string, IReadOnlyDictionary<string, CatalogueEntry>> read
    )
    {
        // Looked at before it is read: a change in between is seen the next time.
        var info = new FileInfo(file);
        var now = (file, info.LastWriteTimeUtc, info.Length);
        lock (_lock)
        {
            if (_entries is not null && _known == now)
            {
                return _entries;
            }
        }

        var entries = read(file);
        lock (_lock)
        {
            (_known, _entries) = (now, entries);
        }

        return entries;
    }
}
