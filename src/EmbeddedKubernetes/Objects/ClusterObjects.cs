using EmbeddedKubernetes.Admission;
using EmbeddedKubernetes.Ownership;
using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Objects;

/// <summary>
/// Everything that may happen to an object, for the API and the controllers alike: one path from a request to the store.
/// Calls return when the change is made; whoever must be sure that it stays awaits the store's durability.
/// </summary>
internal sealed partial class ClusterObjects(ObjectStore store, ResourceCatalogue catalogue, TimeProvider time)
{
    private readonly Allocations _allocations = new(store);

    public ObjectStore Store { get; } = store;

    public ResourceCatalogue Catalogue { get; } = catalogue;

    public TimeProvider Time { get; } = time;

    public string Now => Timestamp(Time.GetUtcNow());

    public static string Timestamp(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <exception cref="ApiException">There is no such object.</exception>
    public StoredObject GetStored(ResourceType type, string ns, string name) =>
        Store.Get(type.Key(ns, name)) ?? throw ApiException.NotFound(type, name);

    /// <summary>Completes when this version of an object is on disk.</summary>
    public Task DurableAsync(JsonObject written) =>
        written.Str("metadata", "resourceVersion") is { } version
            ? Store.DurableAsync(long.Parse(version, CultureInfo.InvariantCulture))
            : Task.CompletedTask;

    public JsonObject? Find(ResourceType type, string ns, string name) =>
        Store.Get(type.Key(ns, name)) is { } stored ? type.Present(stored) : null;

    /// <summary>Creates an object of <paramref name="body"/>, which is the caller's no longer.</summary>
    /// <exception cref="ApiException">The object is refused.</exception>
    public JsonObject Create(ResourceType type, string ns, JsonObject body, WriteOptions options)
    {
        Recognize(type, body);
        var metadata = body.Metadata();
        SetNamespace(type, metadata, ns);
        if (!string.IsNullOrEmpty(metadata.Str("resourceVersion")))
        {
            throw ApiException.Internal("resourceVersion should not be set on objects to be created");
        }
        Conform(type, body, options);
        var generated = false;
        if (string.IsNullOrEmpty(metadata.Str("name")) && metadata.Str("generateName") is { Length: > 0 } prefix)
        {
            metadata["name"] = prefix + RandomName.Suffix(5);
            generated = true;
        }
        var name = metadata.Str("name") ?? "";
        StampNew(type, body);
        CheckNamespace(type, ns, name);
        if (type.HasStatus)
        {
            body.Remove("status");
        }
        Default(type, body);
        FieldOwnership.RecordUpdate(null, body, type, new(options.Manager, options.Subresource, Now));
        return Insert(type, body, options, generated);
    }

    /// <summary>Puts <paramref name="body"/>, which is the caller's no longer, in an object's place.</summary>
    /// <exception cref="ApiException">The object is refused, missing or has changed meanwhile.</exception>
    public WriteResult Update(ResourceType type, string ns, string name, JsonObject body, WriteOptions options)
    {
        Recognize(type, body);
        var metadata = body.Metadata();
        SetNamespace(type, metadata, ns);
        SetName(metadata, name);
        Conform(type, body, options);
        while (true)
        {
            var stored = GetStored(type, ns, name);
            CheckPreconditions(type, stored, metadata.Str("uid"), metadata.Str("resourceVersion"));
            if (TryReplace(type, stored, type.Present(stored), body.Copy(), options, track: true) is { } result)
            {
                return result;
            }
        }
    }

    /// <summary>Changes an object in place; the function may be called again when somebody else was faster.</summary>
    /// <exception cref="ApiException">The result is refused.</exception>
    public WriteResult Modify(
        ResourceType type,
        string ns,
        string name,
        Func<JsonObject, JsonObject> change,
        WriteOptions options
    )
    {
        while (true)
        {
            var stored = GetStored(type, ns, name);
            var live = type.Present(stored);
            var next = change(live.Copy());
            Recognize(type, next);
            CheckUnchangedIdentity(type, live, next);
            var sent = next.Metadata().Str("resourceVersion");
            if (!string.IsNullOrEmpty(sent) && sent != live.Str("metadata", "resourceVersion"))
            {
                throw ApiException.Stale(type, name);
            }
            Conform(type, next, options);
            if (JsonNode.DeepEquals(live, next))
            {
                return new(live, Created: false);
            }
            if (TryReplace(type, stored, live, next, options, track: true) is { } result)
            {
                return result;
            }
        }
    }

    /// <summary>
    /// Replaces a built-in object's status, as controllers do all the time. What else the object holds is neither looked at
    /// nor copied.
    /// </summary>
    /// <exception cref="ApiException">There is no such object.</exception>
    public void SetStatus(ResourceType type, ObjectKey key, JsonObject status, string manager)
    {
        var schema = type.Schema.Member("status");
        EmptyValues.Drop(status, schema);
        Defaulting.Apply(status, schema);
        while (true)
        {
            var stored = GetStored(type, key.Namespace, key.Name);
            var value = type.Present(stored);
            var before = value["status"];
            if (JsonNode.DeepEquals(before, status))
            {
                return;
            }
            value["status"] = status;
            FieldOwnership.RecordStatus(value, before, type, new(manager, "status", Now));
            if (Store.TryPut(key, stored, type.Store(value)) is not null)
            {
                return;
            }
            value.Remove("status");
        }
    }

    /// <summary>Server-side apply of <paramref name="config"/>, which is the caller's no longer.</summary>
    /// <exception cref="ApiException">The configuration is refused or conflicts with other managers.</exception>
    public WriteResult Apply(ResourceType type, string ns, string name, JsonObject config, WriteOptions options)
    {
        Recognize(type, config);
        var metadata = config.Metadata();
        SetNamespace(type, metadata, ns);
        if (metadata["managedFields"] is JsonArray { Count: > 0 })
        {
            throw ApiException.BadRequest("metadata.managedFields must be nil");
        }
        metadata.Remove("managedFields");
        SetName(metadata, name);
        var sentVersion = metadata.Str("resourceVersion");
        var sentUid = metadata.Str("uid");
        Conform(type, config, options, applied: true);
        AppliedLists.Check(config, type.Schema);
        if (type.HasStatus && options.Subresource.Length == 0)
        {
            config.Remove("status");
        }
        while (true)
        {
            var writer = new Writer(options.Manager, options.Subresource, Now);
            if (Store.Get(type.Key(ns, name)) is not { } stored)
            {
                if (options.Subresource.Length > 0)
                {
                    throw ApiException.NotFound(type, name);
                }
                if (!string.IsNullOrEmpty(sentUid) || !string.IsNullOrEmpty(sentVersion))
                {
                    throw ApiException.Conflict(type, name, "the object to apply to does not exist");
                }
                CheckNamespace(type, ns, name);
                var fresh = FieldOwnership.Apply(null, config, type, writer, options.Force);
                StampNew(type, fresh);
                Default(type, fresh);
                return new(Insert(type, fresh, options, generated: false), Created: true);
            }
            CheckPreconditions(type, stored, sentUid, sentVersion);
            var live = type.Present(stored);
            var applied = FieldOwnership.Apply(live, config, type, writer, options.Force);
            if (TryReplace(type, stored, live, applied, options, track: false) is { } result)
            {
                return result;
            }
        }
    }

    private static void Recognize(ResourceType type, JsonObject body)
    {
        var apiVersion = body.Str("apiVersion");
        var kind = body.Str("kind");
        if (string.IsNullOrEmpty(apiVersion) && string.IsNullOrEmpty(kind) && !type.IsCustom)
        {
            body["apiVersion"] = type.ApiVersion;
            body["kind"] = type.Kind;
            return;
        }
        if (apiVersion != type.ApiVersion || kind != type.Kind)
        {
            throw ApiException.BadRequest(
                $"the object provided is unrecognized or does not match: it is {apiVersion} {kind}, expected {type.ApiVersion} {type.Kind}"
            );
        }
    }

    private static void SetName(JsonObject metadata, string name)
    {
        if (metadata.Str("name") is { Length: > 0 } named && named != name)
        {
            throw ApiException.BadRequest(
                $"the name of the object ({named}) does not match the name on the URL ({name})"
            );
        }
        metadata["name"] = name;
    }

    private static void SetNamespace(ResourceType type, JsonObject metadata, string ns)
    {
        var sent = metadata.Str("namespace");
        if (!type.Namespaced)
        {
            if (!string.IsNullOrEmpty(sent))
            {
                throw ApiException.BadRequest("namespace must not be set on a cluster-scoped object");
            }
            metadata.Remove("namespace");
            return;
        }
        if (!string.IsNullOrEmpty(sent) && sent != ns)
        {
            throw ApiException.BadRequest(
                $"the namespace of the provided object does not match the namespace sent on the request ({sent}, {ns})"
            );
        }
        metadata["namespace"] = ns;
    }

    private static void Conform(ResourceType type, JsonObject body, WriteOptions options, bool applied = false)
    {
        var conformity = new Conformity();
        conformity.Prune(body, type.Schema, dropNulls: !type.IsCustom);
        if (conformity.WrongType is var (path, found, wanted))
        {
            if (type.IsCustom)
            {
                throw new FieldFaults()
                    .TypeInvalid(path, found, $"{path} in body must be of type {wanted}: \"{found}\"")
                    .ToException(type, body.Str("metadata", "name") ?? "");
            }
            throw ApiException.BadRequest(
                $"{type.Kind} in version \"{type.Version}\" cannot be handled as a {type.Kind}: json: cannot unmarshal {found} into Go struct field {type.Kind}.{path} of type {wanted}"
            );
        }
        if (conformity.Unknown.Count == 0)
        {
            return;
        }
        if (applied && !type.IsCustom)
        {
            throw ApiException.Internal(
                $"failed to create typed patch object ({body.Str("metadata", "namespace")}/{body.Str("metadata", "name")}; {type.ApiVersion}, Kind={type.Kind}): .{conformity.Unknown[0]}: field not declared in schema"
            );
        }
        var texts = conformity.Unknown.Select(u => $"unknown field \"{u}\"").ToList();
        switch (options.Validation)
        {
            case FieldValidation.Strict:
                throw ApiException.BadRequest("strict decoding error: " + string.Join(", ", texts));
            case FieldValidation.Warn:
                options.Warnings.AddRange(texts);
                break;
        }
    }

    private static void Default(ResourceType type, JsonObject body)
    {
        if (!type.IsCustom)
        {
            EmptyValues.Drop(body, type.Schema);
        }
        Defaulting.Apply(body, type.Schema);
        if (!type.IsCustom)
        {
            KindDefaults.Apply(type, body);
        }
    }

    private static void CheckUnchangedIdentity(ResourceType type, JsonObject live, JsonObject next)
    {
        foreach (var field in (ReadOnlySpan<string>)["name", "namespace", "uid"])
        {
            var was = live.Str("metadata", field);
            var now = next.Metadata().Str(field);
            if (string.IsNullOrEmpty(now))
            {
                next.Metadata()[field] = was;
            }
            else if (now != was)
            {
                throw field == "uid"
                    ? OtherUid(type, live.Str("metadata", "name")!, now, was)
                    : ApiException.BadRequest($"metadata.{field} cannot be changed from {was} to {now}");
            }
        }
    }

    private static void CheckPreconditions(ResourceType type, StoredObject stored, string? uid, string? version)
    {
        if (!string.IsNullOrEmpty(uid) && uid != stored.Uid)
        {
            throw OtherUid(type, stored.Key.Name, uid, stored.Uid);
        }
        if (
            !string.IsNullOrEmpty(version)
            && version != "0"
            && version != stored.ResourceVersion.ToString(CultureInfo.InvariantCulture)
        )
        {
            throw ApiException.Stale(type, stored.Key.Name);
        }
    }

    private static ApiException OtherUid(ResourceType type, string name, string wanted, string? found) =>
        ApiException.Conflict(
            type,
            name,
            $"Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
        );

    private void StampNew(ResourceType type, JsonObject body)
    {
        var metadata = body.Metadata();
        foreach (
            var field in (ReadOnlySpan<string>)
                ["selfLink", "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"]
        )
        {
            metadata.Remove(field);
        }
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = Now;
        if (type.HasGeneration)
        {
            metadata["generation"] = 1;
        }
    }

    private void CheckNamespace(ResourceType type, string ns, string name)
    {
        if (!type.Namespaced)
        {
            return;
        }
        var namespaces = Catalogue.BuiltIn("v1", "Namespace");
        var found = GetStored(namespaces, "", ns);
        if (found.Terminating)
        {
            throw new ApiException(
                403,
                "Forbidden",
                $"{type.QualifiedPlural} \"{name}\" is forbidden: unable to create new content in namespace {ns} because it is being terminated",
                new JsonObject
                {
                    ["name"] = name,
                    ["group"] = type.Group,
                    ["kind"] = type.Plural,
                    ["causes"] = new JsonArray(
                        ApiException.Cause(
                            "NamespaceTerminating",
                            $"namespace {ns} is being terminated",
                            "metadata.namespace"
                        )
                    ),
                }
            );
        }
    }
}
