using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>
/// Removes an environment: custom resources first, while their controllers still run, then the rest, then the
/// definitions that no other environment brings, the namespace last.
/// </summary>
internal sealed class Remover(
    KubernetesClient client,
    DirectDeliveryOptions options,
    string environment,
    string targetNamespace,
    Action<IReadOnlyList<CauseDocument>> onWait
)
{
    private const int HoldersShown = 5;

    public async Task<IReadOnlyList<ObjectChange>> RemoveAsync(CancellationToken cancellationToken)
    {
        long began = options.TimeProvider.GetTimestamp();
        var home = new EnvironmentNamespace(client, options, environment, targetNamespace);
        var shared = new SharedObjects(client, options, environment, targetNamespace);
        JsonObject? found = await home.FindOwnAsync(cancellationToken);
        // The rights in a namespace go with it, and it takes all along that is in it.
        bool isGoing = options.Account is not null && found.IsTerminating();
        if (found is not null && !isGoing)
        {
            await new EnvironmentRights(client, options, targetNamespace).EnsureAsync(cancellationToken);
        }
        var kept = new List<ObjectChange>();
        IReadOnlyList<ExistingObject> objects = found is null
            ? await shared.ListAsync(cancellationToken) // somebody else removed the namespace, and with it the inventory
            : await DeliveredAsync(isGoing, kept, cancellationToken);
        // What was applied last goes first.
        foreach (Wave wave in Enum.GetValues<Wave>().OrderDescending())
        {
            var targets = new List<ExistingObject>();
            foreach (ExistingObject item in objects.Where(item => WaveOf(item) == wave))
            {
                if (item.Reference.Namespace is not null)
                {
                    if (wave != Wave.Foundation && item.Environment == environment && !isGoing)
                    {
                        targets.Add(item); // the foundation serves others or goes with the namespace
                    }
                }
                else if (
                    await shared.ReleaseAsync(item.Reference, item.Service, true, cancellationToken) is { } release
                )
                {
                    if (release.Change.Change == ChangeKind.Pruned)
                    {
                        targets.Add(item);
                    }
                    else if (release.Heir is null || release.Problem is not null)
                    {
                        kept.Add(release.Change with { Note = release.Problem ?? release.Change.Note });
                    }
                }
            }
            await DeleteAsync([.. targets.Where(item => item.Reference.Namespace is not null)], cancellationToken);
            if (wave is Wave.Rest or Wave.Foundation)
            {
                await WaitGoneAsync([.. targets], Left(began), cancellationToken);
            }
        }
        if (objects.Any(item => item.Reference.Kind == "CustomResourceDefinition"))
        {
            await client.Resources.ListAsync(cancellationToken); // what was known of kinds is no longer true
        }
        if (found is not null)
        {
            await client.DeleteAsync(home.Reference, new DeleteOptions { Uid = found.Uid() }, cancellationToken);
            await home.WaitGoneAsync(Left(began), onWait, cancellationToken);
        }
        return kept;
    }

    private async Task<IReadOnlyList<ExistingObject>> DeliveredAsync(
        bool isGoing,
        List<ObjectChange> kept,
        CancellationToken cancellationToken
    )
    {
        Inventory inventory = await new InventoryStore(client, options.FieldManager).ReadAsync(
            environment,
            targetNamespace,
            cancellationToken
        );
        if (inventory.FluxRepository is { } repository)
        {
            // It is removed in our order, and without Flux: that may be gone, or told to leave it alone.
            if (!isGoing)
            {
                await new FluxWithdrawal(client, options, targetNamespace).RunAsync(cancellationToken);
            }
            if (await DeleteBuildsAsync(repository, cancellationToken) is { } problem)
            {
                kept.Add(new ObjectChange(ChangeKind.Kept, "", "", "Repository", null, repository) { Note = problem });
            }
        }
        ExistingObjects existing = await ExistingObjects.ListAsync(
            client,
            inventory.Entries.Values.Select(entry => entry.Reference),
            cancellationToken
        );
        return [.. inventory.Entries.Keys.Select(existing.Find).OfType<ExistingObject>()];
    }

    private async Task<string?> DeleteBuildsAsync(string repository, CancellationToken cancellationToken) =>
        await new FluxArtifacts(options).DeleteAsync(RepositoryName.Parse(repository), but: null, cancellationToken);

    private static Wave WaveOf(ExistingObject item) => KnownKinds.WaveOf(item.Reference.Group, item.Reference.Kind);

    private TimeSpan Left(long began)
    {
        TimeSpan left = options.RemovalTimeout - options.TimeProvider.GetElapsedTime(began);
        return left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
    }

    private Task DeleteAsync(ExistingObject[] targets, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            targets,
            new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = cancellationToken },
            async (target, token) =>
            {
                try
                {
                    await client.DeleteAsync(target.Reference, new DeleteOptions { Uid = target.Uid }, token);
                }
                catch (KubernetesException fault) when (fault.IsConflict)
                {
                    // Another object of that name, made since: the namespace takes it along.
                }
            }
        );

    private async Task WaitGoneAsync(ExistingObject[] targets, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (targets.Length == 0)
        {
            return;
        }
        using var deadline = new CancellationTokenSource(timeout, options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        await using var board = new ReadinessBoard(client, environment);
        IEnumerable<Task> watches = targets
            .Select(target => (target.Reference.ApiVersion, target.Reference.Kind, target.Reference.Namespace))
            .Distinct()
            .Select(kind =>
                board.WatchAsync(kind.ApiVersion, kind.Kind, kind.Namespace, kind.Namespace is not null, both.Token)
            );
        ObservedObject[] left = [];
        try
        {
            await Task.WhenAll(watches);
            while (true)
            {
                Task changed = board.Changed;
                board.ThrowIfBlind();
                left =
                [
                    .. targets
                        .Select(target => (target.Uid, Now: board.Find(ObjectKey.Of(target.Reference))))
                        .Where(pair => pair.Now is { IsDeleted: false } now && now.Item.Uid() == pair.Uid)
                        .Select(pair => pair.Now!),
                ];
                if (left.Length == 0)
                {
                    return;
                }
                onWait([.. left.Take(HoldersShown).Select(CauseOf)]);
                await changed.WaitAsync(both.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw NotGone(left, timeout);
        }
    }

    private static PlatformException NotGone(ObservedObject[] left, TimeSpan timeout)
    {
        IEnumerable<string> lines = left.Select(item => $"{ObjectReference.Of(item.Item)} {CauseOf(item).Message}");
        string edit = left is [var first, ..] ? $": {ObjectReference.Of(first.Item).Kubectl("edit")}" : ".";
        return new PlatformException(
            FailureKind.NotReadyInTime,
            $"Some objects are not gone after {timeout.TotalSeconds:0.#} s:\n  {string.Join("\n  ", lines)}",
            $"Make the controllers behind the finalizers run, or remove the finalizers, then remove again{edit}"
        );
    }

    private static CauseDocument CauseOf(ObservedObject item)
    {
        ObjectReference reference = ObjectReference.Of(item.Item);
        string why = item.Item.Awaited() ?? "is not gone yet";
        return new CauseDocument($"{reference.Kind} {reference.Name}", "Terminating", why);
    }
}
