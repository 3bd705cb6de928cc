using System.Threading.Channels;

namespace EmbeddedKubernetes.Storage;

/// <summary>The last events and who follows them. Not thread safe: the store's gate guards it.</summary>
internal sealed class EventHistory(int length, long floor)
{
    private readonly Queue<StoreEvent> _events = new();
    private readonly List<EventSubscription> _subscriptions = [];
    private long _floor = floor;
    private bool _closed;

    public void Add(StoreEvent change)
    {
        _events.Enqueue(change);
        if (_events.Count > length)
        {
            _floor = _events.Dequeue().ResourceVersion;
        }
        for (var i = _subscriptions.Count - 1; i >= 0; i--)
        {
            if (!_subscriptions[i].Offer(change))
            {
                _subscriptions.RemoveAt(i);
            }
        }
    }

    public EventSubscription? Subscribe(string? resource, string ns, long? after)
    {
        if (after < _floor)
        {
            return null;
        }
        var subscription = new EventSubscription(resource, ns);
        if (after is { } seen)
        {
            foreach (var change in _events)
            {
                if (change.ResourceVersion > seen)
                {
                    subscription.Offer(change);
                }
            }
        }
        if (_closed)
        {
            subscription.Dispose();
        }
        else
        {
            _subscriptions.Add(subscription);
        }
        return subscription;
    }

    public void Close()
    {
        _closed = true;
        foreach (var subscription in _subscriptions)
        {
            subscription.Dispose();
        }
        _subscriptions.Clear();
    }
}

/// <summary>
/// A stream of the events of one resource (null: of all) in one namespace (empty: in all). It ends when the reader falls
/// too far behind, or with the store.
/// </summary>
internal sealed class EventSubscription(string? resource, string ns) : IDisposable
{
    private const int Capacity = 20_000;

    private readonly Channel<StoreEvent> _channel = Channel.CreateBounded<StoreEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, AllowSynchronousContinuations = false }
    );

    private long _passed;

    public ChannelReader<StoreEvent> Events => _channel.Reader;

    /// <returns>False when this subscription is over.</returns>
    public bool Offer(StoreEvent change)
    {
        if (!Concerns(change.Object.Key))
        {
            Volatile.Write(ref _passed, change.ResourceVersion);
            return !_channel.Reader.Completion.IsCompleted;
        }
        if (_channel.Writer.TryWrite(change))
        {
            Volatile.Write(ref _passed, change.ResourceVersion);
            return true;
        }
        _channel.Writer.TryComplete();
        return false;
    }

    /// <summary>Tells up to which version everything has been read; there is no such version while events wait.</summary>
    public bool TryGetPassed(out long resourceVersion)
    {
        // In this order: what is offered in between is beyond the version, or waits.
        resourceVersion = Volatile.Read(ref _passed);
        return _channel.Reader.Count == 0;
    }

    public void Dispose() => _channel.Writer.TryComplete();

    private bool Concerns(ObjectKey key) =>
        (resource is null || string.Equals(key.Resource, resource, StringComparison.Ordinal))
        && (ns.Length == 0 || string.Equals(key.Namespace, ns, StringComparison.Ordinal));
}
