using EmbeddedKubernetes.Admission;

namespace EmbeddedKubernetes.Controllers;

/// <summary>Binds claims to volumes, making a (simulated) volume where a storage class allows it.</summary>
internal sealed class VolumeController(ClusterContext cluster) : IController
{
    private const string Component = "persistentvolume-controller";
    private readonly ResourceType _claims = cluster.Type("v1", "PersistentVolumeClaim");
    private readonly ResourceType _volumes = cluster.Type("v1", "PersistentVolume");
    private readonly ResourceType _classes = cluster.Type("storage.k8s.io/v1", "StorageClass");

    // Claims that wait for a volume, volumes that wait for a claim, and volumes by the claim they name: to look through all
    // of them with every change would take the longer the more there are.
    private readonly HashSet<ObjectKey> _waiting = [];
    private readonly HashSet<ObjectKey> _free = [];
    private readonly Dictionary<ObjectKey, ObjectKey> _named = [];

    public void Observe(StoreEvent change, WorkQueue queue)
    {
        var key = change.Object.Key;
        if (key.Resource == _claims.Storage)
        {
            ObserveClaim(change, queue);
        }
        else if (key.Resource == _volumes.Storage)
        {
            ObserveVolume(change, queue);
        }
        else if (key.Resource == _classes.Storage && change.Type != ChangeType.Deleted)
        {
            QueueWaiting(queue);
        }
    }

    private void ObserveClaim(StoreEvent change, WorkQueue queue)
    {
        var key = change.Object.Key;
        var claim = change.Object.Read();
        if (change.Type == ChangeType.Deleted)
        {
            _waiting.Remove(key);
            if (claim.Str("spec", "volumeName") is { Length: > 0 } volume)
            {
                queue.Add(this, _volumes.Key("", volume));
            }
            return;
        }
        if (claim.Str("status", "phase") == "Bound")
        {
            _waiting.Remove(key);
        }
        else
        {
            _waiting.Add(key);
        }
        queue.Add(this, key);
    }

    private void ObserveVolume(StoreEvent change, WorkQueue queue)
    {
        var key = change.Object.Key;
        var volume = change.Object.Read();
        if (change.Type == ChangeType.Deleted)
        {
            _free.Remove(key);
            if (ClaimOf(volume) is { } former && _named.GetValueOrDefault(former) == key)
            {
                _named.Remove(former);
            }
            return;
        }
        if (ClaimOf(volume) is { } claim)
        {
            _free.Remove(key);
            _named[claim] = key;
        }
        else
        {
            _free.Add(key);
        }
        queue.Add(this, key);
        QueueWaiting(queue);
    }

    private void QueueWaiting(WorkQueue queue)
    {
        foreach (var claim in _waiting)
        {
            queue.Add(this, claim);
        }
    }

