using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>
/// Gets the rendered manifests of an environment into a cluster, and out of it, with nothing but the API server:
/// server-side apply, an inventory in the cluster, watches.
/// </summary>
/// <param name="client">The cluster; stays the caller's to dispose.</param>
/// <param name="options">How to behave; the defaults when <see langword="null"/>.</param>
public sealed class DirectDelivery(KubernetesClient client, DirectDeliveryOptions? options = null) : IDelivery
{
    private readonly DirectDeliveryOptions _options = options ?? new DirectDeliveryOptions();

    /// <inheritdoc/>
    public DeliveryKind Kind => DeliveryKind.Direct;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ObjectChange>> PlanAsync(
        DeliveryRequest request,
        CancellationToken cancellationToken
    )
    {
        DesiredState state = await DesiredState.FromAsync(request, client.Resources, cancellationToken);
        return await new Planner(client, _options, state).PlanAsync(cancellationToken);
    }

    /// <summary>Says what a delivery into a cluster that is yet to be made would create.</summary>
    /// <param name="request">The whole environment as it should be.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The request cannot be delivered.</exception>
    public async Task<IReadOnlyList<ObjectChange>> PlanForNewClusterAsync(
        DeliveryRequest request,
        CancellationToken cancellationToken
    )
    {
        DesiredState state = await DesiredState.FromAsync(request, client.Resources, cancellationToken);
        var home = new EnvironmentNamespace(client, _options, request.Environment, request.Namespace);
        return
        [
            home.Change(ChangeKind.Created),
            .. state.Objects.Select(item =>
                item.Change(ChangeKind.Created) with
                {
                    NotChecked = "its cluster is yet to be made",
                }
            ),
        ];
    }

    /// <summary>Looks whether an environment may have its namespace: there is none yet, or it is its own.</summary>
    /// <param name="environment">The environment's name.</param>
    /// <param name="targetNamespace">The namespace it is to be delivered into.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">
    /// The namespace belongs to another environment, or the platform did not make it; or the cluster cannot be asked.
    /// </exception>
    public Task RequireNamespaceAsync(
        string environment,
        string targetNamespace,
        CancellationToken cancellationToken
    ) => new EnvironmentNamespace(client, _options, environment, targetNamespace).FindAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<DeliveryResult> DeliverAsync(
        DeliveryRequest request,
        IProgress<ServiceProgress> progress,
        CancellationToken cancellationToken
    )
    {
        DesiredState state = await DesiredState.FromAsync(request, client.Resources, cancellationToken);
        var home = new EnvironmentNamespace(client, _options, request.Environment, request.Namespace);
        (ObjectChange homeChange, bool isNew) = await home.EnsureAsync(
            state.Namespace,
            causes => progress.Report(ServiceProgress.OfEnvironment(causes)),
            cancellationToken
        );

        var store = new InventoryStore(client, _options.FieldManager);
        Inventory previous = isNew
            ? Inventory.Empty(request.Environment)
            : await store.ReadAsync(request.Environment, request.Namespace, cancellationToken);
        ExistingObjects existing = await ExistingObjects.ListAsync(
            client,
            References(state, previous).Where(reference => !isNew || reference.Namespace != request.Namespace),
            cancellationToken
        );
        Inventory union = previous.Union(state.Objects);
        if (union.Entries.Count > previous.Entries.Count)
        {
            // Before anything is applied: a crash from here on loses nothing.
            await store.WriteAsync(union, request.Namespace, cancellationToken);
        }
        if (previous.FluxRepository is not null)
        {
            existing = await TakeBackAsync(state, previous, existing, cancellationToken);
        }

        using var applier = new ObjectApplier(client, _options, state, previous, existing);
        var trial = new DryRun(client, _options, state, previous, existing, isNew: false);
        await using var board = new ReadinessBoard(client, request.Environment);
        var run = new ServiceRun(client, _options, state, applier, trial, board, progress);
        await run.ApplyOwnAsync(cancellationToken);
        await run.RunAsync(cancellationToken);

        HashSet<ObjectKey> wanted = [.. state.Objects.Select(item => item.Key)];
        InventoryEntry[] dropped = [.. previous.Entries.Values.Where(entry => !wanted.Contains(entry.Key))];
        var pruner = new Pruner(client, _options, request.Environment, state.SharedIn(client, _options));
        IReadOnlyList<ObjectChange> pruned = await pruner.PruneAsync(
            dropped,
            existing,
            causes => progress.Report(ServiceProgress.OfEnvironment(causes)),
            cancellationToken
        );

        Inventory final = FinalInventory(
            state,
            item => run.Applied[item.Key].ResourceVersion,
            dropped,
            pruned,
            pruner.Held
        ) with
        {
            FluxRepository = await LeftInAsync(previous.FluxRepository, cancellationToken),
        };
        if (!AreEqual(final, previous))
        {
            await store.WriteAsync(final, request.Namespace, cancellationToken);
        }
        ObjectChange[] applied =
        [
            .. state.Objects.Select(item =>
                item.Change(run.Applied[item.Key].Change) with
                {
                    Note = run.Applied[item.Key].Note,
                    ServedBy = run.Applied[item.Key].ServedBy,
                }
            ),
        ];
        return new DeliveryResult([homeChange, .. applied, .. pruned])
        {
            Remarks =
            [
                .. applied.Where(c => c.ServedBy is not null).Select(c => $"{c.Kind} {c.Name}: {c.Note}."),
                .. pruner.Held.Values,
            ],
        };
    }

