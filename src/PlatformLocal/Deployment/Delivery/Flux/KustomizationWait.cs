using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Flux;

/// <summary>
/// Waits until Flux has applied one service and all of it is ready, and tells why it is not yet: what Flux says until its
/// objects are there, what they and their pods say from then on.
/// </summary>
/// <param name="client">The cluster.</param>
/// <param name="options">How to behave.</param>
/// <param name="flux">How Flux is asked.</param>
/// <param name="board">Shows the objects.</param>
/// <param name="clock">Since when it is waited for.</param>
/// <param name="service">The service.</param>
/// <param name="objects">Its objects.</param>
/// <param name="targetNamespace">The environment's namespace.</param>
/// <param name="digest">The build's digest.</param>
internal sealed class KustomizationWait(
    KubernetesClient client,
    DirectDeliveryOptions options,
    FluxDeliveryOptions flux,
    ReadinessBoard board,
    WaitClock clock,
    ServiceDelivery service,
    IEnumerable<DesiredObject> objects,
    string targetNamespace,
    string digest
)
{
    /// <summary>
    /// How long Flux may take to see that all is ready before it is asked to look. By itself it looks every 5 seconds, and
    /// who depends on the service begins when it has seen it.
    /// </summary>
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);

    private readonly ObjectReference _reference = FluxObjects.KustomizationOf(targetNamespace, service.Name);
    private readonly long _began = options.TimeProvider.GetTimestamp();
    private readonly HashSet<string> _vanished = new(StringComparer.Ordinal);

    // What nobody waits for is there when Flux is done.
    private readonly DesiredObject[] _awaited =
    [
        .. objects.Where(item => !KnownKinds.IsPassive(item.Reference.Group, item.Reference.Kind)),
    ];

    private string? _request;
    private bool _isRepeated;
    private bool _isBusy;

    private TimeSpan Elapsed => options.TimeProvider.GetElapsedTime(clock.Since(_began));

    /// <summary>Waits.</summary>
    /// <param name="wait">Makes a wait for objects.</param>
    /// <param name="onWait">Is told what is waited for and why.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ServiceFailedException">Flux cannot deliver it, or it is not ready in time.</exception>
    public async Task RunAsync(
        Func<Func<DesiredObject, CancellationToken, Task<AppliedObject>>, ServiceWait> wait,
        Action<string, IReadOnlyList<CauseDocument>> onWait,
        CancellationToken cancellationToken
    )
    {
        await board.WatchAsync(_reference.ApiVersion, _reference.Kind, targetNamespace, true, cancellationToken);
        JsonObject?[] found = await Task.WhenAll(
            _awaited.Select(item => client.FindAsync(item.Reference, cancellationToken))
        );
        bool isDone =
            board.Find(ObjectKey.Of(_reference)) is { IsDeleted: false } known
            && KustomizationRules.Of(known.Item, digest, null).IsCurrent
            && _awaited.Zip(found).All(pair => HasArrived(pair.First, pair.Second));
        if (!isDone)
        {
            await Task.WhenAll(
                _awaited
                    .Select(item => (item.Reference.ApiVersion, item.Reference.Kind))
                    .Distinct()
                    .Select(kind =>
                        board.WatchAsync(kind.ApiVersion, kind.Kind, targetNamespace, true, cancellationToken)
                    )
            );
            if (NeedsRequest())
            {
                await RequestAsync(cancellationToken);
            }
            await UntilAsync(item => AreAllThere() || Judge(item).IsCurrent, null, onWait, cancellationToken);
            found = [.. _awaited.Select(item => board.Find(item.Key)?.Item)];
        }
        await wait(AskAgainAsync)
            .RunAsync(
                [
                    .. _awaited
                        .Zip(found)
                        .Select(pair => new AppliedObject(
                            pair.First,
                            ChangeKind.Updated,
                            pair.Second.ResourceVersion(),
                            pair.Second ?? pair.First.Content
                        )),
                ],
                service.Timeout,
                onWait,
                cancellationToken
            );
        await UntilAsync(item => Judge(item).IsCurrent, s_look, onWait, cancellationToken);
    }

    /// <summary>
    /// Flux's controllers look by themselves at what is new to them, and again only after a while at what failed, waited
    /// for something else, or was as it should be until somebody took it away.
    /// </summary>
    private bool NeedsRequest()
    {
        JsonObject? item = board.Find(ObjectKey.Of(_reference))?.Item;
        return item.Condition("Ready").Text("status") switch
        {
            "False" => true,
            "True" => KustomizationRules.IsOf(item.Child("status").Text("lastAppliedRevision"), digest),
            _ => false,
        };
    }

    private async Task RequestAsync(CancellationToken cancellationToken) =>
        _request = await AskAsync(cancellationToken);

    private async Task<string> AskAsync(CancellationToken cancellationToken)
    {
        string request = options.TimeProvider.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
        await FluxRequests.AskAsync(client, _reference, request, options.Write, cancellationToken);
        return request;
    }

    private async Task UntilAsync(
        Func<JsonObject, bool> isDone,
        TimeSpan? ask,
        Action<string, IReadOnlyList<CauseDocument>> onWait,
        CancellationToken cancellationToken
    )
    {
        long began = options.TimeProvider.GetTimestamp();
        string? before = null;
        while (true)
        {
            Task changed = board.Changed;
            board.ThrowIfBlind();
            if (board.Find(ObjectKey.Of(_reference)) is not { IsDeleted: false } shown)
            {
                throw Failure($"{_reference} was removed by somebody else.", FailureKind.Failed);
            }
            if (isDone(shown.Item))
            {
                return;
            }
            ObjectReadiness now = Judge(shown.Item);
            if (now.Status == ReadinessStatus.Failed)
            {
                // Once may have been a moment: a webhook or a right that was not there yet. Twice is an answer.
                if (_isRepeated || !IsWorthAnother(shown.Item))
                {
                    throw Failure($"{_reference}: {now.Message}", FailureKind.Failed, shown.Item);
                }
                _isRepeated = true;
                await RequestAsync(cancellationToken);
                continue;
            }
            TimeSpan left = service.Timeout - Elapsed;
            if (left <= TimeSpan.Zero)
            {
                throw Failure(
                    $"Flux has not delivered it after {service.Timeout.TotalSeconds:0.#} s: {now.Message}",
                    FailureKind.NotReadyInTime
                );
            }
            TimeSpan patience = flux.Patience - options.TimeProvider.GetElapsedTime(began);
            // Of an earlier build it may say much; a controller that looks at this one writes that it does.
            string told = shown.Item.Child("status")?.ToJsonString() ?? "";
            before ??= told;
            bool isUnseen =
                told == before
                && !KustomizationRules.IsOf(shown.Item.Child("status").Text("lastAttemptedRevision"), digest);
            bool isSilent = isUnseen && !_isBusy && patience <= TimeSpan.Zero;
            _isBusy |= isSilent && await FluxRequests.RunsAsync(client, "kustomize-controller", cancellationToken);
            if (isSilent && !_isBusy)
            {
                throw Failure(FluxRequests.Silence("kustomize-controller"), FailureKind.NotReadyInTime);
            }
            onWait($"waits for Flux: {now.Message}", []);
            using var nap = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            TimeSpan pause = isUnseen && !_isBusy && patience < left ? patience : left;
            if (ask is { } after)
            {
                TimeSpan rest = after - options.TimeProvider.GetElapsedTime(began);
                if (rest <= TimeSpan.Zero)
                {
                    ask = null;
                    await AskAsync(cancellationToken); // an answer to what was asked before is as good
                    continue;
                }
                pause = rest < pause ? rest : pause;
            }
            await Task.WhenAny(changed, Task.Delay(pause, options.TimeProvider, nap.Token));
            await nap.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private ObjectReadiness Judge(JsonObject item) => KustomizationRules.Of(item, digest, _request);

    private static bool IsWorthAnother(JsonObject item) =>
        !KustomizationRules.IsSuspended(item)
        && !item.IsTerminating()
        && item.Condition("Stalled").Text("status") != "True"
        && item.Condition("Ready").Text("reason") != "HealthCheckFailed"; // that took its whole time

    private bool AreAllThere() =>
        _awaited.All(item => board.Find(item.Key) is { IsDeleted: false } shown && HasArrived(item, shown.Item));

    private static bool HasArrived(DesiredObject desired, JsonObject? live) =>
        live is not null
        && !live.IsTerminating()
        && live.Annotation(DeliveryLabels.ContentHash) == desired.Content.Annotation(DeliveryLabels.ContentHash);

    private async Task<AppliedObject> AskAgainAsync(DesiredObject desired, CancellationToken cancellationToken)
    {
        if (board.Find(desired.Key)?.Item.Uid() is { } gone && _vanished.Add(gone))
        {
            await RequestAsync(cancellationToken);
        }
        return new AppliedObject(desired, ChangeKind.Recreated, null, desired.Content);
    }

    private ServiceFailedException Failure(string what, FailureKind kind, JsonObject? item = null)
    {
        string step =
            item is not null && KustomizationRules.IsSuspended(item)
                ? FluxRequests.Resume(_reference)
                : _reference.Kubectl("describe");
        return new ServiceFailedException(service.Name, [what], [step], kind);
    }
}
