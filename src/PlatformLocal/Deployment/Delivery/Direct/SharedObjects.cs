namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>
/// Objects outside of namespaces belong to all environments that bring them: each leaves its share at the object, the
/// newest version serves all, and the last one that goes takes it along.
/// </summary>
internal sealed class SharedObjects(
    KubernetesClient client,
    DirectDeliveryOptions options,
    string environment,
    string targetNamespace
)
{
    private const int Attempts = 5;

    private readonly SharedContents _contents = new(client, options.FieldManager);
    private readonly Recreation _recreation = new(client, options);

    // One process delivers to a cluster: whoever looks and then writes keeps its other environments off meanwhile.
    private static readonly ConcurrentDictionary<Uri, SemaphoreSlim> s_turns = new();

    /// <summary>Keeps other environments of this process from changing what is shared; disposing lets them.</summary>
    public Task<IDisposable> TakeTurnAsync(CancellationToken cancellationToken) =>
        s_turns.GetOrAdd(client.Connection.Server, _ => new SemaphoreSlim(1, 1)).TakeTurnAsync(cancellationToken);

    /// <summary>Looks at an object that the environment brings.</summary>
    /// <param name="desired">The object.</param>
    /// <param name="version">The version of the service that it belongs to.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">It is somebody else's, or does not fit what other environments bring.</exception>
    public async Task<SharedState> LookAsync(DesiredObject desired, string version, CancellationToken cancellationToken)
    {
        var wanted = new Share(environment, desired.Service, version, desired.SharedHash);
        if (await client.FindAsync(desired.Reference, cancellationToken) is not { } live || live.IsTerminating())
        {
            return new SharedState(desired, wanted, Live: null, Others: []);
        }
        if (Share.Of(live).Count == 0)
        {
            ObjectReference reference = desired.Reference;
            throw new PlatformException(
                FailureKind.NotAllowed,
                $"{reference} is there and the platform did not make it: {desired.Service} may not take it over.",
                $"Leave it out of the manifests of {desired.Service}. Only if it may be changed and be removed with the environment, give it away: "
                    + reference.Kubectl("label", $"{DeliveryLabels.Environment}={environment}")
            );
        }
        var state = new SharedState(desired, wanted, live, await OthersAsync(live, cancellationToken));
        state.RequireFit(targetNamespace);
        return state;
    }

    /// <summary>
    /// Leaves the environment's share at an object, brings back those of others that are not at it any more, and takes
    /// away those of environments that are gone.
    /// </summary>
    /// <returns>The object as it is then.</returns>
    public async Task<JsonObject> MarkAsync(SharedState state, JsonObject item, CancellationToken cancellationToken)
    {
        if (!state.IsMarked)
        {
            await _contents.KeepAsync(state.Desired, state.Wanted, targetNamespace, cancellationToken);
        }
        var changes = new JsonObject();
        foreach (Share share in state.Others.Append(state.Wanted))
        {
            if (item.Annotation(share.Annotation) is not { } there || (share == state.Wanted && there != $"{share}"))
            {
                changes[share.Annotation] = share.ToString();
            }
        }
        foreach (Share gone in Share.Of(item).Except(state.Others))
        {
            if (gone.Environment != environment && item.Annotation(gone.Annotation) is not null)
            {
                changes[gone.Annotation] = null;
            }
        }
        return changes.Count == 0
            ? item
            : await client.PatchAsync(
                state.Desired.Reference,
                PatchKind.Merge,
                new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = changes } },
                null,
                cancellationToken
            );
    }

    /// <summary>What giving an object up would come to; <see langword="null"/> when it is gone, or not the environment's.</summary>
    public async Task<ObjectChange?> PlanReleaseAsync(
        ObjectReference reference,
        string service,
        bool isLeaving,
        CancellationToken cancellationToken
    ) => (await DecideAsync(reference, service, isLeaving, cancellationToken))?.Change;

    /// <summary>
    /// Gives an object up: puts the version of the next one that brings it in force, or deletes it when nobody else does
    /// and nothing keeps it.
    /// </summary>
    /// <param name="reference">Which object.</param>
    /// <param name="service">The service that it belonged to.</param>
    /// <param name="isLeaving">Whether the environment goes, or only no longer brings the object.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>What became of it; <see langword="null"/> when it is gone, or not the environment's.</returns>
    public async Task<Release?> ReleaseAsync(
        ObjectReference reference,
        string service,
        bool isLeaving,
        CancellationToken cancellationToken
    )
    {
        using IDisposable turn = await TakeTurnAsync(cancellationToken);
        for (int attempt = 1; ; attempt++)
        {
            if (await DecideAsync(reference, service, isLeaving, cancellationToken) is not { } release)
            {
                return null;
            }
            try
            {
                // In this very state only: somebody may change it in this moment.
                if (release.Change.Change == ChangeKind.Pruned)
                {
                    var exactly = new DeleteOptions
                    {
                        Uid = release.Live.Uid(),
                        ResourceVersion = release.Live.ResourceVersion(),
                    };
                    await client.DeleteAsync(reference, exactly, cancellationToken);
                }
                else if (isLeaving || release.Heir is not null)
                {
                    (JsonObject live, string? problem) = await HandOverAsync(reference, release, cancellationToken);
                    await client.PatchAsync(
                        reference,
                        PatchKind.Merge,
                        Unmark(live, release.Heir),
                        null,
                        cancellationToken
                    );
                    release = release with { Problem = problem };
                }
                if (!isLeaving && release.Heir is not null)
                {
                    await _contents.ForgetAsync(reference, targetNamespace, cancellationToken);
                }
                return release;
            }
            catch (KubernetesException fault) when (fault.IsConflict && attempt < Attempts)
            {
                // It is decided anew by what it is now.
            }
        }
    }

    /// <summary>All objects that the environment has a share of: what an inventory says, where there is none any more.</summary>
    public async Task<IReadOnlyList<ExistingObject>> ListAsync(CancellationToken cancellationToken)
    {
        IEnumerable<ResourceMapping> kinds = (await client.Resources.ListAsync(cancellationToken))
            .Where(kind => !kind.IsNamespaced)
            .DistinctBy(kind => (kind.Group, kind.Kind));
        ExistingObject[][] found = await Task.WhenAll(kinds.Select(ListOneAsync));
        return [.. found.SelectMany(objects => objects)];

        async Task<ExistingObject[]> ListOneAsync(ResourceMapping kind)
        {
            try
            {
                ObjectList list = await client.ListAsync(
                    kind.ApiVersion,
                    kind.Kind,
                    null,
                    new ListOptions { LabelSelector = DeliveryLabels.Environment, MetadataOnly = true },
                    cancellationToken
                );
                return
                [
                    .. list
                        .Items.Where(item =>
                            kind.Kind != "Namespace" || item.Metadata().Text("name") != targetNamespace
                        )
                        .Where(item => Share.Of(item).Any(share => share.Environment == environment))
                        .Select(item => new ExistingObject(
                            new ObjectReference(kind.ApiVersion, kind.Kind, null, item.Metadata().Text("name")!),
                            item
                        )),
                ];
            }
            catch (KubernetesException fault) when (fault.Code is 403 or 404 or 405)
            {
                return []; // what cannot be listed, as reviews, or may not be, was never delivered
            }
        }
    }

    private async Task<Release?> DecideAsync(
        ObjectReference reference,
        string service,
        bool isLeaving,
        CancellationToken cancellationToken
    )
    {
        if (
            await client.Resources.FindAsync(reference.ApiVersion, reference.Kind, cancellationToken) is null
            || await client.FindAsync(reference, cancellationToken) is not { } live
            || live.IsTerminating()
            || Share.Of(live).All(share => share.Environment != environment)
        )
        {
            return null;
        }
        IReadOnlyList<Share> others = await OthersAsync(live, cancellationToken);
        string? keep =
            others.Count > 0 ? $"{string.Join(", ", others.Select(other => other.Describe()))} brings it too"
            : Pruner.KeepReason(reference, live.Annotation(DeliveryLabels.Prune), isLeaving) is { } rule ? rule
            : await UseAsync(live, cancellationToken);
        var change = new ObjectChange(
            keep is null ? ChangeKind.Pruned : ChangeKind.Kept,
            service,
            reference.ApiVersion,
            reference.Kind,
            null,
            reference.Name
        )
        {
            Note = keep,
        };
        return new Release(change, live, others.MaxBy(other => other.Order));
    }

    /// <summary>The other environments that bring an object and are there: one that was removed by hand holds nothing.</summary>
    private async Task<IReadOnlyList<Share>> OthersAsync(JsonObject live, CancellationToken cancellationToken)
    {
        Share[] named = [.. Share.Of(live).Where(share => share.Environment != environment)];
        if (named.Length == 0)
        {
            return named;
        }
        ObjectList namespaces = await client.ListAsync(
            "v1",
            "Namespace",
            null,
            new ListOptions { LabelSelector = DeliveryLabels.Environment, MetadataOnly = true },
            cancellationToken
        );
        HashSet<string> there =
        [
            .. namespaces
                .Items.Where(item =>
                    item.Label(DeliveryLabels.Environment) is { } owner
                    && item.Metadata().Text("name") == Claim.NamespaceOf(owner)
                )
                .Select(item => item.Label(DeliveryLabels.Environment)!),
        ];
        return [.. named.Where(share => there.Contains(share.Environment))];
    }

    /// <summary>What still uses a definition: objects of its kind outside of the environment.</summary>
    private async Task<string?> UseAsync(JsonObject live, CancellationToken cancellationToken)
    {
        JsonObject? spec = live.Child("spec");
        if (
            live.Text("kind") != "CustomResourceDefinition"
            || spec.Child("names").Text("kind") is not { } kind
            || spec.Items("versions").FirstOrDefault(v => v.Flag("served") == true).Text("name") is not { } version
        )
        {
            return null;
        }
        var all = await ExistingObjects.ListAsync(
            client,
            [new ObjectReference(ApiGroup.Join(spec.Text("group") ?? "", version), kind, null, "")],
            cancellationToken
        );
        ObjectReference[] users = [.. all.References.Where(item => item.Namespace != targetNamespace)];
        return users is [var first, ..]
            ? $"{Counted.Of(users.Length, "of its objects is", "of its objects are")} not the environment's, such as {first}"
            : null;
    }

    /// <summary>Puts in force what the heir brings, where until now it was this environment's.</summary>
    /// <returns>The object as it is then, and why it is not the heir's.</returns>
    private async Task<(JsonObject Live, string? Problem)> HandOverAsync(
        ObjectReference reference,
        Release release,
        CancellationToken cancellationToken
    )
    {
        if (release.Heir is not { } heir || release.Live.Label(DeliveryLabels.Environment) != environment)
        {
            return (release.Live, null);
        }
        if (await _contents.FindAsync(reference, heir, cancellationToken) is not { } own)
        {
            return (release.Live, $"what {heir.Describe()} brings comes into force at its next deployment");
        }
        try
        {
            (ApplyResult result, _) = await _recreation.ApplyAsync(own, onWait: null, cancellationToken);
            return (result.Item, null);
        }
        catch (PlatformException fault) when (fault.Kind == FailureKind.InvalidInput)
        {
            return (release.Live, $"what {heir.Describe()} brings cannot come into force: {fault.Message}");
        }
    }

    private JsonObject Unmark(JsonObject live, Share? heir)
    {
        var metadata = new JsonObject
        {
            ["resourceVersion"] = live.ResourceVersion(),
            ["annotations"] = new JsonObject { [DeliveryLabels.Share + environment] = null },
        };
        if (heir is not null && live.Label(DeliveryLabels.Environment) == environment)
        {
            metadata["labels"] = new JsonObject { [DeliveryLabels.Environment] = heir.Environment };
        }
        return new JsonObject { ["metadata"] = metadata };
    }

    /// <summary>What becomes of an object that an environment gives up.</summary>
    /// <param name="Change">For people.</param>
    /// <param name="Live">As it was.</param>
    /// <param name="Heir">The environment that it is left to.</param>
    internal sealed record Release(ObjectChange Change, JsonObject Live, Share? Heir)
    {
        /// <summary>Why what the heir brings is not in force.</summary>
        public string? Problem { get; init; }
    }
}
