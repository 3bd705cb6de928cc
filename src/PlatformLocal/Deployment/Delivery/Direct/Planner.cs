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

        ChangeKind homeChange = isNew
            ? ChangeKind.Created
            : await CompareAsync(home.Reference, state.Namespace, cancellationToken);
        ObjectChange[] applied = await ApplyAllAsync(previous, existing, isNew, cancellationToken);
        HashSet<ObjectKey> wanted = [.. state.Objects.Select(item => item.Key)];
        var pruner = new Pruner(client, options, request.Environment, state.SharedIn(client, options));
        ObjectChange?[] pruned = await Task.WhenAll(
            previous
                .Entries.Values.Where(entry => !wanted.Contains(entry.Key))
                .Select(entry => pruner.PlanAsync(entry, existing.Find(entry.Key), cancellationToken))
        );
        return [home.Change(homeChange), .. applied, .. pruned.OfType<ObjectChange>()];
    }

    private async Task<ObjectChange[]> ApplyAllAsync(
        Inventory previous,
        ExistingObjects existing,
        bool isNew,
        CancellationToken cancellationToken
    )
    {
        using var applier = new ObjectApplier(client, options, state, previous, existing);
        SharedObjects sharing = state.SharedIn(client, options);
        var recreation = new Recreation(client, options);
        var changes = new ObjectChange[state.Objects.Count];
        var faults = new PlatformException?[state.Objects.Count];
        await Parallel.ForAsync(
            0,
            changes.Length,
            new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = cancellationToken },
            async (i, token) =>
            {
                DesiredObject desired = state.Objects[i];
                try
                {
                    changes[i] = await DecideAsync(desired, token);
                }
                catch (PlatformException fault)
                {
                    faults[i] = fault;
                }
            }
        );
        PlatformException[] all = [.. faults.OfType<PlatformException>()];
        return all.Length switch
        {
            0 => changes,
            1 => throw all[0],
            _ => throw new PlatformException(
                all.Select(fault => fault.Kind).Distinct().Count() == 1 ? all[0].Kind : FailureKind.Failed,
                $"The cluster refuses {all.Length} objects:\n  {string.Join("\n  ", all.Select(fault => fault.Message))}",
                string.Join(
                    '\n',
                    all.Select(fault => fault.NextStep).OfType<string>().Distinct(StringComparer.Ordinal)
                ),
                new AggregateException(all)
            ),
        };

        async Task<ObjectChange> DecideAsync(DesiredObject desired, CancellationToken token)
        {
            ObjectReference reference = desired.Reference;
            ExistingObject? before = existing.Find(desired.Key);
            if (await client.Resources.FindAsync(reference.ApiVersion, reference.Kind, token) is null)
            {
                // Without its definition the server could only say that it is missing.
                return desired.Change(ChangeKind.Created);
            }
            if (isNew && reference.Namespace == state.Request.Namespace)
            {
                await RequireValidAsync(desired, token);
                return desired.Change(ChangeKind.Created);
            }
            if (before is not null && applier.IsUntouched(desired, before))
            {
                return desired.Change(ChangeKind.Unchanged);
            }
            if (!desired.IsShared)
            {
                return await CompareOneAsync(desired, token);
            }
            SharedState shared = await sharing.LookAsync(desired, state.VersionOf(desired), token);
            if (!shared.Serves)
            {
                return desired.Change(ChangeKind.Unchanged) with { Note = shared.Note, ServedBy = shared.ServedBy };
            }
            ObjectChange change = await CompareOneAsync(desired, token);
            return change with
            {
                Change = change.Change == ChangeKind.Unchanged && !shared.IsMarked ? ChangeKind.Updated : change.Change,
                Note = SharedState.Join(change.Note, shared.Note),
            };
        }

        async Task<ObjectChange> CompareOneAsync(DesiredObject desired, CancellationToken token)
        {
            try
            {
                return desired.Change(await CompareAsync(desired.Reference, desired.Content, token));
            }
            catch (KubernetesException fault)
            {
                string why = await recreation.DecideAsync(desired, fault, token);
                return desired.Change(ChangeKind.Recreated) with { Note = why };
            }
        }
    }

    /// <summary>
    /// Has the server look at an object whose namespace is not there yet, in one that is: what it says of the object itself
    /// holds in any.
    /// </summary>
    private async Task RequireValidAsync(DesiredObject desired, CancellationToken cancellationToken)
    {
        string elsewhere = options.TrialNamespace;
        ObjectReference there = desired.Reference with { Namespace = elsewhere };
        var content = (JsonObject)desired.Content.DeepClone();
        content.Metadata()!["namespace"] = elsewhere;
        try
        {
            if (await client.FindAsync(there, cancellationToken) is null)
            {
                await client.ApplyAsync(content, options.Write with { DryRun = true }, cancellationToken);
            }
        }
        catch (KubernetesException fault) when (fault.Kind == FailureKind.InvalidInput)
        {
            throw new PlatformException(
                fault.Kind,
                fault.Message.Replace(there.ToString(), desired.Reference.ToString(), StringComparison.Ordinal),
                fault.NextStep,
                fault
            );
        }
        catch (KubernetesException)
        {
            // Rights, quotas and webhooks of that namespace say nothing of the environment's.
        }
    }

    private async Task<ChangeKind> CompareAsync(
        ObjectReference reference,
        JsonObject content,
        CancellationToken cancellationToken
    )
    {
        JsonObject? before = await client.FindAsync(reference, cancellationToken);
        ApplyResult after = await client.ApplyAsync(content, options.Write with { DryRun = true }, cancellationToken);
        if (before is null)
        {
            return ChangeKind.Created;
        }
        Forget(before);
        Forget(after.Item);
        return JsonNode.DeepEquals(before, after.Item) ? ChangeKind.Unchanged : ChangeKind.Updated;
    }

    /// <summary>Removes what differs between two looks at the same object: who owns a field counts, since when does not.</summary>
    private static void Forget(JsonObject item)
    {
        JsonObject metadata = item.Metadata() ?? [];
        metadata.Remove("resourceVersion");
        metadata.Remove("generation");
        foreach (JsonObject entry in metadata.Items("managedFields"))
        {
            entry.Remove("time");
        }
    }
}