    private ObjectKey? ClaimOf(JsonObject volume) =>
        volume.Str("spec", "claimRef", "name") is { } name
            ? _claims.Key(volume.Str("spec", "claimRef", "namespace") ?? "", name)
            : null;

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Read(key) is not { } value)
        {
            return;
        }
        if (key.Resource == _volumes.Storage)
        {
            // One that is being deleted is kept as long as it is bound.
            Release(value, key);
        }
        else if (Owner.IsTerminating(value))
        {
            return;
        }
        else if (value.Str("status", "phase") == "Bound")
        {
            Resize(value);
        }
        else
        {
            Bind(value, key);
        }
    }

    private void Bind(JsonObject claim, ObjectKey key)
    {
        var volume = claim.Str("spec", "volumeName") is { Length: > 0 } named
            ? cluster.Read(_volumes.Key("", named))
            : Candidates(key).Select(cluster.Read).FirstOrDefault(v => v is not null && Fits(v, claim));
        volume ??= Provision(claim, key);
        if (volume is null)
        {
            return;
        }
        var name = volume.Str("metadata", "name")!;
        var bound = cluster.Modify(
            _volumes,
            _volumes.Key("", name),
            v =>
                v.Child("spec")["claimRef"] = new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "PersistentVolumeClaim",
                    ["name"] = key.Name,
                    ["namespace"] = key.Namespace,
                    ["uid"] = claim.Str("metadata", "uid"),
                }
        );
        cluster.SetStatus(_volumes, bound, new() { ["phase"] = "Bound" });
        claim = cluster.Modify(_claims, key, c => c.Child("spec")["volumeName"] = name);
        cluster.SetStatus(
            _claims,
            claim,
            new()
            {
                ["phase"] = "Bound",
                ["accessModes"] = volume.At("spec", "accessModes")?.DeepClone(),
                ["capacity"] = volume.At("spec", "capacity")?.DeepClone(),
            }
        );
    }

    private IEnumerable<ObjectKey> Candidates(ObjectKey claim)
    {
        var free = _free.OrderBy(v => v.Name, StringComparer.Ordinal);
        return _named.TryGetValue(claim, out var named) ? free.Prepend(named) : free;
    }

    private JsonObject? Provision(JsonObject claim, ObjectKey key)
    {
        var storageClass = claim.Str("spec", "storageClassName");
        if (string.IsNullOrEmpty(storageClass) || claim.Str("spec", "volumeName") is { Length: > 0 })
        {
            return null;
        }
        if (cluster.Read(_classes.Key("", storageClass)) is not { } found)
        {
            cluster.Events.Warning(
                claim,
                "ProvisioningFailed",
                $"storageclass.storage.k8s.io \"{storageClass}\" not found",
                Component
            );
            return null;
        }
        var name = "pvc-" + claim.Str("metadata", "uid");
        cluster.Ensure(
            _volumes,
            "",
            new()
            {
                ["metadata"] = new JsonObject { ["name"] = name },
                ["spec"] = new JsonObject
                {
                    ["accessModes"] = claim.At("spec", "accessModes")?.DeepClone(),
                    ["capacity"] = new JsonObject
                    {
                        ["storage"] = claim.At("spec", "resources", "requests", "storage")?.DeepClone(),
                    },
                    ["persistentVolumeReclaimPolicy"] = found.Str("reclaimPolicy") ?? "Delete",
                    ["storageClassName"] = storageClass,
                    ["volumeMode"] = claim.Str("spec", "volumeMode"),
                    ["hostPath"] = new JsonObject { ["path"] = "/simulated/" + name },
                },
            }
        );
        cluster.Events.Normal(
            claim,
            "ProvisioningSucceeded",
            $"Successfully provisioned volume {name} (simulated)",
            Component
        );
        return cluster.Read(_volumes.Key("", name));
    }

    private static bool Fits(JsonObject volume, JsonObject claim)
    {
        if (Owner.IsTerminating(volume))
        {
            return false;
        }
        if (volume.Str("spec", "claimRef", "name") is { } wanted)
        {
            return wanted == claim.Str("metadata", "name")
                && volume.Str("spec", "claimRef", "namespace") == claim.Str("metadata", "namespace")
                && (volume.Str("spec", "claimRef", "uid") ?? claim.Str("metadata", "uid"))
                    == claim.Str("metadata", "uid");
        }
        return volume.Str("status", "phase") == "Available"
            && (volume.Str("spec", "storageClassName") ?? "") == (claim.Str("spec", "storageClassName") ?? "")
            && Quantity.Parse(volume.At("spec", "capacity", "storage"))
                >= Quantity.Parse(claim.At("spec", "resources", "requests", "storage"));
    }

    private void Release(JsonObject volume, ObjectKey key)
    {
        var claim = volume.At("spec", "claimRef");
        if (claim is null)
        {
            if (volume.Str("status", "phase") != "Available" && !Owner.IsTerminating(volume))
            {
                cluster.SetStatus(_volumes, volume, new() { ["phase"] = "Available" });
            }
            return;
        }
        var holder = cluster.Store.Get(_claims.Key(claim.Str("namespace") ?? "", claim.Str("name") ?? ""));
        if (claim.Str("uid") is null || (holder is not null && holder.Uid == claim.Str("uid")))
        {
            return;
        }
        cluster.SetStatus(_volumes, volume, new() { ["phase"] = "Released" });
        if (volume.Str("spec", "persistentVolumeReclaimPolicy") == "Delete")
        {
            cluster.Delete(_volumes, key);
        }
    }

    private void Resize(JsonObject claim)
    {
        var wanted = claim.At("spec", "resources", "requests", "storage");
        if (wanted is null || Quantity.Parse(wanted) <= Quantity.Parse(claim.At("status", "capacity", "storage")))
        {
            return;
        }
        if (
            claim.Str("spec", "volumeName") is { Length: > 0 } name
            && cluster.Read(_volumes.Key("", name)) is { } volume
        )
        {
            cluster.Modify(
                _volumes,
                ClusterContext.KeyOf(_volumes, volume),
                v => v.Child("spec").Child("capacity")["storage"] = wanted.DeepClone()
            );
        }
        var status = claim.Obj("status")!.Copy();
        status["capacity"] = new JsonObject { ["storage"] = wanted.DeepClone() };
        cluster.SetStatus(_claims, claim, status);
    }
}
