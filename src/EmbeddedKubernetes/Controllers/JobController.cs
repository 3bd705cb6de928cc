namespace EmbeddedKubernetes.Controllers;

/// <summary>Runs the (simulated) pods of jobs until enough have succeeded or too many failed.</summary>
internal sealed class JobController(ClusterContext cluster) : IController
{
    private const string Component = "job-controller";
    private readonly ResourceType _type = cluster.Type("batch/v1", "Job");
    private readonly ResourceType _pods = cluster.Type("v1", "Pod");

    public void Observe(StoreEvent change, WorkQueue queue) => cluster.Queue(queue, this, change, _pods, _type);

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Read(key) is not { } job || Owner.IsTerminating(job))
        {
            return;
        }
        if (Finished(job) is { } at)
        {
            Expire(job, key, at);
            return;
        }
        var pods = cluster.Owned(job.Str("metadata", "uid")!, _pods.Storage);
        var succeeded = pods.Count(p => p.Str("status", "phase") == "Succeeded");
        var failed = pods.Count(p => p.Str("status", "phase") == "Failed");
        var active = pods.Where(PodView.IsActive).ToList();
        var restarts = active.Sum(PodStates.Restarts);
        var parallelism = job.Long("spec", "parallelism") ?? 1;
        var completions = job.Long("spec", "completions");
        var limit = job.Long("spec", "backoffLimit") ?? 6;
        var now = cluster.Objects.Now;
        var status = job.Obj("status")?.Copy() ?? [];
        var suspended = job.Flag("spec", "suspend");
        if (suspended)
        {
            RemovePods(active);
            active = [];
            Conditions.Set(status, "Suspended", true, "JobSuspended", "Job suspended", now);
        }
        else
        {
            status["startTime"] ??= now;
            if (Conditions.Find(status, "Suspended") is not null)
            {
                Conditions.Set(status, "Suspended", false, "JobResumed", "Job resumed", now);
            }
        }
        if (failed + restarts > limit)
        {
            RemovePods(active);
            active = [];
            Conditions.Set(
                status,
                "Failed",
                true,
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
                now
            );
            cluster.Events.Warning(
                job,
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
                Component
            );
        }
        else if (completions is { } all ? succeeded >= all : succeeded > 0 && active.Count == 0)
        {
            Conditions.Set(
                status,
                "SuccessCriteriaMet",
                true,
                "CompletionsReached",
                "Reached expected number of succeeded pods",
                now
            );
            Conditions.Set(
                status,
                "Complete",
                true,
                "CompletionsReached",
                "Reached expected number of succeeded pods",
                now
            );
            status["completionTime"] = now;
            cluster.Events.Normal(job, "Completed", "Job completed", Component);
        }
        else if (!suspended)
        {
            var wanted =
                completions is { } total ? Math.Min(parallelism, total - succeeded)
                : succeeded > 0 ? 0
                : parallelism;
            while (active.Count < wanted && CreatePod(job, key) is { } pod)
            {
                active.Add(pod);
            }
        }
        Write(job, status, active, succeeded, failed);
    }

    private static DateTimeOffset? Finished(JsonObject job)
    {
        foreach (var type in (ReadOnlySpan<string>)["Complete", "Failed"])
        {
            if (Conditions.IsTrue(job.Obj("status"), type))
            {
                return ClusterContext.Time(Conditions.Find(job.Obj("status"), type).Str("lastTransitionTime"));
            }
        }
        return null;
    }

    private void Expire(JsonObject job, ObjectKey key, DateTimeOffset finished)
    {
        if (job.Long("spec", "ttlSecondsAfterFinished") is not { } seconds)
        {
            return;
        }
        var left = finished.AddSeconds(seconds) - cluster.Now;
        if (left <= TimeSpan.Zero)
        {
            cluster.Delete(_type, key, "Background");
        }
        else
        {
            cluster.Timers.After(left, this, key);
        }
    }

    private JsonObject? CreatePod(JsonObject job, ObjectKey key)
    {
        var pod = PodTemplates.NewPod(job, job.Obj("spec").Obj("template")!);
        pod.Metadata()["generateName"] = key.Name + "-";
        var (made, _) = cluster.CreatePod(this, key, job, pod, Component, why => "Error creating: " + why);
        if (made is not null)
        {
            cluster.Events.Normal(job, "SuccessfulCreate", "Created pod: " + made.Str("metadata", "name"), Component);
        }
        return made;
    }

    private void RemovePods(List<JsonObject> pods)
    {
        foreach (var pod in pods)
        {
            cluster.Delete(_pods, ClusterContext.KeyOf(_pods, pod));
        }
    }

    private void Write(JsonObject job, JsonObject status, List<JsonObject> active, int succeeded, int failed)
    {
        Count(status, "active", active.Count);
        Count(status, "succeeded", succeeded);
        Count(status, "failed", failed);
        status["ready"] = active.Count(PodView.IsReady);
        status["terminating"] = 0;
        status["uncountedTerminatedPods"] = new JsonObject();
        cluster.SetStatus(_type, job, status);
    }

    private static void Count(JsonObject status, string name, int value)
    {
        if (value > 0)
        {
            status[name] = value;
        }
        else
        {
            status.Remove(name);
        }
    }
}
