using EmbeddedKubernetes.Selectors;

namespace EmbeddedKubernetes.Controllers;

/// <summary>Keeps the number of pods a replica set, or a replication controller, asks for.</summary>
internal sealed class ReplicaSetController(ClusterContext cluster) : IController
{
    private const string Component = "replicaset-controller";
    private const int MaxCreatedAtOnce = 500;
    private readonly ResourceType _sets = cluster.Type("apps/v1", "ReplicaSet");
    private readonly ResourceType _oldSets = cluster.Type("v1", "ReplicationController");
    private readonly ResourceType _pods = cluster.Type("v1", "Pod");

    public void Observe(StoreEvent change, WorkQueue queue) =>
        cluster.Queue(queue, this, change, _pods, _sets, _oldSets);

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Read(key) is not { } set || Owner.IsTerminating(set))
        {
            return;
        }
        var type = key.Resource == _sets.Storage ? _sets : _oldSets;
        var selector =
            type == _sets
                ? LabelSelector.From(set.Obj("spec").Obj("selector"))
                : LabelSelector.FromMap(set.Obj("spec").Obj("selector"));
        Adopt(set, key, selector);
        var pods = cluster.Owned(set.Str("metadata", "uid")!, _pods.Storage).Where(PodView.IsActive).ToList();
        var wanted = set.Long("spec", "replicas") ?? 1;
        string? refusal = null;
        for (var i = pods.Count; i < wanted && i - pods.Count < MaxCreatedAtOnce && refusal is null; i++)
        {
            refusal = CreatePod(set, key);
        }
        if (pods.Count > wanted)
        {
            Shrink(set, pods, wanted);
        }
        UpdateStatus(type, set, refusal);
    }

    // Pods that match and belong to nobody, such as those an orphaning deletion left behind.
    private void Adopt(JsonObject set, ObjectKey key, LabelSelector? selector)
    {
        if (selector is null)
        {
            return;
        }
        foreach (var stored in cluster.Store.List(_pods.Storage, key.Namespace))
        {
            if (stored.Terminating || stored.Owners.Length > 0 || !selector.Matches(stored.Labels))
            {
                continue;
            }
            cluster.Modify(
                _pods,
                stored.Key,
                pod => pod.Metadata()["ownerReferences"] = new JsonArray(Owner.Reference(set))
            );
        }
    }

    /// <returns>Why the pod was refused; null when it was not.</returns>
    private string? CreatePod(JsonObject set, ObjectKey key)
    {
        var pod = PodTemplates.NewPod(set, set.Obj("spec").Obj("template")!);
        pod.Metadata()["generateName"] = key.Name + "-";
        var (made, refusal) = cluster.CreatePod(this, key, set, pod, Component, why => "Error creating: " + why);
        if (made is not null)
        {
            cluster.Events.Normal(set, "SuccessfulCreate", "Created pod: " + made.Str("metadata", "name"), Component);
        }
        return refusal;
    }

    private void Shrink(JsonObject set, List<JsonObject> pods, long wanted)
    {
        // Those that serve least go first: not ready before ready, young before old.
        var order = pods.OrderBy(PodView.IsReady)
            .ThenByDescending(p => p.Str("metadata", "creationTimestamp"), StringComparer.Ordinal)
            .Take((int)(pods.Count - wanted));
        foreach (var pod in order)
        {
            cluster.Delete(_pods, ClusterContext.KeyOf(_pods, pod), uid: pod.Str("metadata", "uid"));
            cluster.Events.Normal(set, "SuccessfulDelete", "Deleted pod: " + pod.Str("metadata", "name"), Component);
        }
    }

    private void UpdateStatus(ResourceType type, JsonObject set, string? refusal)
    {
        var pods = cluster.Owned(set.Str("metadata", "uid")!, _pods.Storage).Where(PodView.IsActive).ToList();
        var min = set.Long("spec", "minReadySeconds") ?? 0;
        TimeSpan? wait = null;
        var ready = pods.Count(PodView.IsReady);
        var now = cluster.Now;
        var available = pods.Count(p => PodView.IsAvailable(p, min, now, ref wait));
        var labels = set.At("spec", "template", "metadata", "labels") as JsonObject;
        var full = pods.Count(p => (labels ?? []).All(l => p.Str("metadata", "labels", l.Key) == l.Value.AsString()));
        var status = new JsonObject { ["replicas"] = pods.Count };
        Positive(status, "fullyLabeledReplicas", full);
        Positive(status, "readyReplicas", ready);
        Positive(status, "availableReplicas", available);
        status["observedGeneration"] = set.Long("metadata", "generation") ?? 1;
        if (refusal is not null)
        {
            status.Put("conditions", set.At("status", "conditions")?.DeepClone());
            Conditions.Set(status, "ReplicaFailure", true, "FailedCreate", refusal, cluster.Objects.Now);
        }
        cluster.SetStatus(type, set, status);
        if (wait is { } later)
        {
            cluster.Timers.After(later, this, ClusterContext.KeyOf(type, set));
        }
    }

    private static void Positive(JsonObject status, string name, int value)
    {
        if (value > 0)
        {
            status[name] = value;
        }
    }
}
