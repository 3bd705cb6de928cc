using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>One object somebody waits for.</summary>
internal sealed record WaitingObject(DesiredObject Desired, JsonObject Item, ObjectReadiness Readiness);

/// <summary>
/// Waits until the objects of one service are ready, woken by changes, and tells why they are not yet. Gives up early
/// when waiting has become pointless: an object that its controller gave up on, a container in a crash loop, an image
/// that cannot be pulled. Takes a pod away that an older template broke and that keeps the new one from coming.
/// </summary>
/// <param name="client">The cluster.</param>
/// <param name="options">How to behave.</param>
/// <param name="board">Shows the objects.</param>
/// <param name="again">Has an object made again that vanished.</param>
/// <param name="logs">Reads logs.</param>
/// <param name="clock">Since when it is waited for.</param>
/// <param name="service">The service.</param>
/// <param name="targetNamespace">The environment's namespace.</param>
internal sealed class ServiceWait(
    KubernetesClient client,
    DirectDeliveryOptions options,
    ReadinessBoard board,
    Func<DesiredObject, CancellationToken, Task<AppliedObject>> again,
    LastLogLines logs,
    WaitClock clock,
    string service,
    string targetNamespace
)
{
    /// <summary>What is ready sooner needs no explanation, and what changes faster nobody can read.</summary>
    private static readonly TimeSpan s_explainEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>From then on what is told of in events alone is looked up: a probe, a volume, a quota.</summary>
    private static readonly TimeSpan s_eventsAfter = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_catchUpPatience = TimeSpan.FromSeconds(3);

    /// <summary>A failure that was there before the delivery may just be about to heal: the image was pushed, the database is back.</summary>
    private static readonly TimeSpan s_oldFailurePatience = TimeSpan.FromSeconds(15);

    private readonly Dictionary<(string? Pod, string Container), long> _imageTrouble = [];
    private readonly WaitCauses _causes = new(board, logs);
    private readonly HashSet<string> _tried = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CauseDocument> _deleted = new(StringComparer.Ordinal);
    private readonly long _began = options.TimeProvider.GetTimestamp();
    private bool _showsEvents;
    private long _explained;

    private TimeSpan Elapsed => options.TimeProvider.GetElapsedTime(clock.Since(_began));

    public async Task RunAsync(
        IReadOnlyList<AppliedObject> applied,
        TimeSpan timeout,
        Action<string, IReadOnlyList<CauseDocument>> onWait,
        CancellationToken cancellationToken
    )
    {
        AppliedObject[] pending =
        [
            .. applied.Where(done => done.Item is { } item && !ReadinessRules.Of(item).IsCurrent),
        ];
        if (pending.Length == 0)
        {
            return;
        }
        await WatchAsync(pending, cancellationToken);
        IReadOnlyList<CauseDocument> causes = [];
        _explained = options.TimeProvider.GetTimestamp();
        while (true)
        {
            Task changed = board.Changed;
            board.ThrowIfBlind();
            pending = await ApplyVanishedAsync(pending, cancellationToken);
            WaitingObject[] waiting = [.. pending.Select(Look).Where(item => !item.Readiness.IsCurrent)];
            if (waiting.Length == 0)
            {
                return;
            }
            (WaitingObject[] hopeless, TimeSpan nextLook) = FindHopeless(waiting, pending);
            TimeSpan left = timeout - Elapsed;
            bool isOver = hopeless.Length > 0 || left <= TimeSpan.Zero;
            TimeSpan nextExplanation = s_explainEvery - options.TimeProvider.GetElapsedTime(_explained);
            if (isOver)
            {
                await CatchUpAsync(waiting, cancellationToken);
            }
            if (isOver || nextExplanation <= TimeSpan.Zero)
            {
                causes = await ExplainAsync(waiting, cancellationToken);
                _explained = options.TimeProvider.GetTimestamp();
                nextExplanation = s_explainEvery;
            }
            onWait(Summary(waiting), causes);
            if (isOver)
            {
                WaitingObject[] blamed = hopeless.Length > 0 ? hopeless : waiting;
                throw await Report(blamed, waiting, isTimeout: hopeless.Length == 0, cancellationToken);
            }
            using var nap = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            TimeSpan[] naps = [left, nextLook, nextExplanation];
            Task pause = Task.Delay(naps.Min(), options.TimeProvider, nap.Token);
            await Task.WhenAny(changed, pause);
            await nap.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }

        async Task<ServiceFailedException> Report(
            WaitingObject[] blamed,
            WaitingObject[] waiting,
            bool isTimeout,
            CancellationToken token
        ) =>
            await new FailureReport(client, options, board, logs, targetNamespace).WriteAsync(
                service,
                blamed,
                causes,
                waiting.Length - blamed.Length,
                isTimeout ? timeout : null,
                token
            );
    }

    /// <summary>What is told last is told of the pods as they are, not as their watch had them.</summary>
    private async Task CatchUpAsync(WaitingObject[] waiting, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(s_catchUpPatience, options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            foreach (string place in PlacesOfPods(waiting.Select(item => item.Desired.Reference)))
            {
                await board.CatchUpWithPodsAsync(place, both.Token);
            }
        }
        catch (Exception fault)
            when (fault is PlatformException
                || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            // The failure itself is being told, with what the watches said.
        }
    }

    private static IEnumerable<string> PlacesOfPods(IEnumerable<ObjectReference> references) =>
        references
            .Where(item => KnownKinds.RunsPods(item.Group, item.Kind))
            .Select(item => item.Namespace)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal);

    /// <summary>Why they are not ready; takes away what only keeps them from it.</summary>
    private async Task<IReadOnlyList<CauseDocument>> ExplainAsync(
        WaitingObject[] waiting,
        CancellationToken cancellationToken
    )
    {
        TimeSpan elapsed = options.TimeProvider.GetElapsedTime(_began);
        if (!_showsEvents && elapsed >= s_eventsAfter)
        {
            _showsEvents = true;
            await Task.WhenAll(
                waiting
                    .Select(item => item.Desired.Reference.Namespace)
                    .OfType<string>()
                    .Distinct(StringComparer.Ordinal)
                    .Select(place => board.WatchEventsAsync(place, cancellationToken))
            );
        }
        var causes = new List<CauseDocument>();
        foreach (WaitingObject item in waiting)
        {
            if (BlockingPod.Of(item.Item, board, options.TimeProvider.GetUtcNow()) is { } blocking)
            {
                causes.Add(await UnblockAsync(item.Desired.Reference, blocking, cancellationToken));
            }
            else if (_deleted.TryGetValue(item.Desired.Reference.Name, out CauseDocument? deleted))
            {
                causes.Add(deleted);
            }
        }
        return [.. causes, .. await _causes.OfAsync(waiting, elapsed, cancellationToken)];
    }

    /// <summary>Names the pod that is in the way, and takes it away when it is broken: once, as it comes from the new template then.</summary>
    private async Task<CauseDocument> UnblockAsync(
        ObjectReference set,
        BlockingPod blocking,
        CancellationToken cancellationToken
    )
    {
        ObjectReference pod = ObjectReference.Of(blocking.Pod.Item);
        string name = $"{set.Kind} {set.Name}";
        string what =
            $"of an older template and not ready, it keeps the StatefulSet from taking its new one: {blocking.Why}";
        string key = $"{set.Name} {pod.Name}";
        var named = new CauseDocument(
            name,
            BlockingPod.Blocks,
            $"{what}. To take it away: {ShellCommand.Kubectl(pod.Namespace, "delete", "pod", pod.Name)}"
        )
        {
            Pod = pod.Name,
        };
        if (!blocking.IsBroken || !_tried.Add(key))
        {
            return named;
        }
        try
        {
            await client.DeleteAsync(pod, new DeleteOptions { Uid = blocking.Pod.Item.Uid() }, cancellationToken);
        }
        catch (KubernetesException fault) when (fault.Code == 403 || fault.IsConflict)
        {
            return named; // whoever may delete it hears of it; another one of its name is looked at anew
        }
        return _deleted[set.Name] = named with { Reason = BlockingPod.Deleted, Message = $"{what}. It was deleted" };
    }

    private async Task WatchAsync(AppliedObject[] pending, CancellationToken cancellationToken)
    {
        ObjectReference[] references = [.. pending.Select(item => item.Desired.Reference)];
        List<Task> watches =
        [
            .. references
                .Select(item => (item.ApiVersion, item.Kind, item.Namespace))
                .Distinct()
                .Select(item =>
                    board.WatchAsync(
                        item.ApiVersion,
                        item.Kind,
                        item.Namespace,
                        IsOwnOnly(item.Kind, item.Namespace),
                        cancellationToken
                    )
                ),
        ];
        foreach (string place in PlacesOfPods(references))
        {
            watches.Add(board.WatchAsync("apps/v1", "ReplicaSet", place, isOwnOnly: false, cancellationToken));
            watches.Add(board.WatchAsync("v1", "Pod", place, isOwnOnly: false, cancellationToken));
        }
        await Task.WhenAll(watches);

        // What is outside of namespaces may carry the label of another environment that brings it too.
        static bool IsOwnOnly(string kind, string? place) => place is not null && kind is not ("Pod" or "ReplicaSet");
    }

    /// <summary>
    /// An object that was still being deleted when it was applied is gone by now and has to be made again; a job that
    /// is gone because it was complete is not.
    /// </summary>
    private async Task<AppliedObject[]> ApplyVanishedAsync(AppliedObject[] pending, CancellationToken cancellationToken)
    {
        var left = new List<AppliedObject>();
        foreach (AppliedObject applied in pending)
        {
            if (board.Find(applied.Desired.Key) is not { IsDeleted: true } gone || !gone.IsAtLeast(applied.Item!))
            {
                left.Add(applied);
            }
            else if (gone.Item.Text("kind") != "Job" || gone.Item.Condition("Complete").Text("status") != "True")
            {
                left.Add(await again(applied.Desired, cancellationToken));
            }
        }
        return [.. left];
    }

    private WaitingObject Look(AppliedObject applied)
    {
        JsonObject item = applied.Item!;
        if (board.Find(applied.Desired.Key) is { IsDeleted: false } observed && observed.IsAtLeast(item))
        {
            return new WaitingObject(applied.Desired, observed.Item, observed.Readiness);
        }
        return new WaitingObject(applied.Desired, item, ReadinessRules.Of(item));
    }

    /// <returns>The objects there is no hope for, and when to look again even if nothing changes.</returns>
    private (WaitingObject[] Hopeless, TimeSpan NextLook) FindHopeless(WaitingObject[] waiting, AppliedObject[] pending)
    {
        TimeSpan elapsed = Elapsed;
        bool isJoined = clock.Since(_began) != _began;
        HashSet<ObjectKey> old =
            elapsed < s_oldFailurePatience
                ?
                [
                    .. pending
                        .Where(item => isJoined || item.Change == ChangeKind.Unchanged)
                        .Select(item => item.Desired.Key),
                ]
                : [];
        TimeSpan nextLook = old.Count > 0 ? s_oldFailurePatience - elapsed : Timeout.InfiniteTimeSpan;
        var hopeless = new List<WaitingObject>();
        foreach (WaitingObject item in waiting)
        {
            bool isFailed = item.Readiness.Status == ReadinessStatus.Failed;
            bool isFinal = isFailed && item.Desired.Reference.Kind == "Job";
            TimeSpan? patience = null;
            bool isLost = isFailed || HasLostPods(item, ref patience);
            if (isLost && (isFinal || !old.Contains(item.Desired.Key)))
            {
                hopeless.Add(item);
            }
            if (patience is { } left && (nextLook == Timeout.InfiniteTimeSpan || left < nextLook))
            {
                nextLook = left;
            }
        }
        return (
            [.. hopeless],
            nextLook == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : nextLook + TimeSpan.FromMilliseconds(10)
        );
    }

    private bool HasLostPods(WaitingObject item, ref TimeSpan? patience)
    {
        ObjectReference reference = item.Desired.Reference;
        if (!KnownKinds.RunsPods(reference.Group, reference.Kind) || !IsObserved(item.Item))
        {
            return false;
        }
        // A Job has its own limit of attempts.
        bool countsCrashes = reference.Kind is not ("Job" or "CronJob");
        foreach (ObservedObject pod in WorkloadPods.Of(item.Item, board))
        {
            foreach (PodTrouble trouble in pod.Troubles)
            {
                if (
                    trouble.Reason is "InvalidImageName" or "ErrImageNeverPull"
                    || (
                        countsCrashes
                        && trouble.Reason == "CrashLoopBackOff"
                        && trouble.Restarts >= options.CrashLoopRestarts
                    )
                )
                {
                    return true;
                }
                if (trouble.IsImage)
                {
                    (string?, string) key = (pod.Item.Uid(), trouble.Container);
                    _imageTrouble.TryAdd(key, options.TimeProvider.GetTimestamp());
                    long since = clock.Since(_imageTrouble[key]);
                    TimeSpan left = options.ImagePullPatience - options.TimeProvider.GetElapsedTime(since);
                    if (left <= TimeSpan.Zero)
                    {
                        return true;
                    }
                    patience = patience is { } other && other < left ? other : left;
                }
            }
        }
        return false;
    }

    /// <summary>Until a controller has looked at the latest change, all pods there are belong to an older one.</summary>
    private static bool IsObserved(JsonObject workload) =>
        workload.Child("status").Number("observedGeneration") is not { } observed
        || observed == workload.Metadata().Number("generation");

    private static string Summary(WaitingObject[] waiting)
    {
        WaitingObject first = waiting[0];
        string more = waiting.Length == 1 ? "" : $", and for {waiting.Length - 1} more";
        return $"waits for {first.Desired.Reference.Kind} {first.Desired.Reference.Name}: {first.Readiness.Message}{more}";
    }
}
