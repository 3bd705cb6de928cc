namespace PlatformLocal.Kubernetes.Readiness;

/// <summary>The rules for kinds that run pods.</summary>
internal static class WorkloadRules
{
    public static ObjectReadiness Deployment(JsonObject item)
    {
        JsonObject? progressing = item.Condition("Progressing");
        if (progressing.Text("reason") == "ProgressDeadlineExceeded")
        {
            return ObjectReadiness.Failed(ReadinessRules.Describe(progressing!));
        }
        JsonObject? status = item.Child("status");
        bool isPaused = item.Child("spec").Flag("paused") == true;
        long wanted = item.Child("spec").Number("replicas") ?? 1;
        long all = Count(status, "replicas");
        long updated = Count(status, "updatedReplicas");
        if (isPaused && updated < wanted)
        {
            // Its controller goes on with what it began, and begins nothing: nobody but its owner ends that.
            return ObjectReadiness.Failed(
                $"is paused: {updated} of {wanted} replicas are of its template, and no more are made before spec.paused is false"
            );
        }
        long available = Count(status, "availableReplicas");
        long ready = Count(status, "readyReplicas");
        ObjectReadiness? missing =
            TooFew(all, wanted, "created")
            ?? TooFew(updated, wanted, "updated")
            ?? TooMany(all, available, wanted)
            ?? TooFew(available, updated, "available")
            ?? TooFew(ready, wanted, "ready");
        if (missing is not null)
        {
            return missing.Value;
        }
        // Without a deadline the controller says nothing about progress.
        bool tellsProgress = !isPaused && item.Child("spec").Number("progressDeadlineSeconds") is < int.MaxValue;
        if (tellsProgress && progressing is not null && progressing.Text("reason") != "NewReplicaSetAvailable")
        {
            return ObjectReadiness.InProgress(ReadinessRules.Describe(progressing));
        }
        if (tellsProgress && progressing is null)
        {
            return ObjectReadiness.InProgress("its controller has not reported any progress yet");
        }
        return item.Condition("Available") is { } condition && condition.Text("status") == "True"
            ? ObjectReadiness.Current($"{ready} of {wanted} replicas are ready")
            : ObjectReadiness.InProgress("is not available yet");
    }

    public static ObjectReadiness ReplicaSet(JsonObject item)
    {
        JsonObject? status = item.Child("status");
        if (item.Condition("ReplicaFailure") is { } failure && failure.Text("status") == "True")
        {
            return ObjectReadiness.InProgress(ReadinessRules.Describe(failure));
        }
        long wanted = item.Child("spec").Number("replicas") ?? 1;
        return TooFew(Count(status, "fullyLabeledReplicas"), wanted, "labelled")
            ?? TooFew(Count(status, "availableReplicas"), wanted, "available")
            ?? TooFew(Count(status, "readyReplicas"), wanted, "ready")
            ?? TooMany(Count(status, "replicas"), Count(status, "availableReplicas"), wanted)
            ?? ObjectReadiness.Current($"{wanted} of {wanted} replicas are ready");
    }

    public static ObjectReadiness StatefulSet(JsonObject item)
    {
        JsonObject? strategy = item.Child("spec").Child("updateStrategy");
        if (strategy.Text("type") == "OnDelete")
        {
            return ObjectReadiness.Current("is updated when its pods are deleted");
        }
        JsonObject? status = item.Child("status");
        long wanted = item.Child("spec").Number("replicas") ?? 1;
        long all = Count(status, "replicas");
        long ready = Count(status, "readyReplicas");
        long updated = Count(status, "updatedReplicas");
        ObjectReadiness? missing =
            TooFew(all, wanted, "created") ?? TooFew(ready, wanted, "ready") ?? TooMany(all, all, wanted);
        if (missing is not null)
        {
            return missing.Value;
        }
        long partition = strategy.Child("rollingUpdate").Number("partition") ?? 0;
        if (partition > 0)
        {
            return TooFew(updated, wanted - partition, "updated beyond the partition")
                ?? ObjectReadiness.Current(
                    $"{ready} of {wanted} replicas are ready, {partition} held back by the partition"
                );
        }
        return TooFew(Count(status, "currentReplicas"), wanted, "current")
            ?? (
                status.Text("currentRevision") != status.Text("updateRevision")
                    ? ObjectReadiness.InProgress("its pods are being updated to the latest revision")
                    : ObjectReadiness.Current($"{ready} of {wanted} replicas are ready")
            );
    }

