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

    /// <summary>A flush failed: what of the file is on disk nobody knows, and it takes no more until it is written anew.</summary>
    public bool IsUncertain { get; private set; }

    /// <summary>For tests: the disk fails to write what the system holds.</summary>
    public bool FlushFails { get; set; }

    /// <summary>
    /// Opens or creates the journal and hands every good record to <paramref name="replay"/>, in order. Their JSON is part of
    /// one large buffer. What is no record is left out, kept and told.
    /// </summary>
    public static Journal Open(string directory, Action<JournalRecord> replay, ILogger log)
    {
        var path = Path.Combine(directory, FileName);
        File.Delete(ReplacementOf(path));
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        var gaps = JournalScan.Read(bytes, replay);
        foreach (var gap in gaps)
        {
            Tell(log, path, gap, Keep(path, gap.Bytes.Span));
        }
        if (gaps.Exists(g => !g.IsLast))
        {
            bytes = LeaveOut(path, bytes, gaps);
            gaps = [];
        }
        var good = gaps is [var tail] ? tail.Offset : bytes.Length;
        var journal = new Journal(path, OpenFile(path), good);
        if (good < bytes.Length)
        {
            RandomAccess.SetLength(journal._file, good);
            Disk.Flush(journal._file);
        }
        if (good == 0)
        {
            journal.Append([JournalRecord.Start(0).ToBytes()]);
            Disk.FlushDirectory(directory);
        }
        return journal;
    }

    /// <summary>Writes the records and returns when they are on disk; on failure the file is as before.</summary>
    /// <exception cref="IOException">The disk is full or failing, or failed before.</exception>
    public void Append(IReadOnlyList<byte[]> records)
    {
        if (IsUncertain)
        {
            throw new IOException("The disk failed before, and the journal could not be written anew since.");
        }
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
            Flush();
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
        // Until the folder is on disk a crash may bring the old journal back, without what is appended to this one.
        IsUncertain = true;
        Disk.FlushDirectory(Path.GetDirectoryName(_path)!);
        IsUncertain = false;
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

    // A system that could not write what it held forgets that it did not: the next flush succeeds, and the data is lost.
    private void Flush()
    {
        IsUncertain = true;
        if (FlushFails)
        {
            throw new IOException("Input/output error");
        }
        Disk.Flush(_file);
        IsUncertain = false;
    }

    /// <summary>Keeps what is cut off or left out, beside the journal and what was cut before.</summary>
    private static string Keep(string path, ReadOnlySpan<byte> bytes)
    {
        for (var number = 1; ; number++)
        {
            var cut = string.Create(CultureInfo.InvariantCulture, $"{path}.cut-{number}");
            if (File.Exists(cut))
            {
                continue;
            }
            using var file = OpenFile(cut);
            RandomAccess.Write(file, bytes, 0);
            Disk.Flush(file);
            return cut;
        }
    }

    /// <summary>Writes a journal of the good parts in the place of the damaged one.</summary>
    private static byte[] LeaveOut(string path, byte[] bytes, List<JournalGap> gaps)
    {
        var good = new MemoryStream(bytes.Length);
        var at = 0;
        foreach (var gap in gaps)
        {
            good.Write(bytes, at, gap.Offset - at);
            at = gap.Offset + gap.Bytes.Length;
        }
        good.Write(bytes, at, bytes.Length - at);
        using (var file = OpenFile(ReplacementOf(path)))
        {
            RandomAccess.Write(file, good.GetBuffer().AsSpan(0, (int)good.Length), 0);
            Disk.Flush(file);
        }
        File.Move(ReplacementOf(path), path, overwrite: true);
        Disk.FlushDirectory(Path.GetDirectoryName(path)!);
        return good.ToArray();
    }

    private static void Tell(ILogger log, string path, JournalGap gap, string cut)
    {
        if (gap.IsTorn)
        {
            LogTorn(log, gap.Bytes.Length, path, cut);
        }
        else
        {
            LogDamage(
                log,
                path,
                gap.Bytes.Length,
                gap.Offset,
                gap.IsLast ? "nothing comes after them" : "what comes after them was read",
                cut
            );
        }
    }

    [LoggerMessage(
        LogLevel.Information,
        "The last {Bytes} bytes of {Journal} are a write that was broken off, which nobody was told to be done; kept in {Cut}"
    )]
    private static partial void LogTorn(ILogger log, int bytes, string journal, string cut);

    [LoggerMessage(
        LogLevel.Critical,
        "{Journal} is damaged: the {Bytes} bytes at {Offset} were written and are no record any more; {Rest}. They were left "
            + "out, so an object may be missing, older than it was, or back after it was removed. They are kept in {Cut}. "
            + "Check the disk, and apply again what should be there"
    )]
    private static partial void LogDamage(ILogger log, string journal, int bytes, int offset, string rest, string cut);
}
