using EmbeddedKubernetes.Selectors;

namespace EmbeddedKubernetes.Controllers;

/// <summary>Rolls deployments out over replica sets, one per template.</summary>
internal sealed class DeploymentController(ClusterContext cluster) : IController
{
    public const string Revision = "deployment.kubernetes.io/revision";
    private const string HashLabel = "pod-template-hash";
    private const string Component = "deployment-controller";
    private static readonly string[] s_notCopied =
    [
        "kubectl.kubernetes.io/last-applied-configuration",
        Revision,
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
    ];

    private readonly ResourceType _type = cluster.Type("apps/v1", "Deployment");
    private readonly ResourceType _sets = cluster.Type("apps/v1", "ReplicaSet");
    private readonly ResourceType _pods = cluster.Type("v1", "Pod");

    public void Observe(StoreEvent change, WorkQueue queue) => cluster.Queue(queue, this, change, _sets, _type);

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Read(key) is not { } deployment || Owner.IsTerminating(deployment))
        {
            return;
        }
        Adopt(deployment, key);
        var sets = cluster
            .Owned(deployment.Str("metadata", "uid")!, _sets.Storage)
            .Where(s => !Owner.IsTerminating(s))
            .ToList();
        var hash = PodTemplates.Hash(deployment.Obj("spec").Obj("template"));
        var current = sets.Find(s => s.Str("metadata", "labels", HashLabel) == hash);
        if (!deployment.Flag("spec", "paused"))
        {
            current = Ensure(deployment, key, sets, current, hash);
            Roll(deployment, sets, current);
            Forget(deployment, sets, current);
        }
        else if (current is not null && sets.Count(s => (s.Long("spec", "replicas") ?? 0) > 0) <= 1)
        {
            Scale(deployment, current, deployment.Long("spec", "replicas") ?? 1);
        }
        sets = [.. sets.Select(s => cluster.Read(ClusterContext.KeyOf(_sets, s))).OfType<JsonObject>()];
        DeploymentStatus.Update(cluster, this, _type, deployment, sets, hash);
    }

    private void Adopt(JsonObject deployment, ObjectKey key)
    {
        if (LabelSelector.From(deployment.Obj("spec").Obj("selector")) is not { } selector)
        {
            return;
        }
        foreach (var stored in cluster.Store.List(_sets.Storage, key.Namespace))
        {
            if (!stored.Terminating && stored.Owners.Length == 0 && selector.Matches(stored.Labels))
            {
                cluster.Modify(
                    _sets,
                    stored.Key,
                    set => set.Metadata()["ownerReferences"] = new JsonArray(Owner.Reference(deployment))
                );
            }
        }
    }

    private JsonObject Ensure(
        JsonObject deployment,
        ObjectKey key,
        List<JsonObject> sets,
        JsonObject? current,
        string hash
    )
    {
        var highest = sets.Where(s => s != current).Select(RevisionOf).DefaultIfEmpty(0).Max();
        if (current is null)
        {
            current = CreateSet(deployment, key, hash, highest + 1, NewestMayHave(deployment, sets, null));
            sets.Add(current);
        }
        else if (RevisionOf(current) <= highest)
        {
            // A rollback: the old template becomes the newest revision.
            var set = current;
            current = cluster.Modify(
                _sets,
                ClusterContext.KeyOf(_sets, set),
                s => s.Metadata().Child("annotations")[Revision] = Text(highest + 1)
            );
            sets[sets.IndexOf(set)] = current;
        }
        var revision = Text(RevisionOf(current));
        if (deployment.Str("metadata", "annotations", Revision) != revision)
        {
            cluster.Modify(_type, key, d => d.Metadata().Child("annotations")[Revision] = revision);
        }
        return current;
    }

    private JsonObject CreateSet(JsonObject deployment, ObjectKey key, string hash, long revision, long replicas)
    {
        var template = deployment.Obj("spec").Obj("template")!.Copy();
        template.Metadata().Child("labels")[HashLabel] = hash;
        var selector = deployment.Obj("spec").Obj("selector")!.Copy();
        selector.Child("matchLabels")[HashLabel] = hash;
        var annotations = new JsonObject();
        foreach (var (name, value) in deployment.Obj("metadata").Obj("annotations") ?? [])
        {
            if (!s_notCopied.Contains(name))
            {
                annotations[name] = value?.DeepClone();
            }
        }
        annotations[Revision] = Text(revision);
        var spec = new JsonObject
        {
            ["replicas"] = replicas,
            ["selector"] = selector,
            ["template"] = template,
        };
        if (deployment.At("spec", "minReadySeconds") is { } min)
        {
            spec["minReadySeconds"] = min.DeepClone();
        }
        var set = cluster.Create(
            _sets,
            key.Namespace,
            new()
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = $"{key.Name}-{hash}",
                    ["labels"] = template.At("metadata", "labels")!.DeepClone(),
                    ["annotations"] = annotations,
                    ["ownerReferences"] = new JsonArray(Owner.Reference(deployment)),
                },
                ["spec"] = spec,
            }
        );
        if (replicas > 0)
        {
            TellScaled(deployment, set, 0, replicas);
        }
        return set;
    }

    /// <summary>How many pods the newest set may have now; null is a set that is still to be made.</summary>
    private static long NewestMayHave(JsonObject deployment, List<JsonObject> sets, JsonObject? newest)
    {
        var wanted = deployment.Long("spec", "replicas") ?? 1;
        var have = newest.Long("spec", "replicas") ?? 0;
        if (deployment.Str("spec", "strategy", "type") == "Recreate")
        {
            return sets.Where(s => s != newest).All(s => (s.Long("status", "replicas") ?? 0) == 0) ? wanted : have;
        }
        var (surge, _) = RollingUpdate.Bounds(deployment, wanted);
        var room = Math.Max(0, wanted + surge - sets.Sum(s => s.Long("spec", "replicas") ?? 0));
        return Math.Min(wanted, have + room);
    }

    private void Roll(JsonObject deployment, List<JsonObject> sets, JsonObject current)
    {
        var wanted = deployment.Long("spec", "replicas") ?? 1;
        var old = sets.Where(s => s != current && (s.Long("spec", "replicas") ?? 0) > 0).ToList();
        if (deployment.Str("spec", "strategy", "type") == "Recreate")
        {
            foreach (var set in old)
            {
                Scale(deployment, set, 0);
            }
            Scale(deployment, current, NewestMayHave(deployment, sets, current));
            return;
        }
        var (_, unavailable) = RollingUpdate.Bounds(deployment, wanted);
        var have = current.Long("spec", "replicas") ?? 0;
        var total = sets.Sum(s => s.Long("spec", "replicas") ?? 0);
        Scale(deployment, current, NewestMayHave(deployment, sets, current));
        var added = cluster.Read(ClusterContext.KeyOf(_sets, current)) ?? current;
        Retire(deployment, old, added, wanted - unavailable, total - have + (added.Long("spec", "replicas") ?? 0));
    }

    /// <summary>Takes pods from old sets: first those that are not available, then as many as may be missed.</summary>
    private void Retire(JsonObject deployment, List<JsonObject> old, JsonObject current, long needed, long total)
    {
        var notYet = (current.Long("spec", "replicas") ?? 0) - (current.Long("status", "availableReplicas") ?? 0);
        var spare = total - needed - notYet;
        foreach (var set in old.OrderBy(RevisionOf))
        {
            if (spare <= 0)
            {
                return;
            }
            var replicas = set.Long("spec", "replicas") ?? 0;
            var broken = Math.Max(0, replicas - (set.Long("status", "availableReplicas") ?? 0));
            var gone = Math.Min(broken, spare);
            if (gone > 0)
            {
                Scale(deployment, set, replicas - gone);
                set["spec"]!["replicas"] = replicas - gone;
                spare -= gone;
            }
        }
        var available =
            old.Sum(s => Math.Min(s.Long("spec", "replicas") ?? 0, s.Long("status", "availableReplicas") ?? 0))
            + (current.Long("status", "availableReplicas") ?? 0);
        var free = available - needed;
        foreach (var set in old.OrderBy(RevisionOf))
        {
            var replicas = set.Long("spec", "replicas") ?? 0;
            var gone = Math.Min(replicas, free);
            if (gone > 0)
            {
                Scale(deployment, set, replicas - gone);
                free -= gone;
            }
        }
    }

    private void Scale(JsonObject deployment, JsonObject set, long replicas)
    {
        var before = set.Long("spec", "replicas") ?? 0;
        if (before == replicas)
        {
            return;
        }
        cluster.Modify(_sets, ClusterContext.KeyOf(_sets, set), s => s.Child("spec")["replicas"] = replicas);
        TellScaled(deployment, set, before, replicas);
    }

    private void TellScaled(JsonObject deployment, JsonObject set, long before, long replicas) =>
        cluster.Events.Normal(
            deployment,
            "ScalingReplicaSet",
            $"Scaled {(replicas > before ? "up" : "down")} replica set {set.Str("metadata", "name")} from {before} to {replicas}",
            Component
        );

    private void Forget(JsonObject deployment, List<JsonObject> sets, JsonObject current)
    {
        var keep = deployment.Long("spec", "revisionHistoryLimit") ?? 10;
        var idle = sets.Where(s =>
                s != current
                && s.Str("metadata", "name") != current.Str("metadata", "name")
                && (s.Long("spec", "replicas") ?? 0) == 0
                && (s.Long("status", "replicas") ?? 0) == 0
                && s.Long("status", "observedGeneration") >= s.Long("metadata", "generation")
            )
            .OrderBy(RevisionOf)
            .ToList();
        for (var i = 0; i < idle.Count - keep; i++)
        {
            cluster.Delete(_sets, ClusterContext.KeyOf(_sets, idle[i]));
            sets.Remove(idle[i]);
        }
    }

    private static long RevisionOf(JsonObject set) =>
        long.TryParse(set.Str("metadata", "annotations", Revision), CultureInfo.InvariantCulture, out var revision)
            ? revision
            : 0;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How many pods a rolling update may add and miss.</summary>
internal static class RollingUpdate
{
    public static (long Surge, long Unavailable) Bounds(JsonObject deployment, long replicas)
    {
        var update = deployment.At("spec", "strategy", "rollingUpdate");
        var surge = Resolve(update.At("maxSurge"), replicas, roundUp: true, 1);
        var unavailable = Resolve(update.At("maxUnavailable"), replicas, roundUp: false, 0);
        return surge == 0 && unavailable == 0 ? (0, 1) : (surge, unavailable);
    }

    /// <summary>A number, or a percentage of the replicas.</summary>
    public static long Resolve(JsonNode? value, long replicas, bool roundUp, long standard)
    {
        if (value is JsonValue v && v.GetValueKind() == JsonValueKind.Number)
        {
            return v.AsLong() ?? standard;
        }
        if (
            value.AsString() is { } text
            && text.EndsWith('%')
            && double.TryParse(text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out var percent)
        )
        {
            var exact = percent * replicas / 100;
            return (long)(roundUp ? Math.Ceiling(exact) : Math.Floor(exact));
        }
        return standard;
    }
}
