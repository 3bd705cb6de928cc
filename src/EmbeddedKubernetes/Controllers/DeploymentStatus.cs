namespace EmbeddedKubernetes.Controllers;

/// <summary>Sums a deployment's replica sets up, and tells whether it makes progress.</summary>
internal static class DeploymentStatus
{
    public static void Update(
        ClusterContext cluster,
        IController controller,
        ResourceType type,
        JsonObject deployment,
        List<JsonObject> sets,
        string hash
    )
    {
        var wanted = deployment.Long("spec", "replicas") ?? 1;
        var current = sets.Find(s => s.Str("metadata", "labels", "pod-template-hash") == hash);
        var replicas = Sum(sets, "replicas");
        var ready = Sum(sets, "readyReplicas");
        var available = Sum(sets, "availableReplicas");
        var updated = current.Long("status", "replicas") ?? 0;
        var old = deployment.Obj("status") ?? [];
        var status = new JsonObject { ["observedGeneration"] = deployment.Long("metadata", "generation") ?? 1 };
        Positive(status, "replicas", replicas);
        Positive(status, "updatedReplicas", updated);
        Positive(status, "readyReplicas", ready);
        Positive(status, "availableReplicas", available);
        Positive(status, "unavailableReplicas", Math.Max(0, Math.Max(wanted, replicas) - available));
        status["conditions"] = old.Arr("conditions")?.DeepClone() ?? new JsonArray();
        var now = cluster.Objects.Now;
        var (_, unavailable) = RollingUpdate.Bounds(deployment, wanted);
        var enough = available >= wanted - unavailable;
        Set(
            status,
            "Available",
            enough,
            enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
            enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
            now
        );
        if (Conditions.Find(current.Obj("status"), "ReplicaFailure") is { } failure)
        {
            Set(status, "ReplicaFailure", true, failure.Str("reason")!, failure.Str("message")!, now);
        }
        else if (Conditions.Find(status, "ReplicaFailure") is { } former)
        {
            status.Arr("conditions")!.Remove(former);
        }
        var complete = updated == wanted && replicas == wanted && available == wanted;
        Progress(cluster, controller, type, deployment, status, old, current, complete, updated, now);
        cluster.SetStatus(type, deployment, status);
    }

    private static void Progress(
        ClusterContext cluster,
        IController controller,
        ResourceType type,
        JsonObject deployment,
        JsonObject status,
        JsonObject old,
        JsonObject? current,
        bool complete,
        long updated,
        string now
    )
    {
        if (deployment.Flag("spec", "paused"))
        {
            Set(status, "Progressing", null, "DeploymentPaused", "Deployment is paused", now);
            return;
        }
        var set = current.Str("metadata", "name");
        var before = Conditions.Find(old, "Progressing");
        if (complete)
        {
            Set(
                status,
                "Progressing",
                true,
                "NewReplicaSetAvailable",
                $"ReplicaSet \"{set}\" has successfully progressed.",
                now
            );
            return;
        }
        var moved =
            before is null
            || old.Long("observedGeneration") != status.Long("observedGeneration")
            || (old.Long("updatedReplicas") ?? 0) < updated
            || (old.Long("readyReplicas") ?? 0) < (status.Long("readyReplicas") ?? 0)
            || (old.Long("availableReplicas") ?? 0) < (status.Long("availableReplicas") ?? 0)
            || (old.Long("replicas") ?? 0) - (old.Long("updatedReplicas") ?? 0)
                > (status.Long("replicas") ?? 0) - updated
            || before.Str("reason") is "NewReplicaSetAvailable" or "DeploymentPaused";
        if (moved)
        {
            var condition = Set(
                status,
                "Progressing",
                true,
                "ReplicaSetUpdated",
                $"ReplicaSet \"{set}\" is progressing.",
                now
            );
            condition["lastUpdateTime"] = now;
        }
        if (before.Str("reason") == "ProgressDeadlineExceeded" && !moved)
        {
            return;
        }
        var since = ClusterContext.Time(Conditions.Find(status, "Progressing").Str("lastUpdateTime")) ?? cluster.Now;
        var left = since.AddSeconds(deployment.Long("spec", "progressDeadlineSeconds") ?? 600) - cluster.Now;
        if (left <= TimeSpan.Zero)
        {
            Set(
                status,
                "Progressing",
                false,
                "ProgressDeadlineExceeded",
                $"ReplicaSet \"{set}\" has timed out progressing.",
                now
            );
            return;
        }
        // Times in the status have whole seconds only; a little later is early enough.
        cluster.Timers.After(left + TimeSpan.FromMilliseconds(50), controller, ClusterContext.KeyOf(type, deployment));
    }

    private static JsonObject Set(
        JsonObject status,
        string type,
        bool? value,
        string reason,
        string message,
        string now
    )
    {
        var before = Conditions.Find(status, type)?.Copy();
        var condition = Conditions.Set(status, type, value ?? false, reason, message, now);
        if (value is null)
        {
            condition["status"] = "Unknown";
        }
        if (before.Str("status") != condition.Str("status") || before.Str("reason") != reason)
        {
            condition["lastUpdateTime"] = now;
        }
        return condition;
    }

    private static long Sum(List<JsonObject> sets, string field) => sets.Sum(s => s.Long("status", field) ?? 0);

    private static void Positive(JsonObject status, string name, long value)
    {
        if (value > 0)
        {
            status[name] = value;
        }
    }
}
