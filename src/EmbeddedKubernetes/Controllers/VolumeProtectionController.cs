using EmbeddedKubernetes.Admission;

namespace EmbeddedKubernetes.Controllers;

/// <summary>Lets claims go that no pod on a node uses, and volumes that no claim has.</summary>
internal sealed class VolumeProtectionController(ClusterContext cluster) : IController
{
    private readonly ResourceType _claims = cluster.Type("v1", "PersistentVolumeClaim");
    private readonly ResourceType _volumes = cluster.Type("v1", "PersistentVolume");
    private readonly ResourceType _pods = cluster.Type("v1", "Pod");

    // Claims that are being deleted: a pod that changes concerns these alone.
    private readonly HashSet<ObjectKey> _going = [];

    public void Observe(StoreEvent change, WorkQueue queue)
    {
        var key = change.Object.Key;
        if (key.Resource == _pods.Storage)
        {
            foreach (var claim in _going.Where(c => c.Namespace == key.Namespace))
            {
                queue.Add(this, claim);
            }
        }
        else if (key.Resource == _claims.Storage || key.Resource == _volumes.Storage)
        {
            if (change.Type == ChangeType.Deleted)
            {
                _going.Remove(key);
                return;
            }
            if (key.Resource == _claims.Storage && change.Object.Terminating)
            {
                _going.Add(key);
            }
            queue.Add(this, key);
        }
    }

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Read(key) is not { } value)
        {
            return;
        }
        var (type, finalizer) =
            key.Resource == _claims.Storage ? (_claims, VolumeProtection.Claim) : (_volumes, VolumeProtection.Volume);
        var isOn = VolumeProtection.IsOn(value, finalizer);
        if (!Owner.IsTerminating(value))
        {
            // What an earlier version made has none, and whoever takes it away from a living one does not mean it.
            if (!isOn)
            {
                cluster.Modify(type, key, v => VolumeProtection.Add(v, finalizer));
            }
        }
        else if (isOn && !IsUsed(key, value))
        {
            cluster.RemoveFinalizer(type, key, finalizer);
        }
    }

    private bool IsUsed(ObjectKey key, JsonObject value) =>
        key.Resource == _volumes.Storage
            ? value.Str("status", "phase") == "Bound"
            : cluster.Store.List(_pods.Storage, key.Namespace).Any(pod => Uses(pod.Read(), key.Name));

    // A pod that ended still has its volumes; one without a node cannot get there any more.
    private static bool Uses(JsonObject pod, string claim) =>
        pod.Str("spec", "nodeName") is { Length: > 0 }
        && pod.Obj("spec").Arr("volumes").Objects().Any(v => v.Str("persistentVolumeClaim", "claimName") == claim);
}
