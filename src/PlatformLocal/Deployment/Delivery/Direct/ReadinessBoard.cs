namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>
/// Shows the latest state of everything a delivery waits for: one watch per kind and namespace, begun when somebody
/// first waits for such an object.
/// </summary>
internal sealed class ReadinessBoard(KubernetesClient client, string environment) : IAsyncDisposable
{
    private const string EventKind = "Event";

    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<(string ApiVersion, string Kind, string? Namespace), Lazy<Watch>> _watches =
        new();
    private readonly ConcurrentDictionary<ObjectKey, ObservedObject> _objects = new();
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<ObjectKey, ObservedObject>> _owned = new(
        StringComparer.Ordinal
    );
    private readonly ConcurrentDictionary<string, Told> _told = new(StringComparer.Ordinal);
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

    /// <summary>Has events shown too. They are a courtesy: who may not see them waits without.</summary>
    public async Task WatchEventsAsync(string targetNamespace, CancellationToken cancellationToken)
    {
        try
        {
            await WatchAsync("v1", EventKind, targetNamespace, isOwnOnly: false, cancellationToken);
        }
        catch (PlatformException)
        {
            // What is waited for is told without them.
        }
    }

    /// <summary>
    /// Shows the pods of a namespace as they are now. Every kind is told of by a watch of its own, and a pod's may be
    /// behind the one that told how its owner ended.
    /// </summary>
    public async Task CatchUpWithPodsAsync(string targetNamespace, CancellationToken cancellationToken)
    {
        ObjectList pods = await client.ListAsync("v1", "Pod", targetNamespace, new ListOptions(), cancellationToken);
        foreach (JsonObject pod in pods.Items)
        {
            Show(new WatchEvent(WatchEventKind.Modified, pod));
        }
    }

    /// <summary>What was told last of the object with a uid.</summary>
    public JsonObject? NewestEvent(string? uid) => uid is null ? null : _told.GetValueOrDefault(uid)?.Newest;

    /// <summary>What was told last of the object with a uid and is no good news.</summary>
    public JsonObject? NewestWarning(string? uid) => uid is null ? null : _told.GetValueOrDefault(uid)?.Warning;

    /// <summary>What was told last of a volume claim.</summary>
    public JsonObject? NewestEventOfClaim(string targetNamespace, string claim) =>
        _told.GetValueOrDefault(PlaceOfClaim(targetNamespace, claim))?.Newest;

    /// <summary>Throws what ended a watch too early, if anything did.</summary>
    public void ThrowIfBlind()
    {
        foreach (Lazy<Watch> watch in _watches.Where(pair => pair.Key.Kind != EventKind).Select(pair => pair.Value))
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
        if (change.Item.Text("kind") == EventKind)
        {
            Note(change);
            return;
        }
        ObjectKey key = ObjectKey.Of(ObjectReference.Of(change.Item));
        if (_objects.TryGetValue(key, out ObservedObject? known) && known.IsAfter(change.Item))
        {
            return;
        }
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

    private void Note(WatchEvent change)
    {
        JsonObject? about = change.Item.Child("involvedObject");
        if (change.Kind == WatchEventKind.Deleted || about.Text("uid") is not { } uid)
        {
            return;
        }
        Keep(uid);
        if (about.Text("kind") == "PersistentVolumeClaim")
        {
            Keep(PlaceOfClaim(about.Text("namespace") ?? "", about.Text("name") ?? ""));
        }

        void Keep(string key) =>
            _told.AddOrUpdate(key, _ => new Told(null, null).With(change.Item), (_, told) => told.With(change.Item));
    }

    private static string PlaceOfClaim(string targetNamespace, string claim) => $"{targetNamespace}/{claim}";

    private void Pulse() => Interlocked.Exchange(ref _changed, NewPulse()).TrySetResult();

    private static TaskCompletionSource NewPulse() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The events of one object, as far as they matter.</summary>
    private sealed record Told(JsonObject? Newest, JsonObject? Warning)
    {
        public Told With(JsonObject item)
        {
            bool isWarning = item.Text("type") == "Warning";
            return new Told(Later(Newest, item), isWarning ? Later(Warning, item) : Warning);
        }

        private static JsonObject Later(JsonObject? one, JsonObject other) =>
            one is not null && string.CompareOrdinal(TimeOf(one), TimeOf(other)) > 0 ? one : other;

        private static string TimeOf(JsonObject item) =>
            item.Text("lastTimestamp")
            ?? item.Child("series").Text("lastObservedTime")
            ?? item.Text("eventTime")
            ?? item.Metadata().Text("creationTimestamp")
            ?? "";
    }

    private sealed record Watch(TaskCompletionSource Synced, Task Pump);
}
