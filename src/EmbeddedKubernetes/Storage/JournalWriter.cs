using Microsoft.Extensions.Logging;

namespace EmbeddedKubernetes.Storage;

/// <summary>
/// Group commit: one thread takes everything that waits, writes and flushes it at once, then tells all who waited. Between
/// two commits it also begins and ends compactions, which are written beside the journal by another thread.
/// </summary>
internal sealed partial class JournalWriter : IDisposable
{
    private readonly Journal _journal;
    private readonly Lock _gate;
    private readonly ObjectIndex _index;
    private readonly Action<List<StoreEvent>> _published;
    private readonly Action<List<StoreEvent>> _undo;
    private readonly ILogger _log;
    private readonly long _compactAfter;
    private readonly SemaphoreSlim _signal = new(0);
    private readonly Thread _thread;
    private readonly List<(long From, long To, StorageException Error)> _refused = [];
    private List<StoreEvent> _waiting = [];
    private TaskCompletionSource _next = NewBatch();
    private TaskCompletionSource _current = NewBatch();
    private long _currentUpTo;
    private long _durable;
    private JournalReplacement? _replacement;
    private long _notCompactedBefore;
    private bool _stopping;

    public JournalWriter(
        Journal journal,
        long durable,
        Lock gate,
        ObjectIndex index,
        Action<List<StoreEvent>> published,
        Action<List<StoreEvent>> undo,
        ILogger log,
        long compactAfter
    )
    {
        _journal = journal;
        _durable = durable;
        _gate = gate;
        _index = index;
        _published = published;
        _undo = undo;
        _log = log;
        _compactAfter = compactAfter;
        _thread = new Thread(Run) { IsBackground = true, Name = "embedded-kubernetes-journal" };
        _thread.Start();
    }

    /// <summary>For tests: the disk behaves as if it were full.</summary>
    public bool RefuseWrites { get; set; }

    /// <summary>For tests: the disk fails to write what the system holds.</summary>
    public bool FlushFails
    {
        set => _journal.FlushFails = value;
    }

    /// <summary>Called under the gate.</summary>
    public void Enqueue(StoreEvent change)
    {
        ObjectDisposedException.ThrowIf(_stopping, this);
        _waiting.Add(change);
        if (_waiting.Count == 1)
        {
            _signal.Release();
        }
    }

    /// <summary>Completes when this very write is on disk; fails when it was taken back.</summary>
    public Task DurableAsync(long resourceVersion)
    {
        lock (_gate)
        {
            foreach (var (from, to, error) in _refused)
            {
                if (resourceVersion >= from && resourceVersion <= to)
                {
                    return Task.FromException(error);
                }
            }
            return SettledAsync(resourceVersion);
        }
    }

    /// <summary>Completes when nothing up to this version is still on its way to the disk.</summary>
    public Task SettledAsync(long resourceVersion)
    {
        lock (_gate)
        {
            return resourceVersion <= _durable ? Task.CompletedTask
                : resourceVersion <= _currentUpTo ? _current.Task
                : _waiting.Count == 0 ? Task.CompletedTask
                : _next.Task;
        }
    }

