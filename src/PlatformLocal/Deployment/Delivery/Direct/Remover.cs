namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Removes an environment: custom resources first, while their controllers still run, then the rest, the namespace last.</summary>
internal sealed class Remover(
    KubernetesClient client,
    DirectDeliveryOptions options,
    string environment,
    string targetNamespace
)
{
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        long began = options.TimeProvider.GetTimestamp();
        var home = new EnvironmentNamespace(client, options, environment, targetNamespace);
        if (await home.FindAsync(cancellationToken) is not { } found)
        {
            return;
        }
        Inventory inventory = await new InventoryStore(client, options.FieldManager).ReadAsync(
            environment,
            targetNamespace,
            cancellationToken
        );
        InventoryEntry[] entries = [.. inventory.Entries.Values.Where(entry => !IsShared(entry.Reference))];
        ExistingObjects existing = await ExistingObjects.ListAsync(
            client,
            entries.Select(entry => entry.Reference),
            cancellationToken
        );
        // What was applied last goes first; the foundation serves others or goes with the namespace.
        foreach (var wave in Enum.GetValues<Wave>().Where(w => w != Wave.Foundation).OrderDescending())
        {
            ExistingObject[] targets =
            [
                .. entries
                    .Where(entry => KnownKinds.WaveOf(entry.Reference.Group, entry.Reference.Kind) == wave)
                    .Select(entry => existing.Find(entry.Key))
                    .OfType<ExistingObject>()
                    .Where(target => target.Environment == environment),
            ];
            await DeleteAsync(targets, cancellationToken);
            if (wave == Wave.Rest)
            {
                await WaitGoneAsync(targets, Left(began), cancellationToken);
            }
        }
        if (found.Label(DeliveryLabels.Environment) == environment)
        {
            await client.DeleteAsync(home.Reference, new DeleteOptions { Uid = found.Uid() }, cancellationToken);
            await home.WaitGoneAsync(Left(began), cancellationToken);
        }
    }

    /// <summary>Definitions and volumes serve other environments and hold data; a namespace other than our own is not ours to delete.</summary>
    private static bool IsShared(ObjectReference reference) =>
        reference.Namespace is null && KeptKinds.Has(reference.Group, reference.Kind);

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
            .Select(kind => board.WatchAsync(kind.ApiVersion, kind.Kind, kind.Namespace, isOwnOnly: true, both.Token));
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
        IEnumerable<string> lines = left.Select(item =>
        {
            string finalizers = string.Join(", ", item.Item.Metadata().Texts("finalizers"));
            return $"{ObjectReference.Of(item.Item)}{(finalizers.Length == 0 ? "" : $" waits for the finalizers {finalizers}")}";
        });
        ObjectReference first = left.Length > 0 ? ObjectReference.Of(left[0].Item) : default;
        return new PlatformException(
            FailureKind.NotReadyInTime,
            $"Some objects are not gone after {timeout.TotalSeconds:0.#} s:\n  {string.Join("\n  ", lines)}",
            $"Make the controllers behind the finalizers run, or remove the finalizers: kubectl -n {first.Namespace} edit {first.Kind?.ToLowerInvariant()} {first.Name}; then remove again."
        );
    }
}
