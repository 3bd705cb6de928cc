namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>The namespace of an environment: looked at, made, waited for.</summary>
internal sealed class EnvironmentNamespace(
    KubernetesClient client,
    DirectDeliveryOptions options,
    string environment,
    string name
)
{
    private const string PodSecurity = "pod-security.kubernetes.io/enforce";

    /// <summary>What is gone sooner needs no explanation.</summary>
    private static readonly TimeSpan s_firstLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_nextLook = TimeSpan.FromSeconds(5);

    public ObjectReference Reference { get; } = new("v1", "Namespace", null, name);

    /// <returns>The namespace as it is, or <see langword="null"/>.</returns>
    /// <exception cref="PlatformException">It is not the environment's: it belongs to another one, or to somebody else.</exception>
    public async Task<JsonObject?> FindAsync(CancellationToken cancellationToken)
    {
        JsonObject? found = await client.FindAsync(Reference, cancellationToken);
        if (found is not null && OwnerOf(found) is null)
        {
            throw new PlatformException(
                FailureKind.NotAllowed,
                $"Namespace {name} is there and the platform did not make it: the environment {environment} may not take it over.",
                "Choose another environment_name. See what the namespace holds: "
                    + $"{ShellCommand.Kubectl(name, "get", "all,configmaps,secrets,persistentvolumeclaims")}\n"
                    + "Only if all of that may be removed with the environment, give it away: "
                    + Reference.Kubectl("label", $"{DeliveryLabels.Environment}={environment}")
            );
        }
        return found;
    }

    /// <returns>The namespace as it is; <see langword="null"/> when there is none, or one that the platform did not make.</returns>
    /// <exception cref="PlatformException">It belongs to another environment.</exception>
    public async Task<JsonObject?> FindOwnAsync(CancellationToken cancellationToken) =>
        await client.FindAsync(Reference, cancellationToken) is { } found && OwnerOf(found) is not null ? found : null;

    private string? OwnerOf(JsonObject found) =>
        found.Label(DeliveryLabels.Environment) is not { } owner || owner == environment
            ? found.Label(DeliveryLabels.Environment)
            : throw new PlatformException(
                FailureKind.Conflict,
                $"Namespace {name} belongs to the environment {owner}, not to {environment}.",
                $"Choose another name, or remove the environment {owner} first."
            );

    /// <summary>Makes the namespace, after an earlier one of the same name is gone.</summary>
    /// <exception cref="PlatformException">It is not the environment's, or the earlier one does not go.</exception>
    public async Task<(ObjectChange Change, bool IsNew)> EnsureAsync(
        JsonObject desired,
        Action<IReadOnlyList<CauseDocument>> onWait,
        CancellationToken cancellationToken
    )
    {
        JsonObject? before = await FindAsync(cancellationToken);
        if (before.IsTerminating())
        {
            await WaitGoneAsync(options.NamespaceTimeout, onWait, cancellationToken);
            before = null;
        }
        bool isNew = before is null && await TryMakeAsync(desired, cancellationToken);
        await new EnvironmentRights(client, options, name).EnsureAsync(cancellationToken);
        ApplyResult applied = await client.ApplyAsync(desired, options.Write, cancellationToken);
        ChangeKind change =
            isNew || applied.IsCreated ? ChangeKind.Created
            : applied.Item.ResourceVersion() == before.ResourceVersion() ? ChangeKind.Unchanged
            : ChangeKind.Updated;
        return (Change(change), isNew || applied.IsCreated);
    }

    /// <summary>Makes it with its mark. Applying would take over what somebody else makes in this moment; making it cannot.</summary>
    /// <param name="desired">As it should be.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <returns>Whether it was made: not when it is the environment's meanwhile.</returns>
    internal async Task<bool> TryMakeAsync(JsonObject desired, CancellationToken cancellationToken)
    {
        JsonObject marked = Reference.ToObject();
        var labels = new JsonObject { [DeliveryLabels.Environment] = environment };
        marked.Metadata()!["labels"] = labels;
        if (desired.Label(PodSecurity) is { } level)
        {
            labels[PodSecurity] = level; // never a moment without: clusters refuse such namespaces
        }
        try
        {
            await client.CreateAsync(marked, options.Write, cancellationToken);
            return true;
        }
        catch (KubernetesException fault) when (fault.IsAlreadyExists)
        {
            await FindAsync(cancellationToken);
            return false;
        }
    }

    public ObjectChange Change(ChangeKind change) => new(change, "", "v1", "Namespace", null, name);

    /// <summary>What becomes of the namespace while an earlier one is being deleted, with what holds that.</summary>
    public async Task<ObjectChange> PlanAgainAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> held = await new NamespaceHolders(client, name).FindAsync(cancellationToken);
        string why = held.Count == 0 ? "" : $" ({string.Join("; ", held)})";
        return Change(ChangeKind.Recreated) with
        {
            Note = $"it is being deleted with all that is in it{why}, and is made again when it is gone",
        };
    }

    /// <summary>Waits until the namespace is gone.</summary>
    /// <param name="timeout">The longest wait.</param>
    /// <param name="onWait">Is told what holds it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">It is not gone in time; says what keeps it.</exception>
    public async Task WaitGoneAsync(
        TimeSpan timeout,
        Action<IReadOnlyList<CauseDocument>> onWait,
        CancellationToken cancellationToken
    )
    {
        using var deadline = new CancellationTokenSource(timeout, options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        Task gone = WatchUntilGoneAsync(both.Token);
        var holders = new NamespaceHolders(client, name);
        try
        {
            for (TimeSpan pause = s_firstLook; await IsThereAfterAsync(gone, pause, both.Token); pause = s_nextLook)
            {
                IReadOnlyList<string> held = await holders.FindAsync(both.Token);
                onWait([new CauseDocument($"Namespace {name}", "Terminating", string.Join("; ", held))]);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw NotGone(await holders.FindAsync(cancellationToken), timeout);
        }
    }

    private async Task WatchUntilGoneAsync(CancellationToken cancellationToken)
    {
        bool isThere = false;
        var only = new WatchOptions { FieldSelector = $"metadata.name={name}" };
        await foreach (WatchEvent change in client.WatchAsync("v1", "Namespace", null, only, cancellationToken))
        {
            if (change.Kind == WatchEventKind.Deleted || (change.Kind == WatchEventKind.Synced && !isThere))
            {
                return;
            }
            isThere = true;
        }
    }

    private async Task<bool> IsThereAfterAsync(Task gone, TimeSpan pause, CancellationToken cancellationToken)
    {
        using var nap = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(gone, Task.Delay(pause, options.TimeProvider, nap.Token));
        await nap.CancelAsync();
        if (gone.IsCompleted)
        {
            await gone;
            return false;
        }
        cancellationToken.ThrowIfCancellationRequested();
        return true;
    }

    private PlatformException NotGone(IReadOnlyList<string> held, TimeSpan timeout)
    {
        string why = held.Count == 0 ? "" : $"\n  {string.Join("\n  ", held)}";
        return new PlatformException(
            FailureKind.NotReadyInTime,
            $"Namespace {name} is not gone after {timeout.TotalSeconds:0.#} s.{why}",
            $"Make the controllers behind the finalizers run, or remove the finalizers. See what remains: {Reference.Kubectl("get", "-o", "yaml")}"
        );
    }
}
