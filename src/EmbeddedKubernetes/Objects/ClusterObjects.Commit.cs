using EmbeddedKubernetes.Admission;
using EmbeddedKubernetes.Ownership;

namespace EmbeddedKubernetes.Objects;

/// <content>The last steps of a write: what the server adds, what it refuses, and the store.</content>
internal sealed partial class ClusterObjects
{
    private static readonly string[] s_serverMetadata =
    [
        "uid",
        "creationTimestamp",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
        "resourceVersion",
    ];

    private JsonObject Insert(ResourceType type, JsonObject body, WriteOptions options, bool generated)
    {
        using var alone = _allocations.Enter(type);
        if (!type.IsCustom)
        {
            if (type.Storage == "pods.")
            {
                PodAdmission.Admit(type, body, Store);
            }
            if (type.Storage is "pods." or "persistentvolumeclaims.")
            {
                LimitRanges.Admit(type, body, Store);
            }
            KindPreparation.ForCreate(type, body, Now);
            AcceptNames(type, body, null);
        }
        Validate(type, body, null);
        Allocate(type, body, null);
        for (var attempt = 0; ; attempt++)
        {
            var name = body.Metadata().Str("name")!;
            var key = type.Key(body.Metadata().Str("namespace") ?? "", name);
            if (Store.Get(key) is null)
            {
                if (options.DryRun)
                {
                    return body;
                }
                var stored = type.Store(type.NeedsConversion ? body.Copy() : body);
                if (Store.TryPut(key, null, stored) is { } put)
                {
                    Committed(type, stored);
                    return type.NeedsConversion ? type.Present(put) : body;
                }
            }
            if (!generated || attempt > 8)
            {
                throw ApiException.AlreadyExists(type, name);
            }
            body.Metadata()["name"] = body.Metadata().Str("generateName") + RandomName.Suffix(5);
        }
    }

    /// <returns>Null when the stored object changed meanwhile.</returns>
    private WriteResult? TryReplace(
        ResourceType type,
        StoredObject stored,
        JsonObject live,
        JsonObject next,
        WriteOptions options,
        bool track
    )
    {
        using var alone = _allocations.Enter(type);
        KeepServerMetadata(live, next);
        KeepOtherParts(type, live, next, options.Subresource);
        Default(type, next);
        if (!type.IsCustom)
        {
            KindPreparation.ForUpdate(type, live, next, Now);
            if (type.Storage == "persistentvolumeclaims." && options.Subresource.Length == 0)
            {
                LimitRanges.Admit(type, next, Store);
            }
            AcceptNames(type, next, live);
        }
        if (track)
        {
            FieldOwnership.RecordUpdate(live, next, type, new(options.Manager, options.Subresource, Now));
        }
        Validate(type, next, live, options.Subresource);
        if (type.Storage == "persistentvolumeclaims." && options.Subresource.Length == 0)
        {
            VolumeClaimRules.AdmitResize(type, live, next, Store);
        }
        Allocate(type, next, live);
        if (type.HasGeneration && SpecificationChanged(live, next))
        {
            next.Metadata()["generation"] = (live.Long("metadata", "generation") ?? 0) + 1;
        }
        if (SameButTimes(live, next))
        {
            return new(live, Created: false);
        }
        if (options.DryRun)
        {
            return new(next, Created: false);
        }
        var value = type.Store(type.NeedsConversion ? next.Copy() : next);
        if (IsFullyReleased(type, next))
        {
            if (Remove(type, stored) is not { } gone)
            {
                return null;
            }
            next.Metadata()["resourceVersion"] = gone.ResourceVersion.ToString(CultureInfo.InvariantCulture);
            return new(next, Created: false);
        }
        if (Store.TryPut(stored.Key, stored, value) is not { } put)
        {
            return null;
        }
        Committed(type, value);
        return new(type.NeedsConversion ? type.Present(put) : next, Created: false);
    }

