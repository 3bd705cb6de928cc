using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedKubernetes.Storage;

/// <summary>
/// The append-only file behind the store. A compaction writes the whole state as a new journal beside it and renames it
/// over the old one, so there is one format and one file.
/// </summary>
internal sealed partial class Journal : IDisposable
{
    private const string FileName = "store.journal";
    private readonly string _directory;
    private SafeFileHandle _file;

    private Journal(string directory, SafeFileHandle file, long length)
    {
        _directory = directory;
        _file = file;
        Length = length;
        BaseLength = length;
    }

    /// <summary>Bytes known to be good; whatever lies behind is cut before the next append.</summary>
    public long Length { get; private set; }

    /// <summary>The length right after opening or the last compaction.</summary>
    public long BaseLength { get; private set; }

    /// <summary>Opens or creates the journal and hands every good record to <paramref name="replay"/>, in order.</summary>
    public static Journal Open(string directory, Action<JournalRecord> replay, ILogger log)
    {
        var path = Path.Combine(directory, FileName);
        File.Delete(path + ".new");
        if (!File.Exists(path))
        {
            var created = new Journal(directory, OpenFile(path), 0);
            created.Append([new JournalRecord(JournalRecord.Kind.Start, 0, default, []).ToBytes()]);
            FlushDirectory(directory);
            return created;
        }
        var bytes = File.ReadAllBytes(path);
        var good = 0;
        while (JournalRecord.TryRead(bytes.AsSpan(good), out var record, out var size))
        {
            replay(record);
            good += size;
        }
        var file = OpenFile(path);
        if (good < bytes.Length)
        {
            // Nothing behind the first bad record was ever acknowledged, unless the disk itself lost data: keep a copy.
            File.WriteAllBytes(path + ".cut", bytes[good..]);
            LogCut(log, bytes.Length - good, path);
            RandomAccess.SetLength(file, good);
            RandomAccess.FlushToDisk(file);
        }
        var journal = new Journal(directory, file, good);
        if (good == 0)
        {
            journal.Append([new JournalRecord(JournalRecord.Kind.Start, 0, default, []).ToBytes()]);
        }
        return journal;
    }

    /// <summary>Writes the records and returns when they are on disk; on failure the file is as before.</summary>
    /// <exception cref="IOException">The disk is full or failing.</exception>
    public void Append(IReadOnlyList<byte[]> records)
    {
        var at = Length;
        try
        {
            var buffers = new ReadOnlyMemory<byte>[records.Count];
            var total = 0L;
            for (var i = 0; i < records.Count; i++)
            {
                buffers[i] = records[i];
                total += records[i].Length;
            }
            RandomAccess.Write(_file, buffers, at);
            RandomAccess.FlushToDisk(_file);
            Length = at + total;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Cut(at);
            throw;
        }
    }

    /// <summary>Replaces the journal by <paramref name="records"/> in one step; on failure the old one stays.</summary>
    public void Replace(IEnumerable<byte[]> records)
    {
        var path = Path.Combine(_directory, FileName);
        var fresh = path + ".new";
        SafeFileHandle? file = null;
        try
        {
            file = OpenFile(fresh);
            RandomAccess.SetLength(file, 0);
            var at = 0L;
            var pending = new MemoryStream();
            foreach (var record in records)
            {
                pending.Write(record);
                if (pending.Length > 1 << 20)
                {
                    at = Drain(file, pending, at);
                }
            }
            at = Drain(file, pending, at);
            RandomAccess.FlushToDisk(file);
            File.Move(fresh, path, overwrite: true);
            FlushDirectory(_directory);
            _file.Dispose();
            _file = file;
            Length = at;
            BaseLength = at;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            TryDelete(fresh);
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private static long Drain(SafeFileHandle file, MemoryStream pending, long at)
    {
        RandomAccess.Write(file, pending.GetBuffer().AsSpan(0, (int)pending.Length), at);
        at += pending.Length;
        pending.SetLength(0);
        return at;
    }

    private void Cut(long length)
    {
        try
        {
            RandomAccess.SetLength(_file, length);
        }
        catch (IOException)
        {
            // The next append writes over it, and a reader stops at the first bad record.
        }
    }

    private static SafeFileHandle OpenFile(string path)
    {
        var file = File.OpenHandle(
            path,
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.Read | FileShare.Delete
        );
        PrivateFile.Restrict(path);
        return file;
    }

    private static void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        // A directory opens for reading like a file here; flushing it makes the rename itself durable.
        try
        {
            using var handle = File.OpenHandle(directory, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not every file system lets a directory be opened; the rename is then as durable as it makes it.
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (IOException)
        {
            // Deleted at the next start.
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The last {Bytes} bytes of {Journal} are no record; they were cut and kept in {Journal}.cut"
    )]
    private static partial void LogCut(ILogger log, int bytes, string journal);
}
