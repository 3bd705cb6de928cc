using EmbeddedKubernetes.Selectors;

namespace EmbeddedKubernetes.Controllers;

/// <summary>Counts how many pods a disruption budget could spare.</summary>
internal sealed class DisruptionController(ClusterContext cluster) : IController
{
    private readonly ResourceType _type = cluster.Type("policy/v1", "PodDisruptionBudget");
    private readonly ResourceType _pods = cluster.Type("v1", "Pod");

    public void Observe(StoreEvent change, WorkQueue queue)
    {
        var key = change.Object.Key;
        if (key.Resource == _type.Storage)
        {
            queue.Add(this, key);
        }
        else if (key.Resource == _pods.Storage)
        {
            foreach (var budget in cluster.Store.List(_type.Storage, key.Namespace))
            {
                queue.Add(this, budget.Key);
            }
        }
    }

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Read(key) is not { } budget || Owner.IsTerminating(budget))
        {
            return;
        }
        var selector = LabelSelector.From(budget.Obj("spec").Obj("selector"));
        var pods = cluster
            .Store.List(_pods.Storage, key.Namespace)
            .Where(p => selector is not null && selector.Matches(p.Labels) && !p.Terminating)
            .Select(p => p.Read())
            .Where(p => !PodView.IsFinished(p))
            .ToList();
        var healthy = pods.Count(PodView.IsReady);
        var spec = budget.Obj("spec");
        var desired = spec.At("maxUnavailable") is { } spare
            ? pods.Count - RollingUpdate.Resolve(spare, pods.Count, roundUp: true, 0)
            : RollingUpdate.Resolve(spec.At("minAvailable"), pods.Count, roundUp: true, 1);
        desired = Math.Max(0, desired);
        var allowed = Math.Max(0, healthy - desired);
        var status = budget.Obj("status")?.Copy() ?? [];
        status["observedGeneration"] = budget.Long("metadata", "generation") ?? 1;
        status["currentHealthy"] = healthy;
        status["desiredHealthy"] = desired;
        status["expectedPods"] = pods.Count;
        status["disruptionsAllowed"] = allowed;
        var condition = Conditions.Set(
            status,
            "DisruptionAllowed",
            allowed > 0,
            allowed > 0 ? "SufficientPods" : "InsufficientPods",
            "",
            cluster.Objects.Now
        );
        condition["observedGeneration"] = budget.Long("metadata", "generation") ?? 1;
        cluster.SetStatus(_type, budget, status);
    }
}
