namespace EmbeddedKubernetes.Storage;

/// <summary>Where an object lives: <c>plural.group</c>, namespace (empty for cluster scope) and name.</summary>
internal readonly record struct ObjectKey(string Resource, string Namespace, string Name)
{
    public override string ToString() => $"{Resource}/{Namespace}/{Name}";
}

/// <summary>One immutable version of an object. Its bytes are never changed; every read gives a fresh copy.</summary>
internal sealed class StoredObject
{
    public StoredObject(ObjectKey key, long resourceVersion, byte[] json)
    {
        Key = key;
        ResourceVersion = resourceVersion;
        Json = json;
        var metadata = StoredMetadata.Read(json);
        Uid = metadata.Uid;
        Terminating = metadata.Terminating;
        Labels = metadata.Labels;
        Owners = metadata.Owners;
    }

    public ObjectKey Key { get; }

    public long ResourceVersion { get; }

    public byte[] Json { get; }

    public string Uid { get; }

    public bool Terminating { get; }

    public Dictionary<string, string> Labels { get; }

    public string[] Owners { get; }

    public JsonObject Read() => JsonAccess.ParseOwn(Json);
}

internal enum ChangeType
{
    Added,
    Modified,
    Deleted,
}

/// <summary>One step of the cluster's history.</summary>
internal sealed record StoreEvent(ChangeType Type, StoredObject Object, StoredObject? Previous)
{
    public long ResourceVersion => Object.ResourceVersion;
}