    /// <summary>
    /// Deletes everything that was delivered for an environment, its namespace last, and waits until it is gone. A
    /// namespace that is not the environment's stays as it is.
    /// </summary>
    /// <param name="environment">The environment's name.</param>
    /// <param name="targetNamespace">The namespace it was delivered into.</param>
    /// <param name="onWait">Is told what is not gone yet and why.</param>
    /// <param name="cancellationToken">Stops waiting; deletions already asked for go on.</param>
    /// <exception cref="PlatformException">Something could not be deleted in time; names what remains and its finalizers.</exception>
    /// <returns>What stays although it was delivered for the environment, with the reasons.</returns>
    public Task<IReadOnlyList<ObjectChange>> RemoveAsync(
        string environment,
        string targetNamespace,
        Action<IReadOnlyList<CauseDocument>> onWait,
        CancellationToken cancellationToken
    ) => new Remover(client, _options, environment, targetNamespace, onWait).RemoveAsync(cancellationToken);

    /// <summary>
    /// Takes an environment back from Flux: what it was asked for goes, what it applied stays and is ours. Whoever is
    /// broken off here goes on here, as the inventory says that Flux delivers until the end.
    /// </summary>
    /// <returns>The objects as they are then.</returns>
    private async Task<ExistingObjects> TakeBackAsync(
        DesiredState state,
        Inventory previous,
        ExistingObjects existing,
        CancellationToken cancellationToken
    )
    {
        await new FluxWithdrawal(client, _options, state.Request.Namespace).RunAsync(cancellationToken);
        await FieldHandover.RunAsync(
            client,
            existing.All.Where(item => previous.Entries.ContainsKey(ObjectKey.Of(item.Reference))),
            FluxKinds.FieldManager,
            _options.FieldManager,
            _options.Parallelism,
            cancellationToken
        );
        return await ExistingObjects.ListAsync(client, References(state, previous), cancellationToken);
    }

    /// <summary>
    /// Deletes the builds that Flux had. A registry that is away holds nobody up: it is asked again by the next delivery.
    /// </summary>
    /// <returns>The repository, while there may be something in it.</returns>
    private async Task<string?> LeftInAsync(string? repository, CancellationToken cancellationToken) =>
        repository is not null
        && await new FluxArtifacts(_options).DeleteAsync(RepositoryName.Parse(repository), null, cancellationToken)
            is not null
            ? repository
            : null;

    /// <inheritdoc cref="RemoveAsync(string, string, Action{IReadOnlyList{CauseDocument}}, CancellationToken)"/>
    public Task<IReadOnlyList<ObjectChange>> RemoveAsync(
        string environment,
        string targetNamespace,
        CancellationToken cancellationToken
    ) => RemoveAsync(environment, targetNamespace, _ => { }, cancellationToken);

