namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Objects whose change the API refuses because a field can never change: they are deleted and made again, where that is wanted.</summary>
internal static class Recreation
{
    public const string Note = "it is deleted and made again because a field changes that cannot be changed";

    /// <summary>Whether a refusal means that a field can never change.</summary>
    public static bool IsImmutable(KubernetesException fault) =>
        fault.IsInvalid
        && fault.Causes.Any(cause =>
            cause.Message.Contains("field is immutable", StringComparison.Ordinal)
            || cause.Message.Contains("updates to statefulset spec for fields other than", StringComparison.Ordinal)
        );

    /// <summary>Whether an object may be deleted to be made again.</summary>
    public static bool IsWanted(DesiredObject desired) =>
        desired.Reference is { Group: "batch", Kind: "Job" }
        || desired.Content.Annotation(DeliveryLabels.Recreate) == "enabled";

    /// <summary>The refusal with what can be done about it.</summary>
    public static PlatformException Explain(KubernetesException fault, DesiredObject desired)
    {
        ObjectReference reference = desired.Reference;
        string place = reference.Namespace is null ? "" : $"-n {reference.Namespace} ";
        return new PlatformException(
            fault.Kind,
            fault.Message,
            $"To replace {reference}, annotate it {DeliveryLabels.Recreate}: enabled, or delete it and deliver again: "
                + $"kubectl {place}delete {reference.Kind.ToLowerInvariant()} {reference.Name}",
            fault
        );
    }

    /// <summary>Deletes an object and waits until it is gone.</summary>
    public static async Task DeleteAsync(
        KubernetesClient client,
        ObjectReference reference,
        CancellationToken cancellationToken
    )
    {
        if (await client.FindAsync(reference, cancellationToken) is not { } found)
        {
            return;
        }
        await client.DeleteAsync(reference, new DeleteOptions { Uid = found.Uid() }, cancellationToken);
        var only = new WatchOptions { FieldSelector = $"metadata.name={reference.Name}" };
        bool isThere = false;
        await foreach (
            WatchEvent change in client.WatchAsync(
                reference.ApiVersion,
                reference.Kind,
                reference.Namespace,
                only,
                cancellationToken
            )
        )
        {
            isThere |= change.Kind == WatchEventKind.Added && change.Item.Uid() == found.Uid();
            if (change.Kind == WatchEventKind.Deleted || (change.Kind == WatchEventKind.Synced && !isThere))
            {
                return;
            }
        }
    }
}
