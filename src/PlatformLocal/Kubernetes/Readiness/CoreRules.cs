namespace PlatformLocal.Kubernetes.Readiness;

/// <summary>The rules for built-in kinds that run nothing themselves.</summary>
internal static class CoreRules
{
    public static ObjectReadiness Service(JsonObject item)
    {
        JsonObject? spec = item.Child("spec");
        return spec.Text("type") == "LoadBalancer" && string.IsNullOrEmpty(spec.Text("clusterIP"))
            ? ObjectReadiness.InProgress("has no cluster IP yet")
            : ObjectReadiness.Current("exists");
    }

    public static ObjectReadiness PersistentVolumeClaim(JsonObject item) =>
        ByPhase(item, "Bound", "bound", "bound to a volume");

    public static ObjectReadiness Namespace(JsonObject item) => ByPhase(item, "Active", "active", "active");

    private static ObjectReadiness ByPhase(JsonObject item, string wanted, string done, string awaited)
    {
        string phase = item.Child("status").Text("phase") ?? "unknown";
        return phase == wanted
            ? ObjectReadiness.Current($"is {done}")
            : ObjectReadiness.InProgress($"is not {awaited}, its phase is {phase}");
    }

    public static ObjectReadiness CustomResourceDefinition(JsonObject item)
    {
        if (item.Condition("NamesAccepted") is { } names && names.Text("status") == "False")
        {
            return ObjectReadiness.Failed(ReadinessRules.Describe(names));
        }
        if (item.Condition("Established") is not { } established)
        {
            return ObjectReadiness.InProgress("is not established yet");
        }
        return established.Text("status") == "True" ? ObjectReadiness.Current("is established")
            : established.Text("status") == "False" && established.Text("reason") != "Installing"
                ? ObjectReadiness.Failed(ReadinessRules.Describe(established))
            : ObjectReadiness.InProgress("is being installed");
    }
}
