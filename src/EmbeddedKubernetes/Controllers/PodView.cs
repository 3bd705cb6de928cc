namespace EmbeddedKubernetes.Controllers;

/// <summary>What controllers ask of pods.</summary>
internal static class PodView
{
    public static bool IsReady(JsonObject pod) => Conditions.IsTrue(pod.Obj("status"), "Ready");

    public static bool IsFinished(JsonObject pod) => pod.Str("status", "phase") is "Succeeded" or "Failed";

    /// <summary>Counts towards its owner's replicas.</summary>
    public static bool IsActive(JsonObject pod) => !IsFinished(pod) && !Owner.IsTerminating(pod);

    /// <summary>Ready for long enough; otherwise how long is missing.</summary>
    public static bool IsAvailable(JsonObject pod, long minReadySeconds, DateTimeOffset now, ref TimeSpan? wait)
    {
        if (!IsReady(pod))
        {
            return false;
        }
        if (minReadySeconds <= 0)
        {
            return true;
        }
        var since = ClusterContext.Time(Conditions.Find(pod.Obj("status"), "Ready").Str("lastTransitionTime")) ?? now;
        var missing = since.AddSeconds(minReadySeconds) - now;
        if (missing <= TimeSpan.Zero)
        {
            return true;
        }
        wait = wait is null || missing < wait ? missing : wait;
        return false;
    }
}

/// <summary>Makes pods, or the skeletons of them, from templates.</summary>
internal static class PodTemplates
{
    /// <summary>A pod as its owner's template describes it.</summary>
    public static JsonObject NewPod(JsonObject owner, JsonObject template)
    {
        var metadata = new JsonObject();
        foreach (var field in (ReadOnlySpan<string>)["labels", "annotations", "finalizers"])
        {
            if (template.At("metadata", field) is { } value)
            {
                metadata[field] = value.DeepClone();
            }
        }
        metadata["ownerReferences"] = new JsonArray(Owner.Reference(owner));
        return new() { ["metadata"] = metadata, ["spec"] = template["spec"]?.DeepClone() };
    }

    /// <summary>The same for templates that say the same, whatever the order of their fields.</summary>
    public static string Hash(JsonNode? template) => Objects.RandomName.HashOf(Canonical(template).Text());

    private static JsonNode? Canonical(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                var sorted = new JsonObject();
                foreach (var (name, value) in o.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    if (value is not null)
                    {
                        sorted[name] = Canonical(value);
                    }
                }
                return sorted;
            case JsonArray a:
                return new JsonArray([.. a.Select(Canonical)]);
            default:
                return node?.DeepClone();
        }
    }
}
