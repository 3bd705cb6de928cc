using EmbeddedKubernetes.Objects;

namespace EmbeddedKubernetes.Controllers;

/// <summary>
/// Deletes the custom resources of a definition that is being deleted, and looks anew at definitions whose names were
/// taken when one of their group is gone.
/// </summary>
internal sealed class DefinitionController(ClusterContext cluster) : IController
{
    private readonly ResourceType _type = cluster.Type("apiextensions.k8s.io/v1", "CustomResourceDefinition");

    public void Observe(StoreEvent change, WorkQueue queue)
    {
        var key = change.Object.Key;
        if (key.Resource == _type.Storage)
        {
            if (change.Object.Terminating)
            {
                queue.Add(this, key);
            }
            if (change.Type == ChangeType.Deleted)
            {
                foreach (var other in cluster.Store.List(_type.Storage))
                {
                    queue.Add(this, other.Key);
                }
            }
        }
        else if (
            change.Type == ChangeType.Deleted
            && cluster.Store.Get(_type.Key("", key.Resource))?.Terminating == true
        )
        {
            queue.Add(this, _type.Key("", key.Resource));
        }
    }

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Store.Get(key) is not { } definition)
        {
            return;
        }
        if (!definition.Terminating)
        {
            if (!DefinitionNames.IsEstablished(definition.Read()))
            {
                cluster.Modify(_type, key, value => value.Remove("status")); // it is written anew, by the names that are free now
            }
            return;
        }
        // A definition is named like the resource it is stored under; what is built in is never its own.
        var type = cluster.Objects.Catalogue.ForStorage(key.Name);
        if (type is { IsCustom: true } custom)
        {
            foreach (var stored in cluster.Store.List(custom.Storage))
            {
                if (!stored.Terminating)
                {
                    cluster.Delete(custom, stored.Key, "Background");
                }
            }
        }
        if (type is not { IsCustom: false } && cluster.Store.List(key.Name).Length > 0)
        {
            return;
        }
        cluster.Modify(
            _type,
            key,
            value =>
            {
                var kept = new JsonArray();
                foreach (var finalizer in value.Obj("metadata").Arr("finalizers") ?? [])
                {
                    if (finalizer.AsString() != ClusterObjects.CleanupFinalizer)
                    {
                        kept.Add(finalizer?.DeepClone());
                    }
                }
                value.Metadata()["finalizers"] = kept;
            }
        );
    }
}
