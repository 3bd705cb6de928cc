namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>
/// Objects whose change the API refuses while it would accept them new: they are deleted and made again, where that is
/// wanted. Whether it would is asked, by a dry run under another name: no list of fields is complete, and an object is not
/// deleted for a manifest that is wrong.
/// </summary>
internal sealed class Recreation(KubernetesClient client, DirectDeliveryOptions options)
{
    // What those say that are asked about objects which cannot be tried under another name.
    private static readonly string[] s_words =
    [
        "immutable",
        "updates to statefulset spec for fields other than",
        "may not change",
        "may not be changed",
        "cannot change",
        "cannot be changed",
    ];

    // Their name is part of what they say, or they hold what cannot be tried.
    private static readonly string[] s_named = ["CustomResourceDefinition", "APIService", "Namespace"];

    /// <summary>Applies an object, if need be by deleting it and making it again.</summary>
    /// <param name="desired">The object.</param>
    /// <param name="onWait">Is told what the end of the old object waits for.</param>
    /// <param name="cancellationToken">Stops applying.</param>
    /// <returns>What the server says of it, and why it was made again; <see langword="null"/> when it was not.</returns>
    /// <exception cref="PlatformException">It is refused; if it would be accepted new, the next step says what allows that.</exception>
    public async Task<(ApplyResult Result, string? Why)> ApplyAsync(
        DesiredObject desired,
        Action<ApplyWait>? onWait,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return (await SendAsync(), null);
        }
        catch (KubernetesException fault)
        {
            string why = await DecideAsync(desired, fault, cancellationToken);
            await DeleteAsync(desired.Reference, onWait, cancellationToken);
            return (await SendAsync(), why);
        }

