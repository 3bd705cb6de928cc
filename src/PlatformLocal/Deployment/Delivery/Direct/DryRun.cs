using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Finds out what applying objects would do, by having the server try it.</summary>
/// <param name="client">The cluster.</param>
/// <param name="options">How to behave.</param>
/// <param name="state">What the objects are part of.</param>
/// <param name="previous">What was delivered before.</param>
/// <param name="existing">What is there.</param>
/// <param name="isNew">Whether the environment's namespace is yet to be made.</param>
internal sealed class DryRun(
    KubernetesClient client,
    DirectDeliveryOptions options,
    DesiredState state,
    Inventory previous,
    ExistingObjects existing,
    bool isNew
)
{
    private readonly SharedObjects _shared = state.SharedIn(client, options);
    private readonly Recreation _recreation = new(client, options);

    /// <summary>Looks at objects.</summary>
    /// <returns>What would become of each, in their order; and why objects are refused.</returns>
    public async Task<(IReadOnlyList<ObjectChange> Changes, IReadOnlyList<PlatformException> Refusals)> LookAsync(
        IReadOnlyList<DesiredObject> objects,
        CancellationToken cancellationToken
    )
    {
        var changes = new ObjectChange?[objects.Count];
        var faults = new PlatformException?[objects.Count];
        await Parallel.ForAsync(
            0,
            objects.Count,
            new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = cancellationToken },
            async (i, token) =>
            {
                try
                {
                    changes[i] = await DecideAsync(objects[i], token);
                }
                catch (PlatformException fault)
                {
                    faults[i] = fault;
                }
            }
        );
        return ([.. changes.OfType<ObjectChange>()], [.. faults.OfType<PlatformException>()]);
    }

    /// <summary>Compares an object with what the server would make of it.</summary>
    public Task<ChangeKind> CompareAsync(
        ObjectReference reference,
        JsonObject content,
        CancellationToken cancellationToken
    ) => CompareAsync(reference, content, options.Write, cancellationToken);

    private async Task<ChangeKind> CompareAsync(
        ObjectReference reference,
        JsonObject content,
        WriteOptions write,
        CancellationToken cancellationToken
    )
    {
        JsonObject? before = await client.FindAsync(reference, cancellationToken);
        ApplyResult after = await client.ApplyAsync(content, write with { DryRun = true }, cancellationToken);
        if (before is null)
        {
            return ChangeKind.Created;
        }
        Forget(before);
        Forget(after.Item);
        return JsonNode.DeepEquals(before, after.Item) ? ChangeKind.Unchanged : ChangeKind.Updated;
    }

    private async Task<ObjectChange> DecideAsync(DesiredObject desired, CancellationToken cancellationToken)
    {
        ObjectReference reference = desired.Reference;
        if (await client.Resources.FindAsync(reference.ApiVersion, reference.Kind, cancellationToken) is null)
        {
            // Without its definition the server could only say that it is missing.
            string bringer = state.NewKinds.GetValueOrDefault((reference.ApiVersion, reference.Kind), desired.Service);
            return desired.Change(ChangeKind.Created) with
            {
                NotChecked = $"the kind {reference.Kind} comes with {bringer}",
            };
        }
        if (isNew && reference.Namespace == state.Request.Namespace)
        {
            return desired.Change(ChangeKind.Created) with
            {
                NotChecked = await TryElsewhereAsync(desired, cancellationToken),
            };
        }
        if (existing.Find(desired.Key) is not { } before)
        {
            return await DecideAmongAllAsync(desired, cancellationToken);
        }
        if (previous.IsUntouched(desired, before))
        {
            return desired.Change(ChangeKind.Unchanged);
        }
        ObjectChange change = await DecideAmongAllAsync(desired, cancellationToken);
        // Whatever is changed of it goes with it.
        return before.Item.IsTerminating()
            ? change with
            {
                Change = ChangeKind.Recreated,
                Note = SharedState.Join(
                    $"it {ReadinessRules.Of(before.Item).Message}, and is made again when it is gone",
                    change.Note
                ),
            }
            : change;
    }

    private async Task<ObjectChange> DecideAmongAllAsync(DesiredObject desired, CancellationToken cancellationToken)
    {
        if (!desired.IsShared)
        {
            return await CompareAsync(desired, cancellationToken);
        }
        SharedState shared = await _shared.LookAsync(desired, state.VersionOf(desired), cancellationToken);
        if (!shared.Serves)
        {
            return desired.Change(ChangeKind.Unchanged) with { Note = shared.Note, ServedBy = shared.ServedBy };
        }
        ObjectChange change = await CompareAsync(desired, cancellationToken);
        return change with
        {
            Change = change.Change == ChangeKind.Unchanged && !shared.IsMarked ? ChangeKind.Updated : change.Change,
            Note = SharedState.Join(change.Note, shared.Note),
        };
    }

    private async Task<ObjectChange> CompareAsync(DesiredObject desired, CancellationToken cancellationToken)
    {
        try
        {
            return desired.Change(
                await CompareAsync(desired.Reference, desired.Content, options.WriteOf(desired), cancellationToken)
            );
        }
        catch (KubernetesException fault)
        {
            string why = await _recreation.DecideAsync(desired, fault, cancellationToken);
            return desired.Change(ChangeKind.Recreated) with { Note = why };
        }
    }

    /// <summary>
    /// Has the server look at an object whose namespace is not there yet, in one that is: what it says of the object itself
    /// holds in any.
    /// </summary>
    /// <returns>Why the server could not look at it; <see langword="null"/> when it did.</returns>
    private async Task<string?> TryElsewhereAsync(DesiredObject desired, CancellationToken cancellationToken)
    {
        ObjectReference there = desired.Reference with { Namespace = options.TrialNamespace };
        var content = (JsonObject)desired.Content.DeepClone();
        content.Metadata()!["namespace"] = options.TrialNamespace;
        try
        {
            if (await client.FindAsync(there, cancellationToken) is not null)
            {
                return $"its namespace is not there yet, and in {options.TrialNamespace}, where it would be tried, is another one of its name";
            }
            await client.ApplyAsync(content, options.Write with { DryRun = true }, cancellationToken);
            return null;
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
        catch (KubernetesException fault)
        {
            // Rights, quotas and webhooks of that namespace say nothing of the environment's.
            return $"its namespace is not there yet, and {options.TrialNamespace} refuses to try it: {fault.ServerMessage.TrimEnd('.')}";
        }
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
