namespace EmbeddedKubernetes.Resources;

/// <summary>The two built-in kinds whose versions differ in more than their name.</summary>
internal static class VersionConversions
{
    private static readonly (string Core, string Events)[] s_eventFields =
    [
        ("involvedObject", "regarding"),
        ("message", "note"),
        ("reportingComponent", "reportingController"),
        ("count", "deprecatedCount"),
        ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"),
        ("source", "deprecatedSource"),
    ];

    public static JsonObject EventFromCore(JsonObject value)
    {
        foreach (var (core, events) in s_eventFields)
        {
            Rename(value, core, events);
        }
        return value;
    }

    public static JsonObject EventToCore(JsonObject value)
    {
        foreach (var (core, events) in s_eventFields)
        {
            Rename(value, events, core);
        }
        return value;
    }

    public static JsonObject AutoscalerToV1(JsonObject value)
    {
        if (value.Obj("spec") is { } spec)
        {
            foreach (var metric in spec.Arr("metrics").Objects())
            {
                if (
                    metric.Str("resource", "name") == "cpu"
                    && metric.Long("resource", "target", "averageUtilization") is { } target
                )
                {
                    spec["targetCPUUtilizationPercentage"] = target;
                }
            }
            spec.Remove("metrics");
            spec.Remove("behavior");
        }
        if (value.Obj("status") is { } status)
        {
            status.Remove("conditions");
            status.Remove("currentMetrics");
            status["currentReplicas"] ??= 0;
        }
        return value;
    }

    public static JsonObject AutoscalerFromV1(JsonObject value)
    {
        if (value.Obj("spec") is { } spec && spec.Long("targetCPUUtilizationPercentage") is { } target)
        {
            spec.Remove("targetCPUUtilizationPercentage");
            spec["metrics"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "Resource",
                    ["resource"] = new JsonObject
                    {
                        ["name"] = "cpu",
                        ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = target },
                    },
                }
            );
        }
        return value;
    }

    private static void Rename(JsonObject o, string from, string to)
    {
        if (o.TryGetPropertyValue(from, out var value))
        {
            o.Remove(from);
            o[to] = value;
        }
    }
}
