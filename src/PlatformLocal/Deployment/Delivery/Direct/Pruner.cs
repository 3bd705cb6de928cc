namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Decides about objects that were delivered before and no longer are, and deletes them.</summary>
/// <remarks>
/// Kept are: what somebody else labelled as theirs; what other environments bring too; what is annotated <c>platform.local/prune: disabled</c>; namespaces,
/// custom resource definitions, volumes and volume claims, because they hold data or serve others, unless annotated
/// <c>platform.local/prune: enabled</c>. What finalizers hold is waited for a moment, and then told of until it is gone.
/// </remarks>
internal sealed class Pruner(
    KubernetesClient client,
    DirectDeliveryOptions options,
    string environment,
    SharedObjects shared
)
{
    private const int Attempts = 5;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<ObjectKey, string> _held = new();

    /// <summary>What was deleted and is not gone because finalizers hold it, with what to say of it.</summary>
    public IReadOnlyDictionary<ObjectKey, string> Held => _held;

    /// <summary>What an object waits for that is being deleted; <see langword="null"/> when it is not, or nothing holds it.</summary>
    public static string? HeldBy(JsonObject? item) =>
        item.IsTerminating() && item.Awaited() is { } awaited ? $"is being deleted and {awaited}" : null;

    /// <summary>That an object is held which is no longer wanted, with what to do: a whole sentence and a command.</summary>
    public static string? Remark(ObjectReference reference, JsonObject? item) =>
        HeldBy(item) is { } held
            ? $"{reference} is no longer wanted, {held}. See whether that which takes finalizers away runs; "
                + $"if it never will, take them away by hand: {reference.Kubectl("edit")}"
            : null;

    /// <summary>What will happen to an object.</summary>
    /// <returns>The change, or <see langword="null"/> when the object is gone or somebody else's: then it is none of ours.</returns>
    public async Task<ObjectChange?> PlanAsync(
        InventoryEntry entry,
        ExistingObject? existing,
        CancellationToken cancellationToken
    ) =>
        HeldOf(entry, existing?.Item)
        ?? (
            entry.Reference.Namespace is null
                ? await shared.PlanReleaseAsync(entry.Reference, entry.Service, isLeaving: false, cancellationToken)
                : Decide(entry, existing)
        );

    /// <summary>Why an object stays that nobody brings any more; <see langword="null"/> when it does not.</summary>
    /// <param name="reference">Which object.</param>
    /// <param name="prune">Its annotation.</param>
    /// <param name="isLeaving">Whether its environment goes: then a definition, which serves nobody any more, does too.</param>
    public static string? KeepReason(ObjectReference reference, string? prune, bool isLeaving) =>
        prune == "disabled" ? $"it is annotated {DeliveryLabels.Prune}: disabled"
        : prune != "enabled"
        && KeptKinds.Has(reference.Group, reference.Kind)
        && !(isLeaving && reference.Kind == "CustomResourceDefinition")
            ? $"a {reference.Kind} is only pruned when annotated {DeliveryLabels.Prune}: enabled"
        : null;

    private ObjectChange? Decide(InventoryEntry entry, ExistingObject? existing)
    {
        if (existing is null || existing.Environment != environment)
        {
            return null;
        }
        ObjectReference reference = entry.Reference;
        string? keep = KeepReason(reference, existing.Prune, isLeaving: false);
        return new ObjectChange(
            keep is null ? ChangeKind.Pruned : ChangeKind.Kept,
            entry.Service,
            reference.ApiVersion,
            reference.Kind,
            reference.Namespace,
            reference.Name
        )
        {
            Note = keep,
        };
    }

    /// <summary>Deletes what is to be pruned.</summary>
    /// <param name="entries">What is no longer delivered.</param>
    /// <param name="existing">What was there before the delivery.</param>
    /// <param name="onWait">Is told what holds what was deleted.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public async Task<IReadOnlyList<ObjectChange>> PruneAsync(
        IReadOnlyList<InventoryEntry> entries,
        ExistingObjects existing,
        Action<IReadOnlyList<CauseDocument>> onWait,
        CancellationToken cancellationToken
    )
    {
        var changes = new ObjectChange?[entries.Count];
        await Parallel.ForAsync(
            0,
            entries.Count,
            new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = cancellationToken },
            async (i, token) => changes[i] = await PruneOneAsync(entries[i], existing.Find(entries[i].Key), token)
        );
        (int Index, string? Uid)[] leaving =
        [
            .. changes
                .Index()
                .Where(c => c.Item is { Change: ChangeKind.Pruned })
                .Select(c => (c.Index, existing.Find(entries[c.Index].Key)?.Item))
                .Where(c => c.Item.Metadata().Texts("finalizers").Any())
                .Select(c => (c.Index, c.Item.Uid())),
        ];
        long began = options.TimeProvider.GetTimestamp();
        while (leaving.Length > 0)
        {
            var left = new List<(int Index, string? Uid, JsonObject Now)>();
            foreach ((int index, string? uid) in leaving)
            {
                JsonObject? now = await client.FindAsync(entries[index].Reference, cancellationToken);
                if (now.Uid() == uid && HeldBy(now) is not null)
                {
                    left.Add((index, uid, now!));
                }
            }
            leaving = [.. left.Select(item => (item.Index, item.Uid))];
            onWait([
                .. left.Select(item => new CauseDocument(
                    $"{entries[item.Index].Reference.Kind} {entries[item.Index].Reference.Name}",
                    "Terminating",
                    HeldBy(item.Now)!
                )),
            ]);
            if (options.TimeProvider.GetElapsedTime(began) >= s_patience)
            {
                foreach ((int index, _, JsonObject now) in left)
                {
                    changes[index] = HeldOf(entries[index], now);
                }
                break;
            }
            await Task.Delay(left.Count == 0 ? TimeSpan.Zero : s_pause, options.TimeProvider, cancellationToken);
        }
        return [.. changes.OfType<ObjectChange>()];
    }

    /// <summary>What becomes of an object that is ours and held; <see langword="null"/> when it is not.</summary>
    private ObjectChange? HeldOf(InventoryEntry entry, JsonObject? item)
    {
        ObjectReference reference = entry.Reference;
        bool isOurs =
            item is not null
            && (
                reference.Namespace is not null
                    ? item.Label(DeliveryLabels.Environment) == environment
                    : Share.Of(item).Any(share => share.Environment == environment)
            );
        if (!isOurs || HeldBy(item) is not { } held)
        {
            return null;
        }
        _held[entry.Key] = Remark(reference, item)!;
        return new ObjectChange(
            ChangeKind.Kept,
            entry.Service,
            reference.ApiVersion,
            reference.Kind,
            reference.Namespace,
            reference.Name
        )
        {
            Note = $"it {held}",
        };
    }

    private async Task<ObjectChange?> PruneOneAsync(
        InventoryEntry entry,
        ExistingObject? existing,
        CancellationToken cancellationToken
    )
    {
        if (HeldOf(entry, existing?.Item) is { } held)
        {
            return held;
        }
        if (entry.Reference.Namespace is null)
        {
            return (
                await shared.ReleaseAsync(entry.Reference, entry.Service, isLeaving: false, cancellationToken)
            )?.Change;
        }
        for (int attempt = 1; ; attempt++)
        {
            ObjectChange? change = Decide(entry, existing);
            if (change is not { Change: ChangeKind.Pruned })
            {
                return change;
            }
            try
            {
                // In this very state only: the label or the annotation may be changed in this moment.
                var exactly = new DeleteOptions { Uid = existing!.Uid, ResourceVersion = existing.ResourceVersion };
                await client.DeleteAsync(entry.Reference, exactly, cancellationToken);
                return change;
            }
            catch (KubernetesException fault) when (fault.IsConflict && attempt < Attempts)
            {
                JsonObject? now = await client.FindAsync(entry.Reference, cancellationToken);
                existing = now is null ? null : new ExistingObject(entry.Reference, now);
            }
        }
    }
}
