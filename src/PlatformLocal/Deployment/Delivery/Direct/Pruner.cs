namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Decides about objects that were delivered before and no longer are, and deletes them.</summary>
/// <remarks>
/// Kept are: what somebody else labelled as theirs; what is annotated <c>platform.local/prune: disabled</c>; namespaces,
/// custom resource definitions, volumes and volume claims, because they hold data or serve others, unless annotated
/// <c>platform.local/prune: enabled</c>.
/// </remarks>
internal sealed class Pruner(KubernetesClient client, DirectDeliveryOptions options, string environment)
{
    private const int Attempts = 5;

    /// <summary>What will happen to an object.</summary>
    /// <returns>The change, or <see langword="null"/> when the object is gone or somebody else's: then it is none of ours.</returns>
    public ObjectChange? Decide(InventoryEntry entry, ExistingObject? existing)
    {
        if (existing is null || existing.Environment != environment)
        {
            return null;
        }
        ObjectReference reference = entry.Reference;
        string? keep =
            existing.Prune == "disabled" ? $"it is annotated {DeliveryLabels.Prune}: disabled"
            : existing.Prune != "enabled" && KeptKinds.Has(reference.Group, reference.Kind)
                ? $"a {reference.Kind} is only pruned when annotated {DeliveryLabels.Prune}: enabled"
            : null;
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
