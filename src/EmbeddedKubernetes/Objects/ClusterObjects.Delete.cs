namespace EmbeddedKubernetes.Objects;

/// <content>Deletion: at once, or after finalizers have run.</content>
internal sealed partial class ClusterObjects
{
    public const string ForegroundFinalizer = "foregroundDeletion";
    public const string OrphanFinalizer = "orphan";

    /// <summary>Holds a definition back until its custom resources are gone.</summary>
    public const string CleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

    /// <param name="type">The resource.</param>
    /// <param name="ns">Its namespace, if it has one.</param>
    /// <param name="name">Its name.</param>
    /// <param name="options">How the deletion is meant.</param>
    /// <param name="deleted">The last version: of the deletion itself, or of the object that now terminates.</param>
    /// <returns>The terminating object, or null when it is gone.</returns>
    /// <exception cref="ApiException">There is no such object, or a precondition does not hold.</exception>
    public JsonObject? Delete(
        ResourceType type,
        string ns,
        string name,
        DeleteOptions options,
        out StoredObject deleted
    )
    {
        while (true)
        {
            var stored = GetStored(type, ns, name);
            deleted = stored;
            CheckPreconditions(type, stored, options.Uid, options.ResourceVersion);
            var value = stored.Read();
            RefuseProtected(type, name);
            var metadata = value.Metadata();
            var finalizers = WantedFinalizers(metadata.Arr("finalizers"), options.Propagation);
            if (type.Storage == Definitions && !stored.Terminating)
            {
                finalizers.Add((JsonNode)CleanupFinalizer);
            }
            var held =
                finalizers.Count > 0
                || (type.Storage == "namespaces." && value.Obj("spec").Arr("finalizers") is { Count: > 0 });
            if (!held)
            {
                if (options.DryRun)
                {
                    return null;
                }
                if (Remove(type, stored) is not { } gone)
                {
                    continue;
                }
                deleted = gone;
                return null;
            }
            if (stored.Terminating && JsonNode.DeepEquals(finalizers, metadata.Arr("finalizers") ?? []))
            {
                return type.Present(value);
            }
            metadata.PutList("finalizers", finalizers);
            metadata["deletionTimestamp"] ??= Now;
            metadata["deletionGracePeriodSeconds"] ??= 0;
            if (type.HasGeneration && !stored.Terminating)
            {
                metadata["generation"] = (metadata.Long("generation") ?? 0) + 1;
            }
            if (type.Storage == "namespaces.")
            {
                value.Child("status")["phase"] = "Terminating";
            }
            if (options.DryRun)
            {
                return type.Present(value);
            }
            if (Store.TryPut(stored.Key, stored, value) is { } put)
            {
                deleted = put;
                return type.Present(value);
            }
        }
    }

    private static JsonArray WantedFinalizers(JsonArray? present, string? propagation)
    {
        var finalizers = new JsonArray();
        foreach (var finalizer in present ?? [])
        {
            if (
                finalizer.AsString() is { } text
                && (propagation is null || text is not (ForegroundFinalizer or OrphanFinalizer))
            )
            {
                finalizers.Add((JsonNode)text);
            }
        }
        switch (propagation)
        {
            case "Foreground":
                finalizers.Add((JsonNode)ForegroundFinalizer);
                break;
            case "Orphan":
                finalizers.Add((JsonNode)OrphanFinalizer);
                break;
        }
        return finalizers;
    }

    private static void RefuseProtected(ResourceType type, string name)
    {
        if (type.Storage == "namespaces." && name is "default" or "kube-system" or "kube-public")
        {
            throw ApiException.Forbidden(type, name, "this namespace may not be deleted");
        }
    }
}
