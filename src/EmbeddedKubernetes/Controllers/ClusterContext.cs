using EmbeddedKubernetes.Admission;
using EmbeddedKubernetes.Objects;

namespace EmbeddedKubernetes.Controllers;

/// <summary>What controllers do to objects.</summary>
internal sealed class ClusterContext(ClusterObjects objects, Timers timers)
{
    public const string ControllerManager = "kube-controller-manager";
    public const string Kubelet = "kubelet";
    public const string NodeName = "embedded";

    // Owners of pods that were not let in, by the controller that makes them.
    private readonly HashSet<(IController Controller, ObjectKey Owner)> _refused = [];

    public ClusterObjects Objects { get; } = objects;

    public ObjectStore Store => Objects.Store;

    public Timers Timers { get; } = timers;

    public EventRecorder Events { get; } = new(objects);

    public DateTimeOffset Now => Objects.Time.GetUtcNow();

    public ResourceType Type(string apiVersion, string kind) => Objects.Catalogue.BuiltIn(apiVersion, kind);

    public JsonObject? Read(ObjectKey key) => Store.Get(key)?.Read();

    public JsonObject Create(ResourceType type, string ns, JsonObject value, string manager = ControllerManager)
    {
        value["apiVersion"] = type.ApiVersion;
        value["kind"] = type.Kind;
        return Objects.Create(type, ns, value, new() { Manager = manager });
    }

    /// <summary>Creates a pod of an owner. A refused one is told, and tried again when what it names comes.</summary>
    /// <returns>The pod, or why it was refused.</returns>
    public (JsonObject? Pod, string? Refusal) CreatePod(
        IController controller,
        ObjectKey owner,
        JsonObject about,
        JsonObject pod,
        string component,
        Func<string, string> failure
    )
    {
        try
        {
            _refused.Remove((controller, owner));
            return (Create(Type("v1", "Pod"), owner.Namespace, pod), null);
        }
        catch (ApiException e) when (e.Code is 403 or 422)
        {
            _refused.Add((controller, owner));
            Events.Warning(about, "FailedCreate", failure(e.Message), component);
            return (null, e.Message);
        }
    }

    /// <summary>Creates the object unless it exists.</summary>
    public void Ensure(ResourceType type, string ns, JsonObject value, string manager = ControllerManager)
    {
        if (Store.Get(type.Key(ns, value.Str("metadata", "name")!)) is not null)
        {
            return;
        }
        try
        {
            Create(type, ns, value, manager);
        }
        catch (ApiException e) when (e.Code == 409)
        {
            // Somebody else did.
        }
    }

    public JsonObject Modify(
        ResourceType type,
        ObjectKey key,
        Action<JsonObject> change,
        string subresource = "",
        string manager = ControllerManager
    ) =>
        Objects
            .Modify(
                type,
                key.Namespace,
                key.Name,
                value =>
                {
                    change(value);
                    return value;
                },
                new() { Manager = manager, Subresource = subresource }
            )
            .Value;

    /// <summary>Writes the status, which is the caller's no longer, if it differs.</summary>
    public void SetStatus(ResourceType type, JsonObject value, JsonObject status, string manager = ControllerManager)
    {
        if (!JsonNode.DeepEquals(value["status"], status))
        {
            Objects.SetStatus(type, KeyOf(type, value), status, manager);
        }
    }

    public void RemoveFinalizer(ResourceType type, ObjectKey key, string finalizer) =>
        Modify(
            type,
            key,
            value =>
            {
                var metadata = value.Metadata();
                var kept = new JsonArray();
                foreach (var f in metadata.Arr("finalizers") ?? [])
                {
                    if (f.AsString() != finalizer)
                    {
                        kept.Add(f?.DeepClone());
                    }
                }
                metadata.Remove("finalizers");
                if (kept.Count > 0)
                {
                    metadata["finalizers"] = kept;
                }
            }
        );

    public void Delete(ResourceType type, ObjectKey key, string? propagation = null, string? uid = null)
    {
        try
        {
            Objects.Delete(type, key.Namespace, key.Name, new() { Propagation = propagation, Uid = uid }, out _);
        }
        catch (ApiException e) when (e.Code is 404 or 409)
        {
            // Already gone, or another object took its name.
        }
    }

    /// <summary>Queues what a controller looks after: the changed object itself, or the owners of a changed object.</summary>
    /// <param name="queue">Where to.</param>
    /// <param name="controller">The controller.</param>
    /// <param name="change">The change.</param>
    /// <param name="owned">The kind of objects whose owners are meant.</param>
    /// <param name="kinds">The kinds that the controller looks after.</param>
    public void Queue(
        WorkQueue queue,
        IController controller,
        StoreEvent change,
        ResourceType owned,
        params ReadOnlySpan<ResourceType> kinds
    )
    {
        var key = change.Object.Key;
        if (_refused.Count > 0 && PodAdmission.Resources.Contains(key.Resource))
        {
            foreach (var (_, refused) in _refused.Where(r => r.Controller == controller))
            {
                queue.Add(controller, refused);
            }
        }
        if (Has(kinds, key))
        {
            if (change.Type == ChangeType.Deleted)
            {
                _refused.Remove((controller, key));
            }
            queue.Add(controller, key);
        }
        else if (key.Resource == owned.Storage)
        {
            foreach (var owner in change.Object.Owners)
            {
                if (Store.TryGetByUid(owner, out var found) && Has(kinds, found.Key))
                {
                    queue.Add(controller, found.Key);
                }
            }
        }

        static bool Has(ReadOnlySpan<ResourceType> kinds, ObjectKey key)
        {
            foreach (var kind in kinds)
            {
                if (key.Resource == kind.Storage)
                {
                    return true;
                }
            }
            return false;
        }
    }

    /// <summary>Objects of a resource whose controller is the owner.</summary>
    public List<JsonObject> Owned(string ownerUid, string resource)
    {
        var owned = new List<JsonObject>();
        foreach (var stored in Store.Dependents(ownerUid))
        {
            if (stored.Key.Resource != resource)
            {
                continue;
            }
            var value = stored.Read();
            if (Owner.ControllerUid(value) == ownerUid)
            {
                owned.Add(value);
            }
        }
        owned.Sort(static (a, b) => string.CompareOrdinal(a.Str("metadata", "name"), b.Str("metadata", "name")));
        return owned;
    }

    public static ObjectKey KeyOf(ResourceType type, JsonObject value) =>
        type.Key(value.Str("metadata", "namespace") ?? "", value.Str("metadata", "name")!);

    public static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : null;
}

/// <summary>Reading and writing owner references.</summary>
internal static class Owner
{
    public static JsonObject Reference(JsonObject owner) =>
        new()
        {
            ["apiVersion"] = owner.Str("apiVersion"),
            ["kind"] = owner.Str("kind"),
            ["name"] = owner.Str("metadata", "name"),
            ["uid"] = owner.Str("metadata", "uid"),
            ["controller"] = true,
            ["blockOwnerDeletion"] = true,
        };

    public static JsonObject? Controller(JsonObject value) =>
        value.Obj("metadata").Arr("ownerReferences").Objects().FirstOrDefault(o => o.Flag("controller"));

    public static string? ControllerUid(JsonObject value) => Controller(value).Str("uid");

    public static bool IsTerminating(JsonObject value) => value.Str("metadata", "deletionTimestamp") is not null;
}
