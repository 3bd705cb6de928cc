using System.Text.Json.Nodes;
using EmbeddedKubernetes.Json;

namespace EmbeddedKubernetes.Storage;

/// <summary>Where an object lives: <c>plural.group</c>, namespace (empty for cluster scope) and name.</summary>
internal readonly record struct ObjectKey(string Resource, string Namespace, string Name)
{
    public override string ToString() => $"{Resource}/{Namespace}/{Name}";
}

/// <summary>One immutable version of an object. Its bytes are never changed; every read gives a fresh copy.</summary>
internal sealed class StoredObject
{
    private static readonly Dictionary<string, string> None = [];

    public StoredObject(ObjectKey key, long resourceVersion, byte[] json)
        : this(key, resourceVersion, json, (JsonObject)JsonAccess.Parse(json)!) { }

    public StoredObject(ObjectKey key, long resourceVersion, byte[] json, JsonObject value)
    {
        Key = key;
        ResourceVersion = resourceVersion;
        Json = json;
        var metadata = value.Obj("metadata");
        Uid = metadata.Str("uid") ?? "";
        Terminating = metadata.Str("deletionTimestamp") is not null;
        Labels = None;
        if (metadata.Obj("labels") is { Count: > 0 } labels)
        {
            Labels = new Dictionary<string, string>(labels.Count, StringComparer.Ordinal);
            foreach (var (name, text) in labels)
            {
                Labels[name] = text.AsString() ?? "";
            }
        }
        Owners = [];
        if (metadata.Arr("ownerReferences") is { Count: > 0 } owners)
        {
            Owners = [.. owners.Objects().Select(o => o.Str("uid") ?? "")];
        }
    }

    public ObjectKey Key { get; }

    public long ResourceVersion { get; }

    public byte[] Json { get; }

    public string Uid { get; }

    public bool Terminating { get; }

    public Dictionary<string, string> Labels { get; }

    public string[] Owners { get; }

    public JsonObject Read() => (JsonObject)JsonAccess.Parse(Json)!;
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
