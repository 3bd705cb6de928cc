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

    public static ObjectReadiness PersistentVolumeClaim(JsonObject item)
    {
        string phase = item.Child("status").Text("phase") ?? "unknown";
        return phase == "Bound"
            ? ObjectReadiness.Current("is bound")
            : ObjectReadiness.InProgress($"is not bound to a volume, its phase is {phase}");
    }

    public static ObjectReadiness Namespace(JsonObject item)
    {
        string phase = item.Child("status").Text("phase") ?? "unknown";
        return phase == "Active"
            ? ObjectReadiness.Current("is active")
            : ObjectReadiness.InProgress($"is not active, its phase is {phase}");
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
