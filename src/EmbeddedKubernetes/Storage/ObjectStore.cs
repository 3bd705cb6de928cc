using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EmbeddedKubernetes.Storage;

/// <summary>
/// All objects, in memory, with their history. Writers see each other's work at once; the outside sees a write only after
/// the journal has it on disk (<see cref="DurableAsync"/>), and a write the disk refuses never happened.
/// </summary>
internal sealed class ObjectStore : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ObjectIndex _index = new();
    private readonly EventHistory _history;
    private readonly JournalWriter? _writer;
    private const long Unwritten = 1;
    private long _head = Unwritten;

    private ObjectStore(string? directory, ILogger log, int historyLength, long compactAfter)
    {
        if (directory is null)
        {
            _history = new(historyLength, _head);
            return;
        }
        var journal = Load(directory, log);
        _history = new(historyLength, _head);
        _writer = new JournalWriter(journal, _head, _gate, _index, Published, UndoPending, log, compactAfter);
    }

    /// <summary>Called after writes were taken back because the disk refused them.</summary>
    public Action? RolledBack { get; set; }

    /// <summary>The version of the newest write.</summary>
    public long ResourceVersion
    {
        get
        {
            lock (_gate)
            {
                return _head;
            }
        }
    }

    /// <summary>Whether nothing was ever written to it.</summary>
    public bool IsNew => ResourceVersion == Unwritten;

    /// <param name="directory">Where the journal lives; null keeps everything in memory.</param>
    /// <param name="log">Hears of writes and compactions the disk refused; null is deaf.</param>
    /// <param name="historyLength">How many events a watch may look back.</param>
    /// <param name="compactAfter">Bytes the journal may grow before it is rewritten.</param>
    public static ObjectStore Open(
        string? directory,
        ILogger? log = null,
        int historyLength = 10_000,
        long compactAfter = 4 << 20
    ) => new(directory, log ?? NullLogger.Instance, historyLength, compactAfter);

    public StoredObject? Get(ObjectKey key)
    {
        lock (_gate)
        {
            return _index.Get(key);
        }
    }

    public bool TryGetByUid(string uid, [NotNullWhen(true)] out StoredObject? found)
    {
        lock (_gate)
        {
            found = _index.ByUid(uid);
            return found is not null;
        }
    }

    /// <summary>Objects of one resource, of one namespace unless <paramref name="ns"/> is empty, by namespace and name.</summary>
    public StoredObject[] List(string resource, string ns, out long resourceVersion)
    {
        StoredObject[] found;
        lock (_gate)
        {
            found = _index.List(resource, ns);
            resourceVersion = _head;
        }
        Array.Sort(found, ByKey);
        return found;
    }

    public StoredObject[] List(string resource, string ns = "") => List(resource, ns, out _);

    public StoredObject[] Dependents(string uid)
    {
        lock (_gate)
        {
            return _index.Dependents(uid);
        }
    }

    /// <summary>Every resource that has objects.</summary>
    public string[] Resources()
    {
        lock (_gate)
        {
            return _index.Resources();
        }
    }

    /// <summary>Writes the object if the stored one still is <paramref name="expected"/> (null: there is none).</summary>
    /// <returns>The stored version, or null when somebody else was first.</returns>
    public StoredObject? TryPut(ObjectKey key, StoredObject? expected, JsonObject value)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_index.Get(key), expected))
            {
                return null;
            }
            var version = ++_head;
            value.Metadata()["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture);
            var stored = new StoredObject(key, version, value.ToUtf8());
            _index.Put(stored);
            Record(new(expected is null ? ChangeType.Added : ChangeType.Modified, stored, expected));
            return stored;
        }
    }

    /// <summary>Removes the object if it still is <paramref name="expected"/>.</summary>
    public StoredObject? TryDelete(StoredObject expected)
    {
        var last = expected.Read();
        lock (_gate)
        {
            if (!ReferenceEquals(_index.Get(expected.Key), expected))
            {
                return null;
            }
            var version = ++_head;
            last.Metadata()["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture);
            var gone = new StoredObject(expected.Key, version, last.ToUtf8());
            _index.Remove(expected);
            Record(new(ChangeType.Deleted, gone, expected));
            return gone;
        }
    }

    /// <summary>Completes when the write that got this version is on disk.</summary>
    /// <exception cref="StorageException">The disk refused the write; it was taken back.</exception>
    public Task DurableAsync(long resourceVersion) => _writer?.DurableAsync(resourceVersion) ?? Task.CompletedTask;

    /// <summary>Completes when everything a reader may have seen up to this version is on disk.</summary>
    /// <exception cref="StorageException">Some of it was taken back meanwhile; read again.</exception>
    public Task SettledAsync(long resourceVersion) => _writer?.SettledAsync(resourceVersion) ?? Task.CompletedTask;

    /// <summary>Follows events after <paramref name="after"/>; null when they are no longer known.</summary>
    /// <param name="resource">The resource to follow, or null for all.</param>
    /// <param name="ns">The namespace to follow, or empty for all.</param>
    /// <param name="after">The last version already seen; null to begin with whatever happens next.</param>
    public EventSubscription? Subscribe(string? resource, string ns, long? after)
    {
        lock (_gate)
        {
            return _history.Subscribe(resource, ns, after);
        }
    }

    /// <summary>
    /// Lists and subscribes in one step: every later change arrives as an event. With a journal the list may hold writes
    /// not yet on disk, whose events then arrive as well.
    /// </summary>
    public (StoredObject[] Objects, EventSubscription Events, long ResourceVersion) ListAndSubscribe(
        string resource,
        string ns
    )
    {
        lock (_gate)
        {
            var objects = _index.List(resource, ns);
            Array.Sort(objects, ByKey);
            return (objects, _history.Subscribe(resource, ns, null)!, _head);
        }
    }

    /// <summary>For tests: lets the disk behave as if it were full.</summary>
    internal void RefuseWrites(bool refuse)
    {
        if (_writer is not null)
        {
            _writer.RefuseWrites = refuse;
        }
    }

    /// <summary>For tests: lets the disk fail to write what the system holds.</summary>
    internal void FailFlushes(bool fail)
    {
        if (_writer is not null)
        {
            _writer.FlushFails = fail;
        }
    }

    public void Dispose()
    {
        _writer?.Dispose();
        lock (_gate)
        {
            _history.Close();
        }
    }

    private static int ByKey(StoredObject a, StoredObject b)
    {
        var order = string.CompareOrdinal(a.Key.Namespace, b.Key.Namespace);
        return order != 0 ? order : string.CompareOrdinal(a.Key.Name, b.Key.Name);
    }

    private Journal Load(string directory, ILogger log)
    {
        // Only the last version of an object is worth reading.
        var latest = new Dictionary<ObjectKey, JournalRecord>();
        var journal = Journal.Open(
            directory,
            record =>
            {
                _head = Math.Max(_head, record.ResourceVersion);
                switch (record.Type)
                {
                    case JournalRecord.Kind.Put:
                        latest[record.Key] = record;
                        break;
                    case JournalRecord.Kind.Delete:
                        latest.Remove(record.Key);
                        break;
                }
            },
            log
        );
        foreach (var record in latest.Values)
        {
            _index.Put(Read(record));
        }
        return journal;
    }

    private static StoredObject Read(JournalRecord record)
    {
        try
        {
            return new StoredObject(record.Key, record.ResourceVersion, record.Json.ToArray());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new StorageException($"The journal's record of {record.Key} is no JSON object: {e.Message}", e);
        }
    }

    private void Record(StoreEvent change)
    {
        if (_writer is null)
        {
            _history.Add(change);
        }
        else
        {
            _writer.Enqueue(change);
        }
    }

    private void Published(List<StoreEvent> changes)
    {
        foreach (var change in changes)
        {
            _history.Add(change);
        }
    }

    private void UndoPending(List<StoreEvent> changes)
    {
        lock (_gate)
        {
            for (var i = changes.Count - 1; i >= 0; i--)
            {
                var change = changes[i];
                if (change.Type != ChangeType.Deleted)
                {
                    _index.Remove(change.Object);
                }
                if (change.Previous is { } previous)
                {
                    _index.Put(previous);
                }
            }
        }
        RolledBack?.Invoke();
    }
}

/// <summary>The disk refused a write; nothing of it remains.</summary>
internal sealed class StorageException(string message, Exception inner) : IOException(message, inner);
