namespace EmbeddedKubernetes.Admission;

/// <summary>What a PersistentVolumeClaim must state, what may change in it later, and what the server adds.</summary>
internal static class VolumeClaimRules
{
    /// <summary>The storage class of claims that name none.</summary>
    private const string DefaultClass = "standard";

    public static void Check(JsonObject spec, JsonObject? before, FieldFaults faults)
    {
        if (before is null)
        {
            if (spec.Arr("accessModes") is null or { Count: 0 })
            {
                faults.Required("spec.accessModes", "at least 1 access mode is required");
            }
            if (spec.At("resources", "requests", "storage") is null)
            {
                faults.Required("spec.resources[storage]");
            }
            return;
        }
        foreach (var (field, value) in spec)
        {
            var bound = field == "volumeName" && before["volumeName"] is null;
            if (field != "resources" && !bound && !JsonNode.DeepEquals(value, before[field]))
            {
                faults.Forbidden(
                    "spec",
                    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
                );
                return;
            }
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
