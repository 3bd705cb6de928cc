using System.Runtime.CompilerServices;

namespace EmbeddedKubernetes.Controllers;

/// <summary>Fills in the status of autoscalers. There is no load to measure, so none ever scales.</summary>
internal sealed class AutoscalerController(ClusterContext cluster) : IController
{
    private readonly ResourceType _type = cluster.Type("autoscaling/v2", "HorizontalPodAutoscaler");

    // Asked for with every change of a workload; it goes with the version of the autoscaler it was read from.
    private readonly ConditionalWeakTable<StoredObject, string> _targets = [];

    public void Observe(StoreEvent change, WorkQueue queue)
    {
        var key = change.Object.Key;
        if (key.Resource == _type.Storage)
        {
            queue.Add(this, key);
        }
        else if (key.Resource is "deployments.apps" or "statefulsets.apps" or "replicasets.apps")
        {
            foreach (var scaler in cluster.Store.List(_type.Storage, key.Namespace))
            {
                if (_targets.GetValue(scaler, TargetOf) == key.Name)
                {
                    queue.Add(this, scaler.Key);
                }
            }
        }
    }

    private static string TargetOf(StoredObject scaler) => scaler.Read().Str("spec", "scaleTargetRef", "name") ?? "";

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Read(key) is not { } scaler || Owner.IsTerminating(scaler))
        {
            return;
        }
        var reference = scaler.At("spec", "scaleTargetRef");
        var target = cluster.Objects.Catalogue.FindKind(reference.Str("apiVersion") ?? "", reference.Str("kind") ?? "");
        var workload = target is null ? null : cluster.Read(target.Key(key.Namespace, reference.Str("name") ?? ""));
        var replicas = workload.Long("status", "replicas") ?? 0;
        var status = scaler.Obj("status")?.Copy() ?? [];
        status["currentReplicas"] = replicas;
        status["desiredReplicas"] = replicas;
        var now = cluster.Objects.Now;
        Conditions.Set(
            status,
            "AbleToScale",
            workload is not null,
            workload is null ? "FailedGetScale" : "SucceededGetScale",
            workload is null ? "the target of this autoscaler does not exist" : "the target's current scale is known",
            now
        );
        Conditions.Set(
            status,
            "ScalingActive",
            false,
            "FailedGetResourceMetric",
            "workloads are simulated in this cluster: there is no load to measure",
            now
        );
        cluster.SetStatus(_type, scaler, status);
    }
}
