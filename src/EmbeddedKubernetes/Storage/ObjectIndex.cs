namespace EmbeddedKubernetes.Storage;

/// <summary>Objects by key, by uid and by owner. Not thread safe: the store's gate guards it.</summary>
internal sealed class ObjectIndex
{
    private readonly Dictionary<string, Dictionary<(string Ns, string Name), StoredObject>> _resources = [];
    private readonly Dictionary<string, StoredObject> _uids = [];
    private readonly Dictionary<string, HashSet<ObjectKey>> _dependents = [];

    public StoredObject? Get(ObjectKey key) =>
        _resources.TryGetValue(key.Resource, out var of) ? of.GetValueOrDefault((key.Namespace, key.Name)) : null;

    public StoredObject? ByUid(string uid) => _uids.GetValueOrDefault(uid);

    public StoredObject[] List(string resource, string ns)
    {
        if (!_resources.TryGetValue(resource, out var of))
        {
            return [];
        }
        if (ns.Length == 0)
        {
            return [.. of.Values];
        }
        var found = new List<StoredObject>();
        foreach (var (key, value) in of)
        {
            if (string.Equals(key.Ns, ns, StringComparison.Ordinal))
            {
                found.Add(value);
            }
        }
        return [.. found];
    }

    public StoredObject[] Dependents(string uid)
    {
        if (!_dependents.TryGetValue(uid, out var keys))
        {
            return [];
        }
        var found = new List<StoredObject>(keys.Count);
        foreach (var key in keys)
        {
            if (Get(key) is { } o)
            {
                found.Add(o);
            }
        }
        return [.. found];
    }

    public string[] Resources() => [.. _resources.Where(r => r.Value.Count > 0).Select(r => r.Key)];

    public List<StoredObject> All()
    {
        var all = new List<StoredObject>();
        foreach (var of in _resources.Values)
        {
            all.AddRange(of.Values);
        }
        return all;
    }

    public void Put(StoredObject o)
    {
        if (!_resources.TryGetValue(o.Key.Resource, out var of))
        {
            _resources[o.Key.Resource] = of = [];
        }
        if (of.TryGetValue((o.Key.Namespace, o.Key.Name), out var old))
        {
            Unlink(old);
        }
        of[(o.Key.Namespace, o.Key.Name)] = o;
        _uids[o.Uid] = o;
        foreach (var owner in o.Owners)
        {
            if (!_dependents.TryGetValue(owner, out var keys))
            {
                _dependents[owner] = keys = [];
            }
            keys.Add(o.Key);
        }
    }

    public void Remove(StoredObject o)
    {
        if (_resources.TryGetValue(o.Key.Resource, out var of) && of.Remove((o.Key.Namespace, o.Key.Name), out var old))
        {
            Unlink(old);
        }
    }

    private void Unlink(StoredObject o)
    {
        _uids.Remove(o.Uid);
        foreach (var owner in o.Owners)
        {
            if (_dependents.TryGetValue(owner, out var keys) && keys.Remove(o.Key) && keys.Count == 0)
            {
                _dependents.Remove(owner);
            }
        }
    }
}
