using PlatformLocal.Deployment.Delivery.Direct;

namespace PlatformLocal.Deployment.Delivery.Flux;

/// <summary>Says to Flux, in its annotations, what an object's manifest says in ours; what the manifest says to Flux itself stays.</summary>
internal static class FluxTranslation
{
    private const string Enabled = "enabled";
    private const string Disabled = "disabled";

    public static DesiredObject Of(DesiredObject item, string targetNamespace)
    {
        var content = (JsonObject)item.Content.DeepClone();
        JsonObject metadata = content.Metadata()!;
        JsonObject labels = metadata.Child("labels") ?? [];
        metadata["labels"] ??= labels;
        // As Flux labels it: a plan compares with what will be there.
        labels[FluxKinds.OwnerName] = item.Service;
        labels[FluxKinds.OwnerNamespace] = targetNamespace;
        JsonObject annotations = metadata.Child("annotations") ?? [];
        string? prune = annotations.Text(DeliveryLabels.Prune);
        bool holdsData = prune != Enabled && HoldsData(item);
        if (prune == Disabled || (prune != Enabled && KeptKinds.Has(item.Reference.Group, item.Reference.Kind)))
        {
            annotations.TryAdd(FluxKinds.Prune, Disabled);
        }
        if (holdsData)
        {
            // Whoever wants it made anew has not said that its data may go.
            annotations.Remove(DeliveryLabels.FluxForce);
        }
        else if (
            annotations.Text(DeliveryLabels.Recreate) == Enabled
            || item.Reference is { Group: "batch", Kind: "Job" }
        )
        {
            annotations.TryAdd(DeliveryLabels.FluxForce, Enabled);
        }
        if (content.ToJsonString().Contains("${", StringComparison.Ordinal))
        {
            // It is rendered: what is left of this form belongs to shells and programs.
            annotations.TryAdd(FluxKinds.Substitute, Disabled);
        }
        // By this is seen that Flux has applied what was asked for, and not what was there before.
        annotations.TryAdd(DeliveryLabels.ContentHash, item.Hash);
        metadata["annotations"] ??= annotations;
        return new DesiredObject(item.Service, item.Reference, content, item.Wave)
        {
            FieldManager = FluxKinds.FieldManager,
        };
    }

    private static bool HoldsData(DesiredObject item) =>
        KeptKinds.Has(item.Reference.Group, item.Reference.Kind)
        || (
            item.Reference is { Group: "apps", Kind: "StatefulSet" }
            && item.Content.Child("spec").Child("persistentVolumeClaimRetentionPolicy").Text("whenDeleted") == "Delete"
        );
}
