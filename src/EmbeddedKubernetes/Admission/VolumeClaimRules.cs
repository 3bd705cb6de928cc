namespace EmbeddedKubernetes.Admission;

/// <summary>What a PersistentVolumeClaim must state, what may change in it later, and what the server adds.</summary>
internal static class VolumeClaimRules
{
    /// <summary>The storage class of claims that name none.</summary>
    private const string DefaultClass = "standard";

    private static readonly string[] s_modes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

    private static readonly string[] s_policies = ["Delete", "Recycle", "Retain"];

    public static void Check(JsonObject spec, JsonObject? live, FieldFaults faults)
    {
        var before = live.Obj("spec");
        if (before is null)
        {
            if (spec.Arr("accessModes") is null or { Count: 0 })
            {
                faults.Required("spec.accessModes", "at least 1 access mode is required");
            }
            var size = spec.At("resources", "requests", "storage");
            if (size is null)
            {
                faults.Required("spec.resources[storage]");
            }
            else if (Quantity.Parse(size) <= 0)
            {
                faults.Invalid("spec.resources[storage]", size, "must be greater than zero");
            }
            Modes(spec, faults);
            if (spec.Str("storageClassName") is { Length: > 0 } name && !NameSyntax.IsSubdomain(name))
            {
                faults.Invalid("spec.storageClassName", name, NameSyntax.SubdomainRule);
            }
            return;
        }
        var bound = live.Str("status", "phase") == "Bound";
        foreach (var (field, value) in spec)
        {
            var binds = field == "volumeName" && before["volumeName"] is null;
            var grows = field == "resources" && bound;
            if (!grows && !binds && !JsonNode.DeepEquals(value, before[field]))
            {
                faults.Forbidden(
                    "spec",
                    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
                );
                break;
            }
        }
        var storage = spec.At("resources", "requests", "storage");
        if (Quantity.Parse(storage) < Quantity.Parse(before.At("resources", "requests", "storage")))
        {
            faults.Forbidden("spec.resources.requests.storage", "field can not be less than previous value");
        }
    }

    /// <exception cref="ApiException">The claim shall grow, and its storage class does not let it.</exception>
    public static void AdmitResize(ResourceType type, JsonObject live, JsonObject next, ObjectStore store)
    {
        if (
            Quantity.Parse(next.At("spec", "resources", "requests", "storage"))
                > Quantity.Parse(live.At("spec", "resources", "requests", "storage"))
            && store
                .Get(new("storageclasses.storage.k8s.io", "", live.Str("spec", "storageClassName") ?? ""))
                ?.Read()
                .Flag("allowVolumeExpansion") != true
        )
        {
            throw ApiException.Forbidden(
                type,
                live.Str("metadata", "name") ?? "",
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
            );
        }
    }

    /// <summary>What a PersistentVolume must state.</summary>
    public static void CheckVolume(JsonObject spec, FieldFaults faults)
    {
        if (spec.Arr("accessModes") is null or { Count: 0 })
        {
            faults.Required("spec.accessModes");
        }
        Modes(spec, faults);
        if (spec.Obj("capacity") is null or { Count: 0 })
        {
            faults.Required("spec.capacity");
        }
        if (spec.Obj("capacity")?["storage"] is null)
        {
            faults.NotSupported("spec.capacity", spec["capacity"], ["storage"]);
        }
        var sources = spec.Where(s => s.Value is JsonObject && IsSource(s.Key)).Select(s => s.Key).ToList();
        if (sources.Count == 0)
        {
            faults.Required("spec", "must specify a volume type");
        }
        foreach (var more in sources.Skip(1))
        {
            faults.Forbidden("spec." + more, "may not specify more than 1 volume type");
        }
        if (spec.Str("persistentVolumeReclaimPolicy") is { Length: > 0 } policy && !s_policies.Contains(policy))
        {
            faults.NotSupported("spec.persistentVolumeReclaimPolicy", policy, s_policies);
        }
    }

    private static bool IsSource(string field) => field is not ("capacity" or "claimRef" or "nodeAffinity");

    private static void Modes(JsonObject spec, FieldFaults faults)
    {
        foreach (var mode in spec.Arr("accessModes") ?? [])
        {
            if (!s_modes.Contains(mode.AsString()))
            {
                faults.NotSupported("spec.accessModes", mode, s_modes);
            }
        }
        if (spec.Str("volumeMode") is { Length: > 0 } volumeMode and not ("Block" or "Filesystem"))
        {
            faults.NotSupported("spec.volumeMode", volumeMode, ["Block", "Filesystem"]);
        }
    }

    public static void PrepareNew(JsonObject claim)
    {
        claim["status"] = new JsonObject { ["phase"] = "Pending" };
        if (claim.Obj("spec") is { } spec)
        {
            spec["storageClassName"] ??= DefaultClass;
        }
    }

    /// <summary>A class and a volume, once there, stay where an update leaves them out.</summary>
    public static void KeepBound(JsonObject live, JsonObject spec) =>
        KindPreparation.KeepAbsent(spec, live.Obj("spec"), ["storageClassName", "volumeName"]);
}
