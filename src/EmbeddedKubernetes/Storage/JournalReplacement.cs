using Microsoft.Win32.SafeHandles;

namespace EmbeddedKubernetes.Storage;

/// <summary>
/// A new journal written beside the present one while that goes on: first the objects of one moment, then whatever is
/// committed meanwhile, then <see cref="Journal.ReplaceBy"/> puts it in the old one's place.
/// </summary>
internal sealed class JournalReplacement : IDisposable
{
    private readonly List<byte[]> _since = [];
    private readonly string _path;
    private SafeFileHandle? _file;
    private long _length;

    /// <param name="path">The file to write.</param>
    /// <param name="snapshot">The objects of one moment.</param>
    /// <param name="upTo">The newest version given out until then, on disk or not.</param>
    /// <param name="written">Called when the objects are written, or could not be.</param>
    public JournalReplacement(string path, IReadOnlyList<StoredObject> snapshot, long upTo, Action written)
    {
        _path = path;
        UpTo = upTo;
        Writing = new Task(
            () =>
            {
                try
                {
                    Write(snapshot);
                }
                finally
                {
                    written();
                }
            },
            TaskCreationOptions.LongRunning
        );
    }

    public long UpTo { get; }

    /// <summary>The objects' way to the disk, once it is started.</summary>
    public Task Writing { get; }

    /// <summary>Whether anything was committed to the old journal meanwhile.</summary>
    public bool HasSince => _since.Count > 0;

    /// <summary>Takes note of records that were committed to the old journal.</summary>
    public void Add(IEnumerable<byte[]> records) => _since.AddRange(records);

    /// <summary>Writes what was committed since and hands the file over.</summary>
    /// <exception cref="IOException">The disk is full or failing.</exception>
    public (SafeFileHandle File, long Length) Finish()
    {
        Append(_since);
        var file = _file!;
        _file = null;
        return (file, _length);
    }

    /// <summary>Removes the file, unless it was handed over.</summary>
    public void Dispose()
    {
        if (_file is null)
        {
            return;
        }
        _file.Dispose();
        _file = null;
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Deleted at the next start.
        }
    }

    private void Write(IReadOnlyList<StoredObject> snapshot)
    {
        File.Delete(_path);
        _file = Journal.OpenFile(_path);
        Append(snapshot.Select(o => JournalRecord.Put(o).ToBytes()).Prepend(JournalRecord.Start(UpTo).ToBytes()));
    }

    private void Append(IEnumerable<byte[]> records)
    {
        using var pending = new MemoryStream(1 << 20);
        foreach (var record in records)
        {
            pending.Write(record);
            if (pending.Length > 1 << 20)
            {
                Drain(pending);
            }
        }
        Drain(pending);
    }

    private void Drain(MemoryStream pending)
    {
        RandomAccess.Write(_file!, pending.GetBuffer().AsSpan(0, (int)pending.Length), _length);
        // Piece by piece: a flush of the journal may have to wait for everything that is on its way to the same disk.
        Disk.Flush(_file!);
        _length += pending.Length;
        pending.SetLength(0);
    }
}