    /// <summary>Terminating, and nothing holds it any longer.</summary>
    private static bool IsFullyReleased(ResourceType type, JsonObject value) =>
        value.Str("metadata", "deletionTimestamp") is not null
        && value.Obj("metadata").Arr("finalizers") is null or { Count: 0 }
        && (type.Storage != "namespaces." || value.Obj("spec").Arr("finalizers") is null or { Count: 0 });

    private static void KeepServerMetadata(JsonObject live, JsonObject next)
    {
        var metadata = next.Metadata();
        foreach (var field in s_serverMetadata)
        {
            metadata.Put(field, live.At("metadata", field)?.DeepClone());
        }
    }

    private static void KeepOtherParts(ResourceType type, JsonObject live, JsonObject next, string subresource)
    {
        if (subresource == "status")
        {
            var status = next["status"]?.DeepClone();
            var managed = next.Metadata()["managedFields"]?.DeepClone();
            next.Clear();
            foreach (var (name, value) in live)
            {
                next[name] = value?.DeepClone();
            }
            next.Put("status", status);
            next.Metadata().Put("managedFields", managed);
        }
        else if (type.HasStatus)
        {
            next.Put("status", live["status"]?.DeepClone());
        }
        if (type.Storage == "namespaces." && subresource != "finalize")
        {
            next.Child("spec").Put("finalizers", live.At("spec", "finalizers")?.DeepClone());
        }
    }

    private static bool SpecificationChanged(JsonObject live, JsonObject next)
    {
        foreach (var name in live.Select(l => l.Key).Union(next.Select(n => n.Key)))
        {
            if (name is not ("metadata" or "status") && !JsonNode.DeepEquals(live[name], next[name]))
            {
                return true;
            }
        }
        return false;
    }

    // A write that would change nothing but the times in managedFields is no write.
    private static bool SameButTimes(JsonObject live, JsonObject next) =>
        SameBut("metadata", live, next)
        && SameBut("managedFields", live.Metadata(), next.Metadata())
        && (live.Metadata().Arr("managedFields") ?? [])
            .Objects()
            .SequenceEqual(
                (next.Metadata().Arr("managedFields") ?? []).Objects(),
                EqualityComparer<JsonObject>.Create((a, b) => SameBut("time", a!, b!))
            );

    private static bool SameBut(string except, JsonObject one, JsonObject other)
    {
        if (one.Count != other.Count)
        {
            return false;
        }
        foreach (var (name, value) in one)
        {
            if (name != except && !(other.TryGetPropertyValue(name, out var same) && JsonNode.DeepEquals(value, same)))
            {
                return false;
            }
        }
        return true;
    }

    private static void Validate(ResourceType type, JsonObject value, JsonObject? live, string subresource = "")
    {
        var faults = new FieldFaults();
        MetadataRules.Check(type, value, live, faults);
        if (type.IsCustom)
        {
            CustomRules.Check(value, type.Schema, faults);
        }
        else if (subresource.Length == 0)
        {
            SchemaRules.Check(value, type.Schema, faults);
            KindRules.Check(type, value, live, faults);
        }
        if (faults.Any)
        {
            throw faults.ToException(type, value.Str("metadata", "name") ?? "");
        }
    }

    private void Allocate(ResourceType type, JsonObject value, JsonObject? live)
    {
        if (type.Storage == "services.")
        {
            _allocations.Allocate(type, value, live);
        }
    }

    private void Committed(ResourceType type, JsonObject value)
    {
        if (type.Storage == Definitions)
        {
            Catalogue.Define(value);
        }
    }

    private StoredObject? Remove(ResourceType type, StoredObject stored)
    {
        if (Store.TryDelete(stored) is not { } gone)
        {
            return null;
        }
        if (type.Storage == Definitions)
        {
            Catalogue.Undefine(stored.Key.Name);
        }
        return gone;
    }
}
