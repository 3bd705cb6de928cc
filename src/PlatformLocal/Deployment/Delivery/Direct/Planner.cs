namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Finds out by dry runs what a delivery would do.</summary>
internal sealed class Planner(KubernetesClient client, DirectDeliveryOptions options, DesiredState state)
{
    public async Task<IReadOnlyList<ObjectChange>> PlanAsync(CancellationToken cancellationToken)
    {
        DeliveryRequest request = state.Request;
        var home = new EnvironmentNamespace(client, options, request.Environment, request.Namespace);
        JsonObject? before = await home.FindAsync(cancellationToken);
        // One that is being deleted will be gone with all it holds.
        bool isNew = before is null || before.IsTerminating();
        if (!isNew)
        {
            // A dry run takes the rights of a delivery: one that an earlier version made has none yet.
            await new EnvironmentRights(client, options, request.Namespace).EnsureAsync(cancellationToken);
        }

        Inventory previous = isNew
            ? Inventory.Empty(request.Environment)
            : await new InventoryStore(client, options.FieldManager).ReadAsync(
                request.Environment,
                request.Namespace,
                cancellationToken
            );
        ExistingObjects existing = await ExistingObjects.ListAsync(
            client,
            DirectDelivery
                .References(state, previous)
                .Where(reference => !isNew || reference.Namespace != request.Namespace),
            cancellationToken
        );

        var trial = new DryRun(client, options, state, previous, existing, isNew);
        ObjectChange homeChange =
            before.IsTerminating() ? await home.PlanAgainAsync(cancellationToken)
            : isNew ? home.Change(ChangeKind.Created)
            : home.Change(await trial.CompareAsync(home.Reference, state.Namespace, cancellationToken));
        (IReadOnlyList<ObjectChange> applied, IReadOnlyList<PlatformException> refusals) = await trial.LookAsync(
            state.Objects,
            cancellationToken
        );
        ThrowOn(refusals);
        HashSet<ObjectKey> wanted = [.. state.Objects.Select(item => item.Key)];
        var pruner = new Pruner(client, options, request.Environment, state.SharedIn(client, options));
        ObjectChange?[] pruned = await Task.WhenAll(
            previous
                .Entries.Values.Where(entry => !wanted.Contains(entry.Key))
                .Select(entry => pruner.PlanAsync(entry, existing.Find(entry.Key), cancellationToken))
        );
        return [homeChange, .. applied, .. pruned.OfType<ObjectChange>()];
    }

    private static void ThrowOn(IReadOnlyList<PlatformException> refusals)
    {
        if (refusals is [var only])
        {
            throw only;
        }
        if (refusals.Count > 0)
        {
            throw new PlatformException(
                refusals.Select(fault => fault.Kind).Distinct().Count() == 1 ? refusals[0].Kind : FailureKind.Failed,
                $"The cluster refuses {Counted.Of(refusals.Count, "object")}:\n  {string.Join("\n  ", refusals.Select(fault => fault.Message))}",
                string.Join(
                    '\n',
                    refusals.Select(fault => fault.NextStep).OfType<string>().Distinct(StringComparer.Ordinal)
                ),
                new AggregateException(refusals)
            );
        }
    }
}