        Task<ApplyResult> SendAsync() =>
            NewNamespace.RetryAsync(
                () => client.ApplyAsync(desired.Content, options.Write, cancellationToken),
                options.TimeProvider,
                cancellationToken
            );
    }

    /// <summary>Whether an object whose update was refused is to be deleted and made again.</summary>
    /// <param name="desired">The object as it was sent.</param>
    /// <param name="fault">The refusal.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Why.</returns>
    /// <exception cref="PlatformException">
    /// The object itself is refused; or it would be accepted new, and may not be deleted: then the next step says what allows it.
    /// </exception>
    public async Task<string> DecideAsync(
        DesiredObject desired,
        KubernetesException fault,
        CancellationToken cancellationToken
    )
    {
        if (!await WouldHelpAsync(desired, fault, cancellationToken))
        {
            throw ManifestAdvice.Of(fault, desired);
        }
        await RequireWantedAsync(desired, fault, cancellationToken);
        string[] fields = [.. fault.Causes.Select(cause => cause.Field).Where(field => field.Length > 0).Distinct()];
        return fields.Length > 0 ? $"{string.Join(", ", fields)} cannot be changed" : "it cannot be changed";
    }

    /// <summary>Whether a text says that something cannot be changed.</summary>
    public static bool Says(string message) =>
        s_words.Any(word => message.Contains(word, StringComparison.OrdinalIgnoreCase));

    private async Task<bool> WouldHelpAsync(
        DesiredObject desired,
        KubernetesException fault,
        CancellationToken cancellationToken
    )
    {
        bool isSaid = Says(fault.ServerMessage);
        return (fault.IsInvalid || fault.IsConflict || isSaid)
            && await client.FindAsync(desired.Reference, cancellationToken) is not null
            && (await IsAcceptedNewAsync(desired, cancellationToken) ?? isSaid);
    }

    private async Task RequireWantedAsync(
        DesiredObject desired,
        KubernetesException fault,
        CancellationToken cancellationToken
    )
    {
        JsonObject? live = await client.FindAsync(desired.Reference, cancellationToken);
        bool isWanted = IsWanted(desired, live);
        bool isHolding =
            desired.Content.Annotation(DeliveryLabels.Prune) != "enabled"
            && !IsSaidAt(live, DeliveryLabels.Prune)
            && HoldsData(desired.Reference, live);
        if (isWanted && !isHolding)
        {
            return;
        }
        ObjectReference reference = desired.Reference;
        string[] annotations =
        [
            .. isWanted ? [] : new[] { DeliveryLabels.Recreate },
            .. isHolding ? [DeliveryLabels.Prune] : Array.Empty<string>(),
        ];
        string name = $"{reference.Kind} {reference.Name}";
        string loss = isHolding ? ", which deletes what it holds" : "";
        string once = reference.Kubectl("annotate", [.. annotations.Select(a => $"{a}=enabled"), "--overwrite"]);
        string always = desired.Place is { } place
            ? $"\nOr to have that whenever it is needed, annotate {name} in its manifest, {place}: "
                + string.Join(" and ", annotations.Select(a => $"{a}: enabled"))
            : "";
        throw new PlatformException(
            fault.Kind,
            $"{fault.Message} {reference} would be accepted if it were made anew.",
            $"To have {name} deleted and made again{loss}, allow it and deliver again: {once}{always}",
            fault
        );
    }

    private async Task DeleteAsync(
        ObjectReference reference,
        Action<ApplyWait>? onWait,
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
            if (change.Item.Uid() == found.Uid() && change.Item.IsTerminating())
            {
                onWait?.Invoke(WaitFor(reference, change.Item));
            }
        }
    }

    private static ApplyWait WaitFor(ObjectReference reference, JsonObject leaving)
    {
        return new ApplyWait(
            $"waits until {reference}, which is made again, is gone"
                + (leaving.Awaited() is { } awaited ? $": that {awaited}" : ""),
            $"See whether that which takes finalizers away runs; if it never will, take them away by hand: {reference.Kubectl("edit")}"
        );
    }

    /// <summary>
    /// A job whose template changed is another job; all else is deleted only where somebody says so: its manifest, to us or
    /// to Flux, or an annotation of the object that is there, which goes with it.
    /// </summary>
    private bool IsWanted(DesiredObject desired, JsonObject? live) =>
        desired.Reference is { Group: "batch", Kind: "Job" }
        || desired.Content.Annotation(DeliveryLabels.Recreate) == "enabled"
        || desired.Content.Annotation(DeliveryLabels.FluxForce) == "enabled"
        || IsSaidAt(live, DeliveryLabels.Recreate);

    /// <summary>Whether somebody annotated the object that is there: what a manifest said before says nothing of the next one.</summary>
    private bool IsSaidAt(JsonObject? live, string annotation) =>
        live.Annotation(annotation) == "enabled"
        && !live.Metadata()
            .Items("managedFields")
            .Any(entry =>
                entry.Text("manager") == options.FieldManager
                && entry.Child("fieldsV1").Child("f:metadata").Child("f:annotations").Child($"f:{annotation}")
                    is not null
            );

    private static bool HoldsData(ObjectReference reference, JsonObject? live) =>
        KeptKinds.Has(reference.Group, reference.Kind)
        || reference is { Group: "apps", Kind: "StatefulSet" }
            && live.Child("spec").Child("persistentVolumeClaimRetentionPolicy").Text("whenDeleted") == "Delete";

    /// <summary>Whether the server takes the object under a name that nobody has; <see langword="null"/> when that cannot be tried.</summary>
    private async Task<bool?> IsAcceptedNewAsync(DesiredObject desired, CancellationToken cancellationToken)
    {
        if (s_named.Contains(desired.Reference.Kind, StringComparer.Ordinal))
        {
            return null;
        }
        var trial = (JsonObject)desired.Content.DeepClone();
        string name = desired.Reference.Name;
        trial.Metadata()!["name"] = $"{name[..Math.Min(name.Length, 40)].TrimEnd('.', '-')}-{Guid.NewGuid():N}"[..^26];
        if (desired.Reference is { Group: "", Kind: "Service" })
        {
            // The addresses and ports that it asks for are its own already.
            JsonObject spec = trial.Child("spec") ?? [];
            foreach (
                string own in new[] { "clusterIP", "clusterIPs", "healthCheckNodePort" }.Where(own =>
                    spec.Text(own) != "None"
                )
            )
            {
                spec.Remove(own);
            }
            foreach (JsonObject port in spec.Items("ports"))
            {
                port.Remove("nodePort");
            }
        }
        try
        {
            await client.ApplyAsync(trial, options.Write with { DryRun = true }, cancellationToken);
            return true;
        }
        catch (KubernetesException refused)
            when (refused.IsInvalid && refused.Causes.Any(c => c.Field != "metadata.name"))
        {
            return false;
        }
        catch (KubernetesException)
        {
            return null; // a quota that is used up, or a webhook that knows no dry runs, says nothing about the object
        }
    }
}
