using EmbeddedKubernetes.Objects;

namespace EmbeddedKubernetes.Controllers;

/// <summary>Deletes what has lost its owners, and carries out foreground and orphaning deletions.</summary>
internal sealed class GarbageCollector(ClusterContext cluster) : IController
{
    public void Observe(StoreEvent change, WorkQueue queue)
    {
        var stored = change.Object;
        if (change.Type == ChangeType.Deleted)
        {
            foreach (var dependent in cluster.Store.Dependents(stored.Uid))
            {
                queue.Add(this, dependent.Key);
            }
            // A foreground deletion of an owner waits for this one.
            foreach (var owner in stored.Owners)
            {
                if (cluster.Store.TryGetByUid(owner, out var found) && found.Terminating)
                {
                    queue.Add(this, found.Key);
                }
            }
            return;
        }
        if (stored.Terminating || stored.Owners.Any(o => !cluster.Store.TryGetByUid(o, out _)))
        {
            queue.Add(this, stored.Key);
        }
    }

    public void Reconcile(ObjectKey key)
    {
        if (
            cluster.Store.Get(key) is not { } stored
            || cluster.Objects.Catalogue.ForStorage(key.Resource) is not { } type
        )
        {
            return;
        }
        if (!stored.Terminating)
        {
            DropIfOrphaned(stored, type);
            return;
        }
        var finalizers = stored.Read().Obj("metadata").Arr("finalizers") ?? [];
        if (finalizers.Any(f => f.AsString() == ClusterObjects.OrphanFinalizer))
        {
            ReleaseDependents(stored);
            cluster.RemoveFinalizer(type, key, ClusterObjects.OrphanFinalizer);
        }
        else if (finalizers.Any(f => f.AsString() == ClusterObjects.ForegroundFinalizer) && DependentsAreGone(stored))
        {
            cluster.RemoveFinalizer(type, key, ClusterObjects.ForegroundFinalizer);
        }
    }

    private void DropIfOrphaned(StoredObject stored, ResourceType type)
    {
        if (stored.Owners.Length == 0)
        {
            return;
        }
        var alive = stored.Owners.Where(o => cluster.Store.TryGetByUid(o, out _)).ToHashSet(StringComparer.Ordinal);
        if (alive.Count == 0)
        {
            cluster.Delete(type, stored.Key, "Background", stored.Uid);
        }
        else if (alive.Count < stored.Owners.Length)
        {
            cluster.Modify(type, stored.Key, value => KeepOwners(value, alive.Contains));
        }
    }

    private void ReleaseDependents(StoredObject owner)
    {
        foreach (var dependent in cluster.Store.Dependents(owner.Uid))
        {
            if (cluster.Objects.Catalogue.ForStorage(dependent.Key.Resource) is { } type)
            {
                cluster.Modify(type, dependent.Key, value => KeepOwners(value, uid => uid != owner.Uid));
            }
        }
    }

    private bool DependentsAreGone(StoredObject owner)
    {
        var gone = true;
        foreach (var dependent in cluster.Store.Dependents(owner.Uid))
        {
            if (cluster.Objects.Catalogue.ForStorage(dependent.Key.Resource) is not { } type)
            {
                continue;
            }
            if (!dependent.Terminating)
            {
                cluster.Delete(type, dependent.Key, "Foreground", dependent.Uid);
            }
            var reference = dependent
                .Read()
                .Obj("metadata")
                .Arr("ownerReferences")
                .Objects()
                .FirstOrDefault(o => o.Str("uid") == owner.Uid);
            if (reference.Flag("blockOwnerDeletion") && cluster.Store.Get(dependent.Key) is not null)
            {
                gone = false;
            }
        }
        return gone;
    }

    private static void KeepOwners(JsonObject value, Func<string, bool> keep)
    {
        var metadata = value.Metadata();
        var kept = new JsonArray();
        foreach (var owner in metadata.Arr("ownerReferences").Objects())
        {
            if (keep(owner.Str("uid") ?? ""))
            {
                kept.Add(owner.DeepClone());
            }
        }
        metadata.Remove("ownerReferences");
        if (kept.Count > 0)
        {
            metadata["ownerReferences"] = kept;
        }
    }
}