    /// <summary>Writes what waits, and leaves a journal of little more than the objects it holds.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }
            _stopping = true;
        }
        _signal.Release();
        _thread.Join();
        _journal.Dispose();
        _signal.Dispose();
    }

    private static TaskCompletionSource NewBatch()
    {
        var batch = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Nobody may be waiting when a batch fails; that is not an unobserved fault.
        _ = batch.Task.ContinueWith(
            static t => t.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        return batch;
    }

    private void Run()
    {
        var stopping = false;
        while (!stopping)
        {
            _signal.Wait();
            List<StoreEvent> batch;
            lock (_gate)
            {
                stopping = _stopping;
                batch = _waiting;
                if (batch.Count > 0)
                {
                    _waiting = [];
                    _current = _next;
                    _next = NewBatch();
                    _currentUpTo = batch[^1].ResourceVersion;
                }
            }
            if (batch.Count > 0)
            {
                Commit(batch);
            }
            Compact(stopping);
        }
    }

    private void Commit(List<StoreEvent> batch)
    {
        var records = batch.ConvertAll(change => JournalRecord.Of(change).ToBytes());
        try
        {
            if (RefuseWrites)
            {
                throw new IOException("No space left on device");
            }
            _journal.Append(records);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(batch, e);
            return;
        }
        _replacement?.Add(records);
        TaskCompletionSource done;
        lock (_gate)
        {
            _durable = _currentUpTo;
            _published(batch);
            done = _current;
        }
        done.TrySetResult();
    }

    /// <summary>
    /// Begins a compaction when more of the journal is dead than alive, and ends it when it is written; at the end of all a
    /// smaller share is enough, because it makes the next start faster.
    /// </summary>
    private void Compact(bool last)
    {
        if (_replacement is null && IsCompactionDue(last))
        {
            lock (_gate)
            {
                // Holds what is not yet on disk, too: the replacement only counts once all of that is.
                var upTo = _waiting.Count > 0 ? _waiting[^1].ResourceVersion : Math.Max(_durable, _currentUpTo);
                _replacement = _journal.Replacement(_index.All(), upTo, () => _signal.Release());
            }
            _replacement.Writing.Start(TaskScheduler.Default);
        }
        if (_replacement is not { } replacement)
        {
            return;
        }
        if (last)
        {
            Task.WaitAny(replacement.Writing);
        }
        if (!replacement.Writing.IsCompleted || _durable < replacement.UpTo)
        {
            return;
        }
        _replacement = null;
        try
        {
            replacement.Writing.GetAwaiter().GetResult();
            _journal.ReplaceBy(replacement);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The old journal is whole. Trying again at once would only make a full disk busier.
            _notCompactedBefore = _journal.Length + _compactAfter;
            LogNotCompacted(e);
            return;
        }
        finally
        {
            replacement.Dispose();
        }
        if (last && replacement.HasSince)
        {
            // What was committed while it was written may be dead again; otherwise it cannot get smaller.
            Compact(last);
        }
    }

    private bool IsCompactionDue(bool last)
    {
        lock (_gate)
        {
            var dead = _journal.Length - _index.Bytes;
            return last
                ? dead > _index.Bytes / 2
                : dead > Math.Max(_compactAfter, _index.Bytes) && _journal.Length >= _notCompactedBefore;
        }
    }

    private void Fail(List<StoreEvent> batch, Exception cause)
    {
        TaskCompletionSource current;
        TaskCompletionSource next;
        List<StoredObject> left;
        var error = new StorageException("The write was refused by the disk and taken back: " + cause.Message, cause);
        LogRefused(cause, batch.Count);
        lock (_gate)
        {
            // Writes made meanwhile may build on the refused ones.
            batch.AddRange(_waiting);
            _waiting = [];
            current = _current;
            next = _next;
            _next = NewBatch();
            _currentUpTo = _durable;
            _undo(batch);
            left = _journal.IsUncertain ? _index.All() : [];
            // Whoever asks after the fact must hear it too; a client does so within moments, so a few are enough.
            _refused.Add((batch[0].ResourceVersion, batch[^1].ResourceVersion, error));
            if (_refused.Count > 1000)
            {
                _refused.RemoveAt(0);
            }
        }
        GiveReplacementUp();
        if (_journal.IsUncertain)
        {
            Renew(left, batch[^1].ResourceVersion);
        }
        current.TrySetException(error);
        next.TrySetException(error);
    }

    /// <summary>
    /// Writes a journal of exactly what is acknowledged, in the place of one that the disk may have lost a part of. Until
    /// that succeeds every write is refused, and tries it again.
    /// </summary>
    private void Renew(List<StoredObject> acknowledged, long upTo)
    {
        using var replacement = _journal.Replacement(acknowledged, upTo, static () => { });
        try
        {
            replacement.Writing.RunSynchronously(TaskScheduler.Default);
            replacement.Writing.GetAwaiter().GetResult();
            _journal.ReplaceBy(replacement);
            LogRenewed();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotRenewed(e);
        }
    }

    // It may hold what was just taken back.
    private void GiveReplacementUp()
    {
        if (_replacement is { } replacement)
        {
            Task.WaitAny(replacement.Writing);
            replacement.Dispose();
            _replacement = null;
        }
    }

    [LoggerMessage(LogLevel.Error, "The disk refused {Count} writes; they were taken back")]
    private partial void LogRefused(Exception cause, int count);

    [LoggerMessage(LogLevel.Warning, "The journal was written anew after the disk had failed")]
    private partial void LogRenewed();

    [LoggerMessage(
        LogLevel.Critical,
        "The journal could not be written anew after the disk had failed: writes are refused until it can. Check the disk"
    )]
    private partial void LogNotRenewed(Exception cause);

    [LoggerMessage(LogLevel.Warning, "The journal could not be compacted; it goes on growing until that succeeds")]
    private partial void LogNotCompacted(Exception cause);
}
