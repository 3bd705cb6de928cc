namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>An object after it was applied.</summary>
/// <param name="Desired">As it should be.</param>
/// <param name="Change">What applying did.</param>
/// <param name="ResourceVersion">Its state.</param>
/// <param name="Item">As the server has it; <see langword="null"/> when nothing had to be asked because nothing changed.</param>
internal sealed record AppliedObject(
    DesiredObject Desired,
    ChangeKind Change,
    string? ResourceVersion,
    JsonObject? Item
)
{
    /// <summary>Why, where the kind of change does not say it.</summary>
    public string? Note { get; init; }

    /// <summary>The environment whose version of a shared object serves this one as well.</summary>
    public string? ServedBy { get; init; }
}

/// <summary>Applies objects, as many at once as the options allow.</summary>
/// <remarks>
/// An object counts as unchanged when server-side apply leaves its resourceVersion as it was: the server itself compares.
/// Objects of passive kinds (ConfigMaps, RBAC…) are not even sent when their resourceVersion is still the one that the
/// last delivery left and their content has the hash it had then: an object whose resourceVersion is the same is the
/// same, down to its last byte, so a change by hand always shows.
/// </remarks>
internal sealed class ObjectApplier(
    KubernetesClient client,
    DirectDeliveryOptions options,
    DesiredState state,
    Inventory previous,
    ExistingObjects existing
) : IDisposable
{
    private static readonly TimeSpan s_kindPause = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _gate = new(options.Parallelism, options.Parallelism);
    private readonly SharedObjects _shared = state.SharedIn(client, options);
    private readonly Recreation _recreation = new(client, options);

    /// <param name="desired">The object.</param>
    /// <param name="onWait">Is told what has to be there before.</param>
    /// <param name="cancellationToken">Stops applying.</param>
    public async Task<AppliedObject> ApplyAsync(
        DesiredObject desired,
        Action<ApplyWait>? onWait,
        CancellationToken cancellationToken
    )
    {
        ExistingObject? found = existing.Find(desired.Key);
        string? before = found?.ResourceVersion;
        if (found is not null && previous.IsUntouched(desired, found))
        {
            return new AppliedObject(desired, ChangeKind.Unchanged, before, Item: null);
        }
        if (state.NewKinds.TryGetValue((desired.Reference.ApiVersion, desired.Reference.Kind), out string? bringer))
        {
            await WaitForKindAsync(desired, bringer, onWait, cancellationToken);
        }
        using IDisposable turn = await _gate.TakeTurnAsync(cancellationToken);
        return desired.IsShared
            ? await ApplySharedAsync(desired, onWait, cancellationToken)
            : await ApplyOneAsync(desired, before, onWait, cancellationToken);
    }

    private async Task<AppliedObject> ApplySharedAsync(
        DesiredObject desired,
        Action<ApplyWait>? onWait,
        CancellationToken cancellationToken
    )
    {
        using IDisposable turn = await _shared.TakeTurnAsync(cancellationToken);
        SharedState shared = await _shared.LookAsync(desired, state.VersionOf(desired), cancellationToken);
        string? before = shared.Live.ResourceVersion();
        AppliedObject applied = shared.Serves
            ? await ApplyOneAsync(desired, before, onWait, cancellationToken)
            : new AppliedObject(desired, ChangeKind.Unchanged, before, shared.Live);
        JsonObject marked = await _shared.MarkAsync(shared, applied.Item!, cancellationToken);
        bool isNewMark = marked.ResourceVersion() != applied.ResourceVersion;
        return applied with
        {
            // A share at what another environment serves changes nothing of it.
            Change =
                isNewMark && shared.Serves && applied.Change == ChangeKind.Unchanged
                    ? ChangeKind.Updated
                    : applied.Change,
            ResourceVersion = marked.ResourceVersion(),
            Item = marked,
            Note = SharedState.Join(applied.Note, shared.Note),
            ServedBy = shared.ServedBy,
        };
    }

    private async Task<AppliedObject> ApplyOneAsync(
        DesiredObject desired,
        string? before,
        Action<ApplyWait>? onWait,
        CancellationToken cancellationToken
    )
    {
        (ApplyResult result, string? why) = await _recreation.ApplyAsync(desired, onWait, cancellationToken);
        string? after = result.Item.ResourceVersion();
        ChangeKind change =
            why is not null ? ChangeKind.Recreated
            : result.IsCreated ? ChangeKind.Created
            : after == before ? ChangeKind.Unchanged
            : ChangeKind.Updated;
        return new AppliedObject(desired, change, after, result.Item) { Note = why };
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>A definition is established a moment before its kind is served, and there is nothing to watch for that.</summary>
    private async Task WaitForKindAsync(
        DesiredObject desired,
        string bringer,
        Action<ApplyWait>? onWait,
        CancellationToken cancellationToken
    )
    {
        (string apiVersion, string kind) = (desired.Reference.ApiVersion, desired.Reference.Kind);
        while (await client.Resources.FindAsync(apiVersion, kind, cancellationToken) is null)
        {
            string who = bringer == desired.Service ? "whose definition it brings itself" : $"which {bringer} brings";
            onWait?.Invoke(
                new ApplyWait(
                    $"waits for the kind {kind} of {apiVersion}, {who}",
                    $"See whether its kind is served: {ShellCommand.Kubectl(null, "api-resources")}; and what its definition says: "
                        + ShellCommand.Kubectl(null, "get", "customresourcedefinitions", "-o", "yaml")
                )
            );
            await Task.Delay(s_kindPause, options.TimeProvider, cancellationToken);
        }
    }
}
