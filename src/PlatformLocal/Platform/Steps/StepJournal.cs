using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes.Files;

namespace PlatformLocal.Platform.Steps;

/// <summary>How far a step came, as the journal knows it.</summary>
public enum StepMark
{
    /// <summary>It began; whether it ended is not known.</summary>
    Started,

    /// <summary>It is done.</summary>
    Done,

    /// <summary>Its outcome was taken back.</summary>
    Undone,
}

/// <summary>One line of a journal.</summary>
/// <param name="Step">The step's name.</param>
/// <param name="Mark">How far it came.</param>
/// <param name="Input">The digest of its input.</param>
/// <param name="Time">When.</param>
/// <param name="ProcessId">The process that wrote the line.</param>
public sealed record StepJournalEntry(string Step, StepMark Mark, string Input, DateTimeOffset Time, int ProcessId);

/// <summary>
/// Remembers in a file which steps are done, so that a run that was killed can go on. Lines are only ever added; each is
/// on the disk before the work goes on, and a line that was cut off in the middle counts for nothing. An open journal is
/// locked: one run at a time.
/// </summary>
public sealed class StepJournal : IDisposable
{
    private readonly FileStream _file;
    private readonly FileStream _held;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StepJournalEntry> _last = new(StringComparer.Ordinal);

    private StepJournal(FileStream file, FileStream held, TimeProvider time)
    {
        _file = file;
        _held = held;
        _time = time;
    }

    /// <summary>Opens a journal, or begins one.</summary>
    /// <param name="path">The file; its folder is made when it is missing.</param>
    /// <param name="time">The clock of its lines.</param>
    /// <exception cref="PlatformException">Another run has it open, or it cannot be written.</exception>
    public static StepJournal Open(string path, TimeProvider time)
    {
        FileStream? held = null;
        StepJournal journal;
        try
        {
            PrivateFile.EnsureFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            // A file of its own: .NET lets nobody even read a file that is locked.
            held = OpenFile(path + ".lock", FileShare.None);
            journal = new StepJournal(OpenFile(path, FileShare.Read), held, time);
        }
        catch (Exception e) when (e is UnauthorizedAccessException || (e is IOException && held is not null))
        {
            held?.Dispose();
            throw new PlatformException($"The journal {path} cannot be written: {e.Message}", inner: e);
        }
        catch (IOException e)
        {
            int? holder = Read(path) is [.., var last] ? last.ProcessId : null;
            throw new PlatformException(
                $"Another run is at work on this{(holder is { } id ? $": process {id}" : "")} (it holds {path}).",
                "Wait until it is done, or end it.",
                e
            )
            {
                Kind = FailureKind.Conflict,
            };
        }

        try
        {
            journal.Load();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>All whole lines of a journal, also of one that is open.</summary>
    /// <param name="path">The file; without it there are none.</param>
    public static IReadOnlyList<StepJournalEntry> Read(string path)
    {
        try
        {
            using var file = new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            return Parse(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>How far a step came last, or <see langword="null"/>.</summary>
    /// <param name="step">The step's name.</param>
    public StepJournalEntry? Find(string step)
    {
        lock (_lock)
        {
            return _last.GetValueOrDefault(step);
        }
    }

    /// <summary>Whether the journal says that a step is done with the same input.</summary>
    /// <param name="step">The step.</param>
    public bool IsDone(Step step) =>
        Find(step.Name) is { Mark: StepMark.Done } entry && entry.Input == step.InputDigest;

    /// <summary>Adds a line; it is on the disk when this returns.</summary>
    /// <param name="step">The step.</param>
    /// <param name="mark">How far it came.</param>
    /// <exception cref="PlatformException">The line cannot be written.</exception>
    public void Write(Step step, StepMark mark)
    {
        var entry = new StepJournalEntry(step.Name, mark, step.InputDigest, _time.GetUtcNow(), Environment.ProcessId);
        byte[] line =
        [
            .. JsonSerializer.SerializeToUtf8Bytes(entry, StepJournalJson.Default.StepJournalEntry),
            (byte)'\n',
        ];
        lock (_lock)
        {
            long end = _file.Position;
            try
            {
                _file.Write(line);
                _file.Flush(flushToDisk: true);
            }
            catch (IOException e)
            {
                _file.SetLength(end);
                throw new PlatformException(
                    $"The journal {_file.Name} cannot be written: {e.Message}",
                    "Free some space, then run the command again: it goes on where it stopped.",
                    e
                );
            }

            _last[step.Name] = entry;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _held.Dispose();
    }

    private static FileStream OpenFile(string path, FileShare share)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = share,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = PrivateFile.OwnerOnly;
        }

        return new FileStream(path, options);
    }

    private void Load()
    {
        foreach (var entry in Parse(_file))
        {
            _last[entry.Step] = entry;
        }

        // Whatever was cut off stays behind its own line end, so that it cannot spoil the next line.
        long length = _file.Seek(0, SeekOrigin.End);
        if (length > 0)
        {
            _file.Seek(-1, SeekOrigin.End);
            if (_file.ReadByte() != '\n')
            {
                _file.WriteByte((byte)'\n');
            }
        }
    }

    private static List<StepJournalEntry> Parse(Stream file)
    {
        using var reader = new StreamReader(file, Encoding.UTF8, leaveOpen: true);
        string text = reader.ReadToEnd();
        var entries = new List<StepJournalEntry>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                if (
                    JsonSerializer.Deserialize(line, StepJournalJson.Default.StepJournalEntry) is
                    { Step: not null, Input: not null } entry
                )
                {
                    entries.Add(entry);
                }
            }
            catch (JsonException)
            {
                // Cut off by a kill or a full disk: the step is run again, which is what it is made for.
            }
        }

        return entries;
    }
}

/// <summary>How a journal's lines are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(StepJournalEntry))]
internal sealed partial class StepJournalJson : JsonSerializerContext;
