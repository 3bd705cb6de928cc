using Microsoft.Extensions.Logging;

namespace EmbeddedKubernetes.Storage;

/// <summary>
/// Group commit: one thread takes everything that waits, writes and flushes it at once, then tells all who waited.
/// </summary>
internal sealed partial class JournalWriter : IDisposable
{
    private readonly Journal _journal;
    private readonly Lock _gate;
    private readonly Action<List<StoreEvent>> _published;
    private readonly Action<List<StoreEvent>> _undo;
    private readonly Func<List<StoredObject>> _snapshot;
    private readonly ILogger _log;
    private readonly long _compactAfter;
    private readonly SemaphoreSlim _signal = new(0);
    private readonly Thread _thread;
    private List<StoreEvent> _waiting = [];
    private TaskCompletionSource _next = NewBatch();
    private TaskCompletionSource _current = NewBatch();
    private long _currentUpTo;
    private long _durable;
    private readonly List<(long From, long To, StorageException Error)> _refused = [];
    private bool _stopping;

    public JournalWriter(
        Journal journal,
        long durable,
        Lock gate,
        Action<List<StoreEvent>> published,
        Action<List<StoreEvent>> undo,
        Func<List<StoredObject>> snapshot,
        ILogger log,
        long compactAfter
    )
    {
        _journal = journal;
        _durable = durable;
        _gate = gate;
        _published = published;
        _undo = undo;
        _snapshot = snapshot;
        _log = log;
        _compactAfter = compactAfter;
        _thread = new Thread(Run) { IsBackground = true, Name = "embedded-kubernetes-journal" };
        _thread.Start();
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

    /// <summary>For tests: the disk behaves as if it were full.</summary>
    public bool RefuseWrites { get; set; }

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
        while (true)
        {
            _signal.Wait();
            List<StoreEvent> batch;
            List<StoredObject>? snapshot = null;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    if (_stopping)
                    {
                        return;
                    }
                    continue;
                }
                batch = _waiting;
                _waiting = [];
                _current = _next;
                _next = NewBatch();
                _currentUpTo = batch[^1].ResourceVersion;
                if (_journal.Length - _journal.BaseLength > Math.Max(_compactAfter, _journal.BaseLength))
                {
                    snapshot = _snapshot();
                }
            }
            Commit(batch, snapshot);
        }
    }

    private void Commit(List<StoreEvent> batch, List<StoredObject>? snapshot)
    {
        try
        {
            if (RefuseWrites)
            {
                throw new IOException("No space left on device");
            }
            if (snapshot is null || !TryCompact(snapshot, batch[^1].ResourceVersion))
            {
                _journal.Append([.. batch.Select(ToRecord)]);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(batch, e);
            return;
        }
        TaskCompletionSource done;
        lock (_gate)
        {
            _durable = _currentUpTo;
            _published(batch);
            done = _current;
        }
        done.TrySetResult();
    }

    /// <summary>The snapshot already contains the batch, so a successful compaction commits it too.</summary>
    private bool TryCompact(List<StoredObject> snapshot, long upTo)
    {
        try
        {
            _journal.Replace(Records());
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The old journal is whole; a later batch tries again.
            LogNotCompacted(e);
            return false;
        }

        IEnumerable<byte[]> Records()
        {
            yield return new JournalRecord(JournalRecord.Kind.Start, upTo, default, []).ToBytes();
            foreach (var o in snapshot)
            {
                yield return new JournalRecord(JournalRecord.Kind.Put, o.ResourceVersion, o.Key, o.Json).ToBytes();
            }
        }
    }

    private void Fail(List<StoreEvent> batch, Exception cause)
    {
        TaskCompletionSource current;
        TaskCompletionSource next;
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
            // Whoever asks after the fact must hear it too; a client does so within moments, so a few are enough.
            _refused.Add((batch[0].ResourceVersion, batch[^1].ResourceVersion, error));
            if (_refused.Count > 1000)
            {
                _refused.RemoveAt(0);
            }
        }
        current.TrySetException(error);
        next.TrySetException(error);
    }

    private static byte[] ToRecord(StoreEvent change) =>
        change.Type == ChangeType.Deleted
            ? new JournalRecord(JournalRecord.Kind.Delete, change.ResourceVersion, change.Object.Key, []).ToBytes()
            : new JournalRecord(
                JournalRecord.Kind.Put,
                change.ResourceVersion,
                change.Object.Key,
                change.Object.Json
            ).ToBytes();

    [LoggerMessage(LogLevel.Error, "The disk refused {Count} writes; they were taken back")]
    private partial void LogRefused(Exception cause, int count);

    [LoggerMessage(LogLevel.Warning, "The journal could not be compacted; it goes on growing until that succeeds")]
    private partial void LogNotCompacted(Exception cause);
}
