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
    private readonly string _path;
    private SafeFileHandle _file;

    private Journal(string path, SafeFileHandle file, long length)
    {
        _path = path;
        _file = file;
        Length = length;
    }

    /// <summary>Bytes known to be good; whatever lies behind is cut before the next append.</summary>
    public long Length { get; private set; }

    /// <summary>
    /// Opens or creates the journal and hands every good record to <paramref name="replay"/>, in order. Their JSON is part of
    /// one large buffer.
    /// </summary>
    public static Journal Open(string directory, Action<JournalRecord> replay, ILogger log)
    {
        var path = Path.Combine(directory, FileName);
        File.Delete(ReplacementOf(path));
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        var good = 0;
        while (JournalRecord.TryRead(bytes.AsMemory(good), out var record))
        {
            replay(record);
            good += record.Size;
        }
        var journal = new Journal(path, OpenFile(path), good);
        if (good < bytes.Length)
        {
            // Nothing behind the first bad record was ever acknowledged, unless the disk itself lost data: keep a copy.
            File.WriteAllBytes(path + ".cut", bytes[good..]);
            LogCut(log, bytes.Length - good, path);
            RandomAccess.SetLength(journal._file, good);
            RandomAccess.FlushToDisk(journal._file);
        }
        if (good == 0)
        {
            journal.Append([JournalRecord.Start(0).ToBytes()]);
            FlushDirectory(directory);
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

    /// <summary>Prepares a journal that holds these objects only.</summary>
    public JournalReplacement Replacement(IReadOnlyList<StoredObject> snapshot, long upTo, Action written) =>
        new(ReplacementOf(_path), snapshot, upTo, written);

    /// <summary>Puts a written replacement in this journal's place in one step; on failure the old one stays.</summary>
    /// <exception cref="IOException">The disk is full or failing.</exception>
    public void ReplaceBy(JournalReplacement replacement)
    {
        var (file, length) = replacement.Finish();
        try
        {
            File.Move(ReplacementOf(_path), _path, overwrite: true);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        _file.Dispose();
        _file = file;
        Length = length;
        FlushDirectory(Path.GetDirectoryName(_path)!);
    }

    public void Dispose() => _file.Dispose();

    internal static SafeFileHandle OpenFile(string path)
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

    private static string ReplacementOf(string path) => path + ".new";

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

    [LoggerMessage(
        LogLevel.Warning,
        "The last {Bytes} bytes of {Journal} are no record; they were cut and kept in {Journal}.cut"
    )]
    private static partial void LogCut(ILogger log, int bytes, string journal);
}
