namespace EmbeddedKubernetes.Controllers;

/// <summary>Keeps one pod of each daemon set on the one node.</summary>
internal sealed class DaemonSetController(ClusterContext cluster) : IController
{
    private const string Component = "daemonset-controller";
    private readonly ResourceType _type = cluster.Type("apps/v1", "DaemonSet");
    private readonly ResourceType _pods = cluster.Type("v1", "Pod");
    private readonly Revisions _revisions = new(cluster);

    public void Observe(StoreEvent change, WorkQueue queue) => cluster.Queue(queue, this, change, _pods, _type);

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Read(key) is not { } set || Owner.IsTerminating(set))
        {
            return;
        }
        var hash = _revisions.Ensure(set)[(key.Name.Length + 1)..];
        var pods = Active(set);
        var rolling = set.Str("spec", "updateStrategy", "type") != "OnDelete";
        foreach (var pod in pods.Skip(1).ToList())
        {
            Remove(set, pod);
        }
        if (pods.Count > 0 && rolling && pods[0].Str("metadata", "labels", Revisions.Label) != hash)
        {
            Remove(set, pods[0]);
            pods.Clear();
        }
        if (pods.Count == 0)
        {
            var pod = PodTemplates.NewPod(set, set.Obj("spec").Obj("template")!);
            var metadata = pod.Metadata();
            metadata["generateName"] = key.Name + "-";
            metadata.Child("labels")[Revisions.Label] = hash;
            var made = cluster.Create(_pods, key.Namespace, pod);
            cluster.Events.Normal(set, "SuccessfulCreate", "Created pod: " + made.Str("metadata", "name"), Component);
        }
        UpdateStatus(set, key, hash);
    }

    private List<JsonObject> Active(JsonObject set) =>
        [.. cluster.Owned(set.Str("metadata", "uid")!, _pods.Storage).Where(PodView.IsActive)];

    private void Remove(JsonObject set, JsonObject pod)
    {
        cluster.Delete(_pods, ClusterContext.KeyOf(_pods, pod), uid: pod.Str("metadata", "uid"));
        cluster.Events.Normal(set, "SuccessfulDelete", "Deleted pod: " + pod.Str("metadata", "name"), Component);
    }

    private void UpdateStatus(JsonObject set, ObjectKey key, string hash)
    {
        var pods = Active(set);
        TimeSpan? wait = null;
        var now = cluster.Now;
        var min = set.Long("spec", "minReadySeconds") ?? 0;
        var available = pods.Count(p => PodView.IsAvailable(p, min, now, ref wait));
        var status = new JsonObject
        {
            ["currentNumberScheduled"] = pods.Count,
            ["numberMisscheduled"] = 0,
            ["desiredNumberScheduled"] = 1,
            ["numberReady"] = pods.Count(PodView.IsReady),
            ["observedGeneration"] = set.Long("metadata", "generation") ?? 1,
            ["updatedNumberScheduled"] = pods.Count(p => p.Str("metadata", "labels", Revisions.Label) == hash),
        };
        if (available > 0)
        {
            status["numberAvailable"] = available;
        }
        if (available < 1)
        {
            status["numberUnavailable"] = 1 - available;
        }
        cluster.SetStatus(_type, set, status);
        if (wait is { } later)
        {
            cluster.Timers.After(later, this, key);
        }
    }
}
