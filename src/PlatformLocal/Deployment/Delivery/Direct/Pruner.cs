namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Decides about objects that were delivered before and no longer are, and deletes them.</summary>
/// <remarks>
/// Kept are: what somebody else labelled as theirs; what other environments bring too; what is annotated <c>platform.local/prune: disabled</c>; namespaces,
/// custom resource definitions, volumes and volume claims, because they hold data or serve others, unless annotated
/// <c>platform.local/prune: enabled</c>.
/// </remarks>
internal sealed class Pruner(
    KubernetesClient client,
    DirectDeliveryOptions options,
    string environment,
    SharedObjects shared
)
{
    private const int Attempts = 5;

    /// <summary>What will happen to an object.</summary>
    /// <returns>The change, or <see langword="null"/> when the object is gone or somebody else's: then it is none of ours.</returns>
    public async Task<ObjectChange?> PlanAsync(
        InventoryEntry entry,
        ExistingObject? existing,
        CancellationToken cancellationToken
    ) =>
        entry.Reference.Namespace is null
            ? await shared.PlanReleaseAsync(entry.Reference, entry.Service, isLeaving: false, cancellationToken)
            : Decide(entry, existing);

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
    public async Task<IReadOnlyList<ObjectChange>> PruneAsync(
        IReadOnlyList<InventoryEntry> entries,
        ExistingObjects existing,
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
        return [.. changes.OfType<ObjectChange>()];
    }

    private async Task<ObjectChange?> PruneOneAsync(
        InventoryEntry entry,
        ExistingObject? existing,
        CancellationToken cancellationToken
    )
    {
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
