namespace EmbeddedKubernetes.Storage;

/// <summary>
/// Objects by resource, namespace and name, by uid and by owner. Not thread safe: the store's gate guards it.
/// </summary>
internal sealed class ObjectIndex
{
    private readonly Dictionary<string, Dictionary<string, Dictionary<string, StoredObject>>> _resources = [];
    private readonly Dictionary<string, StoredObject> _uids = [];
    private readonly Dictionary<string, HashSet<ObjectKey>> _dependents = [];

    /// <summary>What all objects take in a journal that holds nothing else.</summary>
    public long Bytes { get; private set; }

    public StoredObject? Get(ObjectKey key) => In(key.Resource, key.Namespace)?.GetValueOrDefault(key.Name);

    public StoredObject? ByUid(string uid) => _uids.GetValueOrDefault(uid);

    /// <param name="resource">The resource.</param>
    /// <param name="ns">One namespace, or empty for all and for what has none.</param>
    public StoredObject[] List(string resource, string ns)
    {
        if (ns.Length > 0)
        {
            return In(resource, ns) is { } those ? [.. those.Values] : [];
        }
        return _resources.TryGetValue(resource, out var spaces) ? [.. spaces.Values.SelectMany(s => s.Values)] : [];
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

    public string[] Resources() => [.. _resources.Keys];

    public List<StoredObject> All() => [.. _resources.Values.SelectMany(s => s.Values).SelectMany(s => s.Values)];

    public void Put(StoredObject o)
    {
        if (!_resources.TryGetValue(o.Key.Resource, out var spaces))
        {
            _resources[o.Key.Resource] = spaces = [];
        }
        if (!spaces.TryGetValue(o.Key.Namespace, out var of))
        {
            spaces[o.Key.Namespace] = of = [];
        }
        if (of.TryGetValue(o.Key.Name, out var old))
        {
            Unlink(old);
        }
        of[o.Key.Name] = o;
        _uids[o.Uid] = o;
        Bytes += JournalRecord.Put(o).Size;
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
        if (In(o.Key.Resource, o.Key.Namespace) is not { } of || !of.Remove(o.Key.Name, out var old))
        {
            return;
        }
        Unlink(old);
        // Namespaces and definitions come and go; nothing of them may stay.
        if (of.Count == 0)
        {
            var spaces = _resources[o.Key.Resource];
            spaces.Remove(o.Key.Namespace);
            if (spaces.Count == 0)
            {
                _resources.Remove(o.Key.Resource);
            }
        }
    }

    private Dictionary<string, StoredObject>? In(string resource, string ns) =>
        _resources.GetValueOrDefault(resource)?.GetValueOrDefault(ns);

    private void Unlink(StoredObject o)
    {
        _uids.Remove(o.Uid);
        Bytes -= JournalRecord.Put(o).Size;
        foreach (var owner in o.Owners)
        {
            if (_dependents.TryGetValue(owner, out var keys) && keys.Remove(o.Key) && keys.Count == 0)
            {
                _dependents.Remove(owner);
            }
        }
    }
}
