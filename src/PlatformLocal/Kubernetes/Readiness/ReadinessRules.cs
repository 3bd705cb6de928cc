namespace PlatformLocal.Kubernetes.Readiness;

/// <summary>Reads from an object alone whether it is ready.</summary>
/// <remarks>
/// The rules are those of kstatus (https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus), which Flux
/// uses too, so both deliveries agree. Two are stricter. A Job is ready when it is complete and not as soon as it
/// runs: Flux waits for it likewise. A built-in workload that its controller has not looked at yet is in progress even
/// when its numbers happen to be right.
/// </remarks>
public static class ReadinessRules
{
    /// <summary>An object's readiness.</summary>
    /// <param name="item">The object as the server has it.</param>
    public static ObjectReadiness Of(JsonObject item)
    {
        if (item.IsTerminating())
        {
            return new ObjectReadiness(
                ReadinessStatus.Terminating,
                item.Awaited() is { } awaited ? $"is being deleted and {awaited}" : "is being deleted"
            );
        }
        string group = ApiGroup.Of(item.Text("apiVersion") ?? "");
        return (group, item.Text("kind")) switch
        {
            ("apps", "Deployment") => Observed(item, isStrict: true) ?? WorkloadRules.Deployment(item),
            ("apps", "StatefulSet") => Observed(item, isStrict: true) ?? WorkloadRules.StatefulSet(item),
            ("apps", "DaemonSet") => Observed(item, isStrict: true) ?? WorkloadRules.DaemonSet(item),
            ("apps", "ReplicaSet") => Observed(item, isStrict: true) ?? WorkloadRules.ReplicaSet(item),
            ("batch", "Job") => WorkloadRules.Job(item),
            ("", "Pod") => WorkloadRules.Pod(item),
            ("", "Service") => CoreRules.Service(item),
            ("", "PersistentVolumeClaim") => CoreRules.PersistentVolumeClaim(item),
            ("", "Namespace") => CoreRules.Namespace(item),
            ("apiextensions.k8s.io", "CustomResourceDefinition") => CoreRules.CustomResourceDefinition(item),
            ("policy", "PodDisruptionBudget") => Observed(item, isStrict: false) ?? ObjectReadiness.Current("exists"),
            ("autoscaling", "HorizontalPodAutoscaler") => ObjectReadiness.Current("exists"),
            _ => Observed(item, isStrict: false) ?? Conditions(item),
        };
    }

    /// <summary>Whether the controller has seen the latest spec.</summary>
    /// <param name="item">The object.</param>
    /// <param name="isStrict">Whether a status that does not say so counts as not seen.</param>
    /// <returns>In progress, or <see langword="null"/> when it has.</returns>
    private static ObjectReadiness? Observed(JsonObject item, bool isStrict)
    {
        if (item.Metadata().Number("generation") is not { } generation)
        {
            return null;
        }
        long? observed = item.Child("status").Number("observedGeneration");
        return observed == generation || (observed is null && !isStrict)
            ? null
            : ObjectReadiness.InProgress(
                $"its controller has not looked at the latest change yet (generation {generation}, observed {observed ?? 0})"
            );
    }

    private static ObjectReadiness Conditions(JsonObject item)
    {
        if (item.Condition("Stalled") is { } stalled && stalled.Text("status") == "True")
        {
            return ObjectReadiness.Failed(Describe(stalled));
        }
        if (item.Condition("Reconciling") is { } reconciling && reconciling.Text("status") == "True")
        {
            return ObjectReadiness.InProgress(Describe(reconciling));
        }
        return item.Condition("Ready") is not { } ready ? ObjectReadiness.Current("exists")
            : ready.Text("status") == "True" ? ObjectReadiness.Current(Describe(ready))
            : ObjectReadiness.InProgress(Describe(ready));
    }

    /// <summary>A condition in words: its message with its reason, or what it is.</summary>
    public static string Describe(JsonObject condition)
    {
        string reason = condition.Text("reason") ?? "";
        string message = condition.Text("message")?.Trim() ?? "";
        return (reason.Length, message.Length) switch
        {
            (0, 0) => $"{condition.Text("type")} is {condition.Text("status")}",
            (_, 0) => reason,
            (0, _) => message,
            _ => $"{reason}: {message}",
        };
    }
}
