namespace EmbeddedKubernetes.Controllers;

/// <summary>Keeps one pod of each daemon set on the one node.</summary>
internal sealed class DaemonSetController(ClusterContext cluster) : IController
{
    private const string Component = "daemonset-controller";
    private readonly ResourceType _type = cluster.Type("apps/v1", "DaemonSet");
    private readonly ResourceType _pods = cluster.Type("v1", "Pod");
    private readonly Revisions _revisions = new(cluster);

    private readonly ResourceType _nodes = cluster.Type("v1", "Node");

    public void Observe(StoreEvent change, WorkQueue queue)
    {
        cluster.Queue(queue, this, change, _pods, _type);
        if (change.Object.Key.Resource == _nodes.Storage)
        {
            foreach (var set in cluster.Store.List(_type.Storage))
            {
                queue.Add(this, set.Key);
            }
        }
    }

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Read(key) is not { } set || Owner.IsTerminating(set))
        {
            return;
        }
        var hash = _revisions.Ensure(set)[(key.Name.Length + 1)..];
        var pods = Active(set);
        var rolling = set.Str("spec", "updateStrategy", "type") != "OnDelete";
        var wanted = IsWanted(set) ? 1 : 0;
        foreach (var pod in pods.Skip(wanted))
        {
            Remove(set, pod);
        }
        pods = [.. pods.Take(wanted)];
        if (pods.Count > 0 && rolling && pods[0].Str("metadata", "labels", Revisions.Label) != hash)
        {
            Remove(set, pods[0]);
            pods.Clear();
        }
        if (pods.Count < wanted)
        {
            var pod = PodTemplates.NewPod(set, set.Obj("spec").Obj("template")!);
            var metadata = pod.Metadata();
            metadata["generateName"] = key.Name + "-";
            Tolerate(pod.Child("spec"));
            metadata.Child("labels")[Revisions.Label] = hash;
            var (made, _) = cluster.CreatePod(this, key, set, pod, Component, why => "Error creating: " + why);
            if (made is not null)
            {
                cluster.Events.Normal(
                    set,
                    "SuccessfulCreate",
                    "Created pod: " + made.Str("metadata", "name"),
                    Component
                );
            }
        }
        UpdateStatus(set, key, hash, wanted);
    }

    /// <summary>The node is one that the pods are for; whether they have room there is the scheduler's question.</summary>
    private bool IsWanted(JsonObject set)
    {
        if (cluster.Read(_nodes.Key("", ClusterContext.NodeName)) is not { } node)
        {
            return false;
        }
        var spec = (set.At("spec", "template", "spec") as JsonObject ?? []).Copy();
        Tolerate(spec);
        return NodeFit.IsSelected(node, spec) && NodeFit.UntoleratedTaint(node, spec) is null;
    }

    // Daemons stay where others may not go.
    private static void Tolerate(JsonObject podSpec)
    {
        if (podSpec.Arr("tolerations") is not { } tolerations)
        {
            podSpec["tolerations"] = tolerations = [];
        }
        foreach (
            var (condition, effect) in (ReadOnlySpan<(string, string)>)
                [
                    ("not-ready", "NoExecute"),
                    ("unreachable", "NoExecute"),
                    ("disk-pressure", "NoSchedule"),
                    ("memory-pressure", "NoSchedule"),
                    ("pid-pressure", "NoSchedule"),
                    ("unschedulable", "NoSchedule"),
                ]
        )
        {
            tolerations.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["key"] = "node.kubernetes.io/" + condition,
                        ["operator"] = "Exists",
                        ["effect"] = effect,
                    }
            );
        }
    }

    private List<JsonObject> Active(JsonObject set) =>
        [.. cluster.Owned(set.Str("metadata", "uid")!, _pods.Storage).Where(PodView.IsActive)];

    private void Remove(JsonObject set, JsonObject pod)
    {
        cluster.Delete(_pods, ClusterContext.KeyOf(_pods, pod), uid: pod.Str("metadata", "uid"));
        cluster.Events.Normal(set, "SuccessfulDelete", "Deleted pod: " + pod.Str("metadata", "name"), Component);
    }

    private void UpdateStatus(JsonObject set, ObjectKey key, string hash, int wanted)
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
            ["desiredNumberScheduled"] = wanted,
            ["numberReady"] = pods.Count(PodView.IsReady),
            ["observedGeneration"] = set.Long("metadata", "generation") ?? 1,
            ["updatedNumberScheduled"] = pods.Count(p => p.Str("metadata", "labels", Revisions.Label) == hash),
        };
        if (available > 0)
        {
            status["numberAvailable"] = available;
        }
        if (available < wanted)
        {
            status["numberUnavailable"] = wanted - available;
        }
        cluster.SetStatus(_type, set, status);
        if (wait is { } later)
        {
            cluster.Timers.After(later, this, key);
        }
    }
}
