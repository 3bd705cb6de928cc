namespace EmbeddedKubernetes.Controllers;

/// <summary>Keeps numbered pods with their own volumes, in order.</summary>
internal sealed class StatefulSetController(ClusterContext cluster) : IController
{
    private const string Component = "statefulset-controller";
    private readonly ResourceType _type = cluster.Type("apps/v1", "StatefulSet");
    private readonly ResourceType _pods = cluster.Type("v1", "Pod");
    private readonly ResourceType _claims = cluster.Type("v1", "PersistentVolumeClaim");
    private readonly Revisions _revisions = new(cluster);

    public void Observe(StoreEvent change, WorkQueue queue) => cluster.Queue(queue, this, change, _pods, _type);

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Read(key) is not { } set || Owner.IsTerminating(set))
        {
            return;
        }
        var update = _revisions.Ensure(set);
        var current = set.Str("status", "currentRevision") ?? update;
        var spec = set.Obj("spec")!;
        var wanted = (int)(spec.Long("replicas") ?? 1);
        var start = (int)(set.Long("spec", "ordinals", "start") ?? 0);
        var parallel = spec.Str("podManagementPolicy") == "Parallel";
        var partition = (int)(set.Long("spec", "updateStrategy", "rollingUpdate", "partition") ?? 0);
        var pods = Pods(set, key);
        var settled = Grow(
            set,
            key,
            pods,
            start,
            wanted,
            parallel,
            ordinal => ordinal < partition && set.Obj("status")?["currentRevision"] is not null ? current : update
        );
        settled = Shrink(set, pods, start, wanted, parallel) && settled;
        // In order, a pod that is not ready holds everything up, also the replacement of itself.
        if ((settled || parallel) && spec.Str("updateStrategy", "type") != "OnDelete")
        {
            Renew(pods, Math.Max(partition, start), start + wanted, update);
        }
        UpdateStatus(set, key, update, current, wanted);
    }

    private SortedDictionary<int, JsonObject> Pods(JsonObject set, ObjectKey key)
    {
        var pods = new SortedDictionary<int, JsonObject>();
        foreach (var pod in cluster.Owned(set.Str("metadata", "uid")!, _pods.Storage))
        {
            var suffix = pod.Str("metadata", "name")![(key.Name.Length + 1)..];
            if (int.TryParse(suffix, CultureInfo.InvariantCulture, out var ordinal))
            {
                pods[ordinal] = pod;
            }
        }
        return pods;
    }

    /// <returns>Every wanted pod exists and is ready.</returns>
    private bool Grow(
        JsonObject set,
        ObjectKey key,
        SortedDictionary<int, JsonObject> pods,
        int start,
        int wanted,
        bool parallel,
        Func<int, string> revision
    )
    {
        var settled = true;
        for (var ordinal = start; ordinal < start + wanted; ordinal++)
        {
            if (pods.TryGetValue(ordinal, out var pod) && PodView.IsFinished(pod))
            {
                cluster.Delete(_pods, ClusterContext.KeyOf(_pods, pod));
                pod = null;
            }
            if (pod is null)
            {
                CreatePod(set, key, ordinal, revision(ordinal));
                settled = false;
            }
            else if (!PodView.IsReady(pod) || Owner.IsTerminating(pod))
            {
                settled = false;
            }
            if (!settled && !parallel)
            {
                return false;
            }
        }
        return settled;
    }

    private bool Shrink(JsonObject set, SortedDictionary<int, JsonObject> pods, int start, int wanted, bool parallel)
    {
        var settled = true;
        foreach (var (ordinal, pod) in pods.Reverse())
        {
            if (ordinal >= start && ordinal < start + wanted)
            {
                continue;
            }
            settled = false;
            cluster.Delete(_pods, ClusterContext.KeyOf(_pods, pod));
            cluster.Events.Normal(
                set,
                "SuccessfulDelete",
                $"delete Pod {pod.Str("metadata", "name")} in StatefulSet {set.Str("metadata", "name")} successful",
                Component
            );
            DropClaims(set, pod);
            if (!parallel)
            {
                return false;
            }
        }
        return settled;
    }

    // From the highest number down, the next only when the last is ready again.
    private void Renew(SortedDictionary<int, JsonObject> pods, int from, int until, string update)
    {
        for (var ordinal = until - 1; ordinal >= from; ordinal--)
        {
            if (!pods.TryGetValue(ordinal, out var pod))
            {
                return;
            }
            if (pod.Str("metadata", "labels", Revisions.Label) != update)
            {
                cluster.Delete(_pods, ClusterContext.KeyOf(_pods, pod));
                return;
            }
            if (!PodView.IsReady(pod))
            {
                return;
            }
        }
    }

    private void CreatePod(JsonObject set, ObjectKey key, int ordinal, string revision)
    {
        var template = _revisions.TemplateOf(set, revision) ?? set.Obj("spec").Obj("template")!;
        var pod = PodTemplates.NewPod(set, template);
        var name = string.Create(CultureInfo.InvariantCulture, $"{key.Name}-{ordinal}");
        var metadata = pod.Metadata();
        metadata["name"] = name;
        var labels = metadata.Child("labels");
        labels["statefulset.kubernetes.io/pod-name"] = name;
        labels["apps.kubernetes.io/pod-index"] = ordinal.ToString(CultureInfo.InvariantCulture);
        labels[Revisions.Label] = revision;
        var spec = pod.Child("spec");
        spec["hostname"] = name;
        if (set.Str("spec", "serviceName") is { Length: > 0 } service)
        {
            spec["subdomain"] = service;
        }
        EnsureClaims(set, key, name, spec);
        var (made, _) = cluster.CreatePod(
            this,
            key,
            set,
            pod,
            Component,
            why => $"create Pod {name} in StatefulSet {key.Name} failed error: {why}"
        );
        if (made is not null)
        {
            cluster.Events.Normal(
                set,
                "SuccessfulCreate",
                $"create Pod {name} in StatefulSet {key.Name} successful",
                Component
            );
        }
    }

    private void EnsureClaims(JsonObject set, ObjectKey key, string pod, JsonObject podSpec)
    {
        foreach (var template in set.Obj("spec").Arr("volumeClaimTemplates").Objects())
        {
            var volume = template.Str("metadata", "name")!;
            var claim = $"{volume}-{pod}";
            var metadata = new JsonObject { ["name"] = claim };
            foreach (var field in (ReadOnlySpan<string>)["labels", "annotations"])
            {
                if (template.At("metadata", field) is { } value)
                {
                    metadata[field] = value.DeepClone();
                }
            }
            foreach (var (label, value) in set.At("spec", "selector", "matchLabels") as JsonObject ?? [])
            {
                metadata.Child("labels")[label] = value?.DeepClone();
            }
            cluster.Ensure(
                _claims,
                key.Namespace,
                new() { ["metadata"] = metadata, ["spec"] = template["spec"]?.DeepClone() }
            );
            var volumes = podSpec.Arr("volumes");
            if (volumes is null)
            {
                podSpec["volumes"] = volumes = [];
            }
            for (var i = volumes.Count - 1; i >= 0; i--)
            {
                if (volumes[i].Str("name") == volume)
                {
                    volumes.RemoveAt(i);
                }
            }
            volumes.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["name"] = volume,
                        ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = claim },
                    }
            );
        }
    }

    private void DropClaims(JsonObject set, JsonObject pod)
    {
        if (set.Str("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled") != "Delete")
        {
            return;
        }
        foreach (var template in set.Obj("spec").Arr("volumeClaimTemplates").Objects())
        {
            cluster.Delete(
                _claims,
                _claims.Key(
                    set.Str("metadata", "namespace")!,
                    $"{template.Str("metadata", "name")}-{pod.Str("metadata", "name")}"
                )
            );
        }
    }

    private void UpdateStatus(JsonObject set, ObjectKey key, string update, string current, int wanted)
    {
        var pods = Pods(set, key).Values.Where(p => !Owner.IsTerminating(p)).ToList();
        var min = set.Long("spec", "minReadySeconds") ?? 0;
        TimeSpan? wait = null;
        var now = cluster.Now;
        var updated = pods.Count(p => p.Str("metadata", "labels", Revisions.Label) == update);
        var ready = pods.Count(PodView.IsReady);
        if (updated == wanted && ready == wanted && pods.Count == wanted)
        {
            current = update;
        }
        var status = new JsonObject
        {
            ["observedGeneration"] = set.Long("metadata", "generation") ?? 1,
            ["replicas"] = pods.Count,
            ["availableReplicas"] = pods.Count(p => PodView.IsAvailable(p, min, now, ref wait)),
            ["currentRevision"] = current,
            ["updateRevision"] = update,
            ["collisionCount"] = 0,
        };
        Positive(status, "readyReplicas", ready);
        Positive(status, "updatedReplicas", updated);
        Positive(status, "currentReplicas", pods.Count(p => p.Str("metadata", "labels", Revisions.Label) == current));
        cluster.SetStatus(_type, set, status);
        if (wait is { } later)
        {
            cluster.Timers.After(later, this, key);
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
