using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Delivery.Flux;

/// <summary>
/// Has Flux get environments into a cluster: the build is one artifact in the platform's registry, each service is a
/// Kustomization of it. What must not be in a registry or needs more rights than an environment has, the platform
/// applies itself.
/// </summary>
/// <param name="client">The cluster; stays the caller's to dispose.</param>
/// <param name="flux">How Flux is asked.</param>
/// <param name="options">How to behave; the defaults when <see langword="null"/>.</param>
public sealed class FluxDelivery(
    KubernetesClient client,
    FluxDeliveryOptions flux,
    DirectDeliveryOptions? options = null
) : IDelivery
{
    private readonly DirectDeliveryOptions _options = options ?? new DirectDeliveryOptions();

    /// <inheritdoc/>
    public DeliveryKind Kind => DeliveryKind.Flux;

    /// <summary>Deletes the builds of all environments in a cluster that goes with everything in it.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="options">How registries are talked to.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Which stay, and why: whole sentences.</returns>
    /// <exception cref="PlatformException">The cluster cannot be asked.</exception>
    public static async Task<IReadOnlyList<string>> DeleteBuildsAsync(
        KubernetesClient client,
        DirectDeliveryOptions options,
        CancellationToken cancellationToken
    )
    {
        ObjectList inventories = await client.ListAsync(
            "v1",
            "ConfigMap",
            null,
            new ListOptions
            {
                LabelSelector = DeliveryLabels.Environment,
                FieldSelector = $"metadata.name={InventoryStore.Name}",
            },
            cancellationToken
        );
        var left = new List<string>();
        foreach (string repository in inventories.Items.Select(InventoryStore.FluxRepositoryIn).OfType<string>())
        {
            RepositoryName name = RepositoryName.Parse(repository);
            if (await new FluxArtifacts(options).DeleteAsync(name, but: null, cancellationToken) is { } problem)
            {
                left.Add($"The builds in {repository} stay: {problem}");
            }
        }
        return left;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ObjectChange>> PlanAsync(
        DeliveryRequest request,
        CancellationToken cancellationToken
    )
    {
        DesiredState state = await DesiredState.FromAsync(request, client.Resources, cancellationToken);
        await RequireFluxAsync(cancellationToken);
        return await new Planner(client, _options, FluxBuild.Of(state).Whole).PlanAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<DeliveryResult> DeliverAsync(
        DeliveryRequest request,
        IProgress<ServiceProgress> progress,
        CancellationToken cancellationToken
    )
    {
        DesiredState state = await DesiredState.FromAsync(request, client.Resources, cancellationToken);
        await RequireFluxAsync(cancellationToken);
        var build = FluxBuild.Of(state);
        var home = new EnvironmentNamespace(client, _options, request.Environment, request.Namespace);
        JsonObject? found = await home.FindAsync(cancellationToken);
        if (found is not null && !found.IsTerminating())
        {
            await RequireOwnAsync(build, cancellationToken);
        }

        // Whole, or not at all: until the registry has the build nothing is changed in the cluster.
        FluxPlace place = await FluxArtifacts.FindAsync(client, flux, request.Environment, cancellationToken);
        FolderArtifact artifact = build.Pack();
        var artifacts = new FluxArtifacts(_options);
        await artifacts.PushAsync(place.Repository, artifact, cancellationToken);
        var objects = new FluxObjects(build, place, artifact.Digest);
        if (request.Keep is { } keep)
        {
            await keep(objects.Document(), cancellationToken);
        }

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
            DirectDelivery
                .References(build.Whole, previous)
                .Where(reference => !isNew || reference.Namespace != request.Namespace),
            cancellationToken
        );
        Inventory union = previous.Union(build.Whole.Objects) with { FluxRepository = place.Repository.ToString() };
        if (union.Entries.Count > previous.Entries.Count || previous.FluxRepository != union.FluxRepository)
        {
            // Before Flux is asked for anything: whoever delivers next knows what there is, and by whom.
            await store.WriteAsync(union, request.Namespace, cancellationToken);
        }

        using var applier = new ObjectApplier(client, _options, build.Own, previous, existing);
        await using var board = new ReadinessBoard(client, request.Environment);
        var run = new ServiceRun(
            client,
            _options,
            build.Own,
            applier,
            new DryRun(client, _options, build.Own, previous, existing, isNew: false),
            board,
            progress,
            NewCarrier(build, objects, artifact.Digest, board)
        );
        await run.ApplyOwnAsync(cancellationToken);
        await run.PrepareAsync(cancellationToken);
        HashSet<ObjectKey> carried = [.. build.Carried.SelectMany(service => service).Select(item => item.Key)];
        await FieldHandover.RunAsync(
            client,
            existing.All.Where(item => carried.Contains(ObjectKey.Of(item.Reference))),
            _options.FieldManager,
            FluxKinds.FieldManager,
            _options.Parallelism,
            cancellationToken
        );
        await AskAsync(build, objects, union, cancellationToken);
        await FluxRequests.AwaitSourceAsync(
            client,
            _options,
            flux,
            board,
            FluxObjects.SourceIn(request.Namespace),
            artifact.Digest,
            causes => progress.Report(ServiceProgress.OfEnvironment(causes)),
            cancellationToken
        );
        progress.Report(ServiceProgress.OfEnvironment([]));
        await run.RunAsync(cancellationToken);

        // What it no longer has goes now: its Kustomizations first, which would make it again.
        HashSet<string> services = [.. build.Services.Select(service => service.Name)];
        await new FluxWithdrawal(client, _options, request.Namespace).RemoveKustomizationsAsync(
            service => !services.Contains(service),
            cancellationToken
        );
        ExistingObjects after = await ExistingObjects.ListAsync(
            client,
            DirectDelivery.References(build.Whole, previous),
            cancellationToken
        );
        HashSet<ObjectKey> wanted = [.. build.Whole.Objects.Select(item => item.Key)];
        InventoryEntry[] dropped = [.. previous.Entries.Values.Where(entry => !wanted.Contains(entry.Key))];
        var pruner = new Pruner(client, _options, request.Environment, build.Whole.SharedIn(client, _options));
        IReadOnlyList<ObjectChange> pruned = await pruner.PruneAsync(
            dropped,
            after,
            causes => progress.Report(ServiceProgress.OfEnvironment(causes)),
            cancellationToken
        );
        ObjectChange[] applied = [.. build.Whole.Objects.Select(ChangeOf)];
        Inventory final = DirectDelivery.FinalInventory(
            build.Whole,
            item =>
                run.Applied.TryGetValue(item.Key, out AppliedObject? own)
                    ? own.ResourceVersion
                    : after.Find(item.Key)?.ResourceVersion,
            dropped,
            pruned,
            pruner.Held
        ) with
        {
            FluxRepository = union.FluxRepository,
        };
        if (!DirectDelivery.AreEqual(final, previous))
        {
            await store.WriteAsync(final, request.Namespace, cancellationToken);
            // What stays is deleted with the next build, or told when the environment goes.
            await artifacts.DeleteAsync(place.Repository, artifact.Digest, cancellationToken);
        }
        return new DeliveryResult([homeChange, .. applied, .. PrunedByFlux(), .. pruned]);

        ObjectChange ChangeOf(DesiredObject item)
        {
            if (run.Applied.TryGetValue(item.Key, out AppliedObject? own))
            {
                return item.Change(own.Change) with { Note = own.Note, ServedBy = own.ServedBy };
            }
            ExistingObject? before = existing.Find(item.Key);
            bool isSame =
                before?.Item.Label(FluxKinds.OwnerName) == item.Service
                && before.Item.Annotation(DeliveryLabels.ContentHash)
                    == item.Content.Annotation(DeliveryLabels.ContentHash);
            return item.Change(
                before is null ? ChangeKind.Created
                : before.Uid != after.Find(item.Key)?.Uid ? ChangeKind.Recreated
                : isSame ? ChangeKind.Unchanged
                : ChangeKind.Updated
            );
        }

        // Flux is faster than we are where a service no longer has an object.
        IEnumerable<ObjectChange> PrunedByFlux()
        {
            HashSet<ObjectKey> ours =
            [
                .. pruned.Select(p => ObjectKey.Of(new ObjectReference(p.ApiVersion, p.Kind, p.Namespace, p.Name))),
            ];
            return dropped
                .Where(entry => existing.Find(entry.Key) is not null && after.Find(entry.Key) is null)
                .Where(entry => !ours.Contains(entry.Key))
                .Select(entry => new ObjectChange(
                    ChangeKind.Pruned,
                    entry.Service,
                    entry.Reference.ApiVersion,
                    entry.Reference.Kind,
                    entry.Reference.Namespace,
                    entry.Reference.Name
                ));
        }
    }

    private ServiceCarrier NewCarrier(FluxBuild build, FluxObjects objects, string digest, ReadinessBoard board)
    {
        WaitClock clock = build.Whole.Request.Clock ?? new WaitClock(_options.TimeProvider);
        return async (service, wait, onWait, token) =>
        {
            if (!build.Carried.Contains(service.Name))
            {
                return;
            }
            if (build.HoldersOf(service.Name).Count > 0)
            {
                await client.ApplyAsync(objects.Kustomization(service, isHeld: false), _options.Write, token);
            }
            await new KustomizationWait(
                client,
                _options,
                flux,
                board,
                clock,
                service,
                build.Carried[service.Name],
                build.Whole.Request.Namespace,
                digest
            ).RunAsync(wait, onWait, token);
        };
    }

    /// <summary>
    /// Asks Flux for the build: the account first, then the Kustomizations, which know whom to wait for when the source
    /// gets the build.
    /// </summary>
    private async Task AskAsync(
        FluxBuild build,
        FluxObjects objects,
        Inventory known,
        CancellationToken cancellationToken
    )
    {
        // Of what was delivered before, too: Flux deletes what the build no longer has.
        string target = build.Whole.Request.Namespace;
        var kinds = new Dictionary<(string, string), ResourceMapping>();
        foreach (
            (string ApiVersion, string Kind) kind in known
                .Entries.Values.Where(entry => entry.Reference.Namespace == target && entry.Service.Length > 0)
                .Select(entry => entry.Reference)
                .Where(reference =>
                    reference is not { Group: "", Kind: "Secret" } && reference.Group != "rbac.authorization.k8s.io"
                )
                .Select(reference => (reference.ApiVersion, reference.Kind))
                .Distinct()
        )
        {
            if (await client.Resources.FindAsync(kind.ApiVersion, kind.Kind, cancellationToken) is { } mapping)
            {
                kinds[kind] = mapping;
            }
        }
        foreach (JsonObject item in objects.Account(kinds.Values))
        {
            await client.ApplyAsync(item, _options.Write, cancellationToken);
        }
        await Parallel.ForEachAsync(
            build.Services,
            new ParallelOptions
            {
                MaxDegreeOfParallelism = _options.Parallelism,
                CancellationToken = cancellationToken,
            },
            async (service, token) =>
            {
                bool isHeld = build.HoldersOf(service.Name).Count > 0 && !await IsCurrentAsync(service);
                await client.ApplyAsync(objects.Kustomization(service, isHeld), _options.Write, token);
            }
        );
        await client.ApplyAsync(objects.Source(), _options.Write, cancellationToken);

        // Nothing is held back that is as it should be.
        async Task<bool> IsCurrentAsync(ServiceDelivery service) =>
            await client.FindAsync(FluxObjects.KustomizationOf(target, service.Name), cancellationToken) is { } there
            && KustomizationRules.IsOf(there.Child("status").Text("lastAppliedRevision"), objects.Digest);
    }

    /// <summary>Nothing is begun with what is somebody else's, or what somebody told Flux to leave alone.</summary>
    private async Task RequireOwnAsync(FluxBuild build, CancellationToken cancellationToken)
    {
        string target = build.Whole.Request.Namespace;
        ObjectReference[] references =
        [
            FluxObjects.SourceIn(target),
            .. FluxObjects.AccountIn(target),
            .. build.Services.Select(service => FluxObjects.KustomizationOf(target, service.Name)),
        ];
        JsonObject?[] found = await Task.WhenAll(references.Select(r => client.FindAsync(r, cancellationToken)));
        foreach ((ObjectReference reference, JsonObject? item) in references.Zip(found))
        {
            if (item is null)
            {
                continue;
            }
            if (item.Label(DeliveryLabels.Environment) != build.Whole.Request.Environment)
            {
                throw new PlatformException(
                    FailureKind.NotAllowed,
                    $"{reference} is there and the platform did not make it: {build.Whole.Request.Environment} may not take it over.",
                    $"Rename or remove it: {reference.Kubectl("delete")}\nOr deliver the environment with --delivery direct."
                );
            }
            if (KustomizationRules.IsSuspended(item))
            {
                throw new PlatformException(
                    FailureKind.Conflict,
                    $"{reference} is suspended (spec.suspend): Flux leaves it as it is, and nothing was delivered.",
                    FluxRequests.Resume(reference)
                );
            }
        }
    }

    private async Task RequireFluxAsync(CancellationToken cancellationToken)
    {
        foreach (
            (string apiVersion, string kind) in new[]
            {
                (FluxKinds.SourceVersion, FluxKinds.OciRepository),
                (FluxKinds.KustomizeVersion, FluxKinds.Kustomization),
            }
        )
        {
            if (await client.Resources.FindAsync(apiVersion, kind, cancellationToken) is null)
            {
                throw new PlatformException(
                    FailureKind.InvalidInput,
                    $"The cluster has no Flux: it does not serve {kind} of {apiVersion}.",
                    $"Install it with: {ShellCommand.Platformctl("create-local-platform", "--delivery", "flux")}\n"
                        + "Or deliver with --delivery direct."
                );
            }
        }
    }
}
