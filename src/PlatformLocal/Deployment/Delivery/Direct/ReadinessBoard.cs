namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>
/// Shows the latest state of everything a delivery waits for: one watch per kind and namespace, begun when somebody
/// first waits for such an object.
/// </summary>
internal sealed class ReadinessBoard(KubernetesClient client, string environment) : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<(string ApiVersion, string Kind, string? Namespace), Lazy<Watch>> _watches =
        new();
    private readonly ConcurrentDictionary<ObjectKey, ObservedObject> _objects = new();
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<ObjectKey, ObservedObject>> _owned = new(
        StringComparer.Ordinal
    );
    private TaskCompletionSource _changed = NewPulse();

    /// <summary>Completes at the next change of anything.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>Makes sure that objects of a kind in a namespace are shown; completes when all there are have been told.</summary>
    /// <param name="apiVersion">Group and version.</param>
    /// <param name="kind">Kind.</param>
    /// <param name="targetNamespace">The namespace.</param>
    /// <param name="isOwnOnly">Only the environment's objects, or also those that controllers made for them.</param>
    /// <param name="cancellationToken">Stops waiting, not watching.</param>
    public Task WatchAsync(
        string apiVersion,
        string kind,
        string? targetNamespace,
        bool isOwnOnly,
        CancellationToken cancellationToken
    ) =>
        _watches
            .GetOrAdd(
                (apiVersion, kind, targetNamespace),
                key => new Lazy<Watch>(() =>
                {
                    var synced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    string? selector = isOwnOnly ? $"{DeliveryLabels.Environment}={environment}" : null;
                    return new Watch(synced, PumpAsync(key.ApiVersion, key.Kind, key.Namespace, selector, synced));
                })
            )
            .Value.Synced.Task.WaitAsync(cancellationToken);

    public ObservedObject? Find(ObjectKey key) => _objects.GetValueOrDefault(key);

    /// <summary>The objects whose owner has a uid.</summary>
    public IEnumerable<ObservedObject> OwnedBy(string? uid) =>
        uid is not null && _owned.TryGetValue(uid, out ConcurrentDictionary<ObjectKey, ObservedObject>? owned)
            ? owned.Values
            : [];

    /// <summary>Throws what ended a watch too early, if anything did.</summary>
    public void ThrowIfBlind()
    {
        foreach (Lazy<Watch> watch in _watches.Values)
        {
            if (watch is { IsValueCreated: true, Value.Synced.Task: { IsFaulted: true } failed })
            {
                failed.GetAwaiter().GetResult();
            }
            if (watch is { IsValueCreated: true, Value.Pump: { IsFaulted: true } ended })
            {
                ended.GetAwaiter().GetResult();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        foreach (Lazy<Watch> watch in _watches.Values)
        {
            await watch.Value.Pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _end.Dispose();
    }

    private async Task PumpAsync(
        string apiVersion,
        string kind,
        string? targetNamespace,
        string? selector,
        TaskCompletionSource synced
    )
    {
        try
        {
            var options = new WatchOptions { LabelSelector = selector };
            await foreach (
                WatchEvent change in client.WatchAsync(apiVersion, kind, targetNamespace, options, _end.Token)
            )
            {
                if (change.Kind == WatchEventKind.Synced)
                {
                    synced.TrySetResult();
                }
                else
                {
                    Show(change);
                }
                Pulse();
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            synced.TrySetCanceled(_end.Token);
        }
        catch (Exception fault)
        {
            // Whoever waits must hear of it, now and later.
            synced.TrySetException(fault);
            Pulse();
            throw;
        }
    }

    private void Show(WatchEvent change)
    {
        ObjectKey key = ObjectKey.Of(ObjectReference.Of(change.Item));
        bool isDeleted = change.Kind == WatchEventKind.Deleted;
        var observed = new ObservedObject(change.Item, isDeleted);
        _objects[key] = observed;
        foreach (
            string uid in change
                .Item.Metadata()
                .Items("ownerReferences")
                .Select(owner => owner.Text("uid"))
                .OfType<string>()
        )
        {
            ConcurrentDictionary<ObjectKey, ObservedObject> owned = _owned.GetOrAdd(uid, _ => new());
            if (isDeleted)
            {
                owned.TryRemove(key, out _);
            }
            else
            {
                owned[key] = observed;
            }
        }
    }

    private void Pulse() => Interlocked.Exchange(ref _changed, NewPulse()).TrySetResult();

    private static TaskCompletionSource NewPulse() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Watch(TaskCompletionSource Synced, Task Pump);
}
