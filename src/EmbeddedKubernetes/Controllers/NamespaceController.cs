namespace EmbeddedKubernetes.Controllers;

/// <summary>Furnishes new namespaces and empties terminating ones.</summary>
internal sealed class NamespaceController(ClusterContext cluster, string authorityPem) : IController
{
    private readonly ResourceType _type = cluster.Type("v1", "Namespace");
    private readonly ResourceType _accounts = cluster.Type("v1", "ServiceAccount");
    private readonly ResourceType _configMaps = cluster.Type("v1", "ConfigMap");

    public void Observe(StoreEvent change, WorkQueue queue)
    {
        var key = change.Object.Key;
        if (key.Resource == _type.Storage)
        {
            if (change.Type != ChangeType.Deleted)
            {
                queue.Add(this, key);
            }
        }
        else if (
            key.Namespace.Length > 0
            && (change.Type == ChangeType.Deleted || change.Object.Terminating)
            && (cluster.Store.Get(_type.Key("", key.Namespace))?.Terminating == true || IsFurniture(key))
        )
        {
            queue.Add(this, _type.Key("", key.Namespace));
        }
    }

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Store.Get(key) is not { } stored)
        {
            return;
        }
        if (stored.Terminating)
        {
            Empty(stored);
            return;
        }
        cluster.Ensure(_accounts, key.Name, new() { ["metadata"] = new JsonObject { ["name"] = "default" } });
        cluster.Ensure(
            _configMaps,
            key.Name,
            new()
            {
                ["metadata"] = new JsonObject { ["name"] = "kube-root-ca.crt" },
                ["data"] = new JsonObject { ["ca.crt"] = authorityPem },
            }
        );
    }

    private bool IsFurniture(ObjectKey key) =>
        (key.Resource == _accounts.Storage && key.Name == "default")
        || (key.Resource == _configMaps.Storage && key.Name == "kube-root-ca.crt");

    private void Empty(StoredObject ns)
    {
        var left = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var resource in cluster.Store.Resources())
        {
            if (cluster.Objects.Catalogue.ForStorage(resource) is not { Namespaced: true } type)
            {
                continue;
            }
            foreach (var stored in cluster.Store.List(resource, ns.Key.Name))
            {
                if (!stored.Terminating)
                {
                    cluster.Delete(type, stored.Key, "Background");
                }
                if (cluster.Store.Get(stored.Key) is not null)
                {
                    left[type.QualifiedPlural] = left.GetValueOrDefault(type.QualifiedPlural) + 1;
                }
            }
        }
        if (left.Count > 0)
        {
            ReportRemaining(ns, left);
            return;
        }
        cluster.Modify(_type, ns.Key, value => value.Child("spec").Remove("finalizers"), "finalize");
    }

    private void ReportRemaining(StoredObject ns, SortedDictionary<string, int> left)
    {
        var value = ns.Read();
        var status = value.Obj("status")?.Copy() ?? [];
        var now = cluster.Objects.Now;
        var text = string.Join(", ", left.Select(l => $"{l.Key} has {l.Value} resource instances"));
        Conditions.Set(
            status,
            "NamespaceContentRemaining",
            true,
            "SomeResourcesRemain",
            "Some resources are remaining: " + text,
            now
        );
        Conditions.Set(
            status,
            "NamespaceFinalizersRemaining",
            true,
            "SomeFinalizersRemain",
            "Some content in the namespace has finalizers remaining",
            now
        );
        cluster.SetStatus(_type, value, status);
    }
}
