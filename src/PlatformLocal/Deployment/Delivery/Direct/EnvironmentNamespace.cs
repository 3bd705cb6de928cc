using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>The namespace of an environment: looked at, made, waited for.</summary>
internal sealed class EnvironmentNamespace(
    KubernetesClient client,
    DirectDeliveryOptions options,
    string environment,
    string name
)
{
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
        CancellationToken cancellationToken
    )
    {
        JsonObject? before = await FindAsync(cancellationToken);
        if (before.IsTerminating())
        {
            await WaitGoneAsync(options.NamespaceTimeout, cancellationToken);
            before = null;
        }
        bool isNew = before is null && await TryMakeAsync(cancellationToken);
        ApplyResult applied = await client.ApplyAsync(desired, options.Write, cancellationToken);
        ChangeKind change =
            isNew || applied.IsCreated ? ChangeKind.Created
            : applied.Item.ResourceVersion() == before.ResourceVersion() ? ChangeKind.Unchanged
            : ChangeKind.Updated;
        return (Change(change), isNew || applied.IsCreated);
    }

    /// <summary>Makes it with its mark. Applying would take over what somebody else makes in this moment; making it cannot.</summary>
    /// <returns>Whether it was made: not when it is the environment's meanwhile.</returns>
    internal async Task<bool> TryMakeAsync(CancellationToken cancellationToken)
    {
        JsonObject marked = Reference.ToObject();
        marked.Metadata()!["labels"] = new JsonObject { [DeliveryLabels.Environment] = environment };
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

    /// <summary>Waits until the namespace is gone.</summary>
    /// <exception cref="PlatformException">It is not gone in time; says what keeps it.</exception>
    public async Task WaitGoneAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        JsonObject? last = null;
        try
        {
            var only = new WatchOptions { FieldSelector = $"metadata.name={name}" };
            await foreach (WatchEvent change in client.WatchAsync("v1", "Namespace", null, only, both.Token))
            {
                if (change.Kind == WatchEventKind.Deleted || (change.Kind == WatchEventKind.Synced && last is null))
                {
                    return;
                }
                last = change.Kind == WatchEventKind.Synced ? last : change.Item;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw NotGone(last, timeout);
        }
    }

    private PlatformException NotGone(JsonObject? last, TimeSpan timeout)
    {
        // The namespace controller says in conditions what content and whose finalizers remain.
        List<string> reasons =
        [
            .. last.Child("status")
                .Items("conditions")
                .Where(condition => condition.Text("status") == "True")
                .Select(ReadinessRules.Describe),
        ];
        string[] finalizers = [.. last.Metadata().Texts("finalizers"), .. last.Child("spec").Texts("finalizers")];
        if (finalizers.Length > 0)
        {
            reasons.Add($"its finalizers are {string.Join(", ", finalizers)}");
        }
        string why = reasons.Count == 0 ? "" : $"\n  {string.Join("\n  ", reasons)}";
        return new PlatformException(
            FailureKind.NotReadyInTime,
            $"Namespace {name} is not gone after {timeout.TotalSeconds:0.#} s.{why}",
            $"Make the controllers behind the finalizers run, or remove the finalizers. See what remains: {Reference.Kubectl("get", "-o", "yaml")}"
        );
    }
}