    /// <summary>
    /// What is not as its delivery wants it although it is done: what an environment brings outside of its namespace and is
    /// not in force, because another environment's version serves all; and what is deleted and not gone, wanted or not.
    /// </summary>
    /// <param name="environment">The environment's name.</param>
    /// <param name="targetNamespace">The namespace it was delivered into.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The cluster cannot be asked.</exception>
    public async Task<DeliveredLook> LookAsync(
        string environment,
        string targetNamespace,
        CancellationToken cancellationToken
    )
    {
        Inventory inventory = await new InventoryStore(client, _options.FieldManager).ReadAsync(
            environment,
            targetNamespace,
            cancellationToken
        );
        var told = new List<string>();
        foreach (
            InventoryEntry entry in inventory.Entries.Values.Where(entry =>
                entry.Reference.Namespace is null || entry.Hash is null
            )
        )
        {
            if (
                await client.Resources.FindAsync(entry.Reference.ApiVersion, entry.Reference.Kind, cancellationToken)
                    is null
                || await client.FindAsync(entry.Reference, cancellationToken) is not { } live
            )
            {
                continue;
            }
            if (entry.Hash is null && Pruner.Remark(entry.Reference, live) is { } held)
            {
                told.Add(held);
            }
            else if (entry.Reference.Namespace is null && SharedState.NotInForce(live, environment) is { } note)
            {
                told.Add($"{entry.Reference}: {note}.");
            }
        }
        (string Service, CauseDocument Cause)[] leaving =
        [
            .. (await LeavingAsync(inventory, cancellationToken)).Select(left =>
                (
                    left.Service,
                    new CauseDocument(
                        $"{left.Reference.Kind} {left.Reference.Name}",
                        "Terminating",
                        ReadinessRules.Of(left.Item).Message
                    )
                )
            ),
        ];
        // Of what no service has, and of what is Flux's, a delivery waits for nothing.
        bool IsAwaited((string Service, CauseDocument Cause) one) =>
            one.Service.Length > 0 && inventory.FluxRepository is null;
        told.AddRange(
            leaving
                .Where(one => !IsAwaited(one))
                .Select(one => $"{one.Cause.Subject} {one.Cause.Message}: when it is gone, it is made again.")
        );
        return new DeliveredLook(
            told,
            leaving.Where(IsAwaited).ToLookup(one => one.Service, one => one.Cause, StringComparer.Ordinal)
        );
    }

    /// <summary>What is wanted and on its way out.</summary>
    private async Task<IEnumerable<(string Service, ObjectReference Reference, JsonObject Item)>> LeavingAsync(
        Inventory inventory,
        CancellationToken cancellationToken
    )
    {
        InventoryEntry[] wanted = [.. inventory.Entries.Values.Where(entry => entry.Hash is not null)];
        ExistingObjects existing = await ExistingObjects.ListAsync(
            client,
            wanted.Select(entry => entry.Reference),
            cancellationToken
        );
        return wanted
            .Select(entry => (entry.Service, entry.Reference, existing.Find(entry.Key)?.Item))
            .Where(entry => entry.Item.IsTerminating())
            .Select(entry => (entry.Service, entry.Reference, entry.Item!));
    }

    internal static IEnumerable<ObjectReference> References(DesiredState state, Inventory previous) =>
        state.Objects.Select(item => item.Reference).Concat(previous.Entries.Values.Select(entry => entry.Reference));

    internal static Inventory FinalInventory(
        DesiredState state,
        Func<DesiredObject, string?> versionOf,
        InventoryEntry[] dropped,
        IReadOnlyList<ObjectChange> pruned,
        IReadOnlyDictionary<ObjectKey, string> held
    )
    {
        // What is kept stays known, so that it is told again and can still be pruned once it is annotated.
        HashSet<ObjectKey> kept =
        [
            .. pruned
                .Where(change => change.Change == ChangeKind.Kept)
                .Select(change =>
                    ObjectKey.Of(new ObjectReference(change.ApiVersion, change.Kind, change.Namespace, change.Name))
                ),
        ];
        return Inventory.Of(
            state.Request.Environment,
            state
                .Objects.Select(item => new InventoryEntry(item.Reference, item.Service, versionOf(item), item.Hash))
                .Concat(
                    dropped
                        .Where(entry => kept.Contains(entry.Key))
                        // Of what is on its way out no state is the one that was delivered: it is looked at each time.
                        .Select(entry =>
                            held.ContainsKey(entry.Key) ? entry with { ResourceVersion = null, Hash = null } : entry
                        )
                )
        );
    }

    internal static bool AreEqual(Inventory left, Inventory right) =>
        left.FluxRepository == right.FluxRepository
        && left.Entries.Count == right.Entries.Count
        && left.Entries.All(pair =>
            right.Entries.TryGetValue(pair.Key, out InventoryEntry? other) && other == pair.Value
        );
}
