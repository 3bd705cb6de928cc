namespace EmbeddedKubernetes.Admission;

/// <summary>The finalizers that keep claims and volumes as long as they are used.</summary>
/// <remarks>https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection</remarks>
internal static class VolumeProtection
{
    public const string Claim = "kubernetes.io/pvc-protection";
    public const string Volume = "kubernetes.io/pv-protection";

    public static bool IsOn(JsonObject value, string finalizer) =>
        (value.Obj("metadata").Arr("finalizers") ?? []).Any(f => f.AsString() == finalizer);

    public static void Add(JsonObject value, string finalizer)
    {
        if (!IsOn(value, finalizer))
        {
            var metadata = value.Metadata();
            var finalizers = metadata.Arr("finalizers") ?? [];
            metadata["finalizers"] = finalizers;
            finalizers.Add((JsonNode)finalizer);
        }
    }
}