    public static ObjectReadiness DaemonSet(JsonObject item)
    {
        JsonObject? status = item.Child("status");
        if (status.Number("desiredNumberScheduled") is not { } wanted)
        {
            return ObjectReadiness.InProgress("it is not known yet on how many nodes it runs");
        }
        bool isRolling = item.Child("spec").Child("updateStrategy").Text("type") != "OnDelete";
        return TooFew(Count(status, "currentNumberScheduled"), wanted, "scheduled")
            ?? (isRolling ? TooFew(Count(status, "updatedNumberScheduled"), wanted, "updated") : null)
            ?? TooFew(Count(status, "numberAvailable"), wanted, "available")
            ?? TooFew(Count(status, "numberReady"), wanted, "ready")
            ?? ObjectReadiness.Current($"{wanted} of {wanted} pods are ready");
    }

    public static ObjectReadiness Job(JsonObject item)
    {
        if (item.Condition("Failed") is { } failed && failed.Text("status") == "True")
        {
            return ObjectReadiness.Failed(ReadinessRules.Describe(failed));
        }
        if (item.Condition("Complete") is { } complete && complete.Text("status") == "True")
        {
            return ObjectReadiness.Current("is complete");
        }
        if (item.Child("spec").Flag("suspend") == true)
        {
            return ObjectReadiness.Current("is suspended");
        }
        JsonObject? status = item.Child("status");
        return status.Text("startTime") is null
            ? ObjectReadiness.InProgress("has not started yet")
            : ObjectReadiness.InProgress(
                $"is running: {Count(status, "active")} active, {Count(status, "succeeded")} succeeded, {Count(status, "failed")} failed"
            );
    }

    public static ObjectReadiness Pod(JsonObject item)
    {
        string phase = item.Child("status").Text("phase") ?? "unknown";
        if (phase == "Succeeded")
        {
            return ObjectReadiness.Current("has succeeded");
        }
        string? trouble = PodTrouble.Of(item).Select(trouble => trouble.ToString()).FirstOrDefault();
        if (phase == "Failed")
        {
            return ObjectReadiness.Failed(trouble ?? item.Child("status").Text("message") ?? "has failed");
        }
        if (PodTrouble.Of(item).Any(found => found.Reason == "CrashLoopBackOff"))
        {
            return ObjectReadiness.Failed(trouble!);
        }
        if (item.Condition("Ready") is { } ready && ready.Text("status") == "True")
        {
            return ObjectReadiness.Current("is ready");
        }
        JsonObject? scheduled = item.Condition("PodScheduled");
        return scheduled.Text("status") == "False"
            ? ObjectReadiness.InProgress(ReadinessRules.Describe(scheduled!))
            : ObjectReadiness.InProgress(trouble ?? $"is not ready, its phase is {phase}");
    }

    private static long Count(JsonObject? status, string field) => status.Number(field) ?? 0;

    private static ObjectReadiness? TooFew(long count, long wanted, string what) =>
        count < wanted ? ObjectReadiness.InProgress($"{count} of {wanted} replicas are {what}") : null;

    /// <summary>Old replicas stay until the new ones are there: then it is these that are waited for.</summary>
    private static ObjectReadiness? TooMany(long count, long available, long wanted) =>
        count <= wanted ? null
        : available < count
            ? ObjectReadiness.InProgress(
                $"{count - available} of {count} replicas are not available, and {Counted.Of(count - wanted, "old one stays", "old ones stay")} until they are"
            )
        : ObjectReadiness.InProgress(
            $"{Counted.Of(count - wanted, "old replica is", "old replicas are")} still ending"
        );
}
