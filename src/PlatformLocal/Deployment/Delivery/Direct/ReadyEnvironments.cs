using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>
/// Says of many environments at once whether all that was delivered for them is there and ready: by one list per kind,
/// whatever their number; by one per kind and namespace where a kind may not be listed everywhere.
/// </summary>
/// <param name="client">The cluster.</param>
public sealed class ReadyEnvironments(KubernetesClient client)
{
    private const int AtOnce = 4;

    /// <summary>The environments that need nothing: every object of their inventories is there and ready.</summary>
    /// <remarks>One whose inventory cannot be read, or is too large for one object, is left out: a delivery finds out.</remarks>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The cluster cannot be read.</exception>
    public async Task<IReadOnlySet<string>> ListAsync(CancellationToken cancellationToken)
    {
        var heads = await client.ListAsync(
            "v1",
            "ConfigMap",
            null,
            new ListOptions
            {
                LabelSelector = DeliveryLabels.Environment,
                FieldSelector = $"metadata.name={InventoryStore.Name}",
            },
            cancellationToken
        );
        Inventory[] inventories = [.. heads.Items.Select(Read).OfType<Inventory>()];
        var kinds = inventories
            .SelectMany(i => i.Entries.Values)
            .Select(e => (e.Reference.ApiVersion, e.Reference.Kind))
            .Distinct();
        var settled = new ConcurrentDictionary<ObjectKey, string?>();
        await Parallel.ForEachAsync(
            kinds,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (kind, token) =>
            {
                var isPassive = KnownKinds.IsPassive(ApiGroup.Of(kind.ApiVersion), kind.Kind);
                foreach (JsonObject item in await ObjectsAsync(kind.ApiVersion, kind.Kind, isPassive, token))
                {
                    if (isPassive ? !item.IsTerminating() : ReadinessRules.Of(item).IsCurrent)
                    {
                        JsonObject? metadata = item.Metadata();
                        var reference = new ObjectReference(
                            kind.ApiVersion,
                            kind.Kind,
                            metadata.Text("namespace"),
                            metadata.Text("name")!
                        );
                        settled[ObjectKey.Of(reference)] = HasOnlyContent(kind.Kind) ? item.ResourceVersion() : null;
                    }
                }
            }
        );
        return inventories
            .Where(i =>
                i.Entries.Values.All(e =>
                    e.Hash is not null
                    && settled.TryGetValue(e.Key, out string? version)
                    && (version is null || version == e.ResourceVersion)
                )
            )
            .Select(i => i.Environment)
            .ToHashSet(StringComparer.Ordinal);

        async Task<IReadOnlyList<JsonObject>> ObjectsAsync(
            string apiVersion,
            string kind,
            bool isPassive,
            CancellationToken token
        )
        {
            try
            {
                return await ListAsync(apiVersion, kind, null, isPassive, token);
            }
            catch (KubernetesException fault) when (fault.IsForbidden)
            {
                var objects = new List<JsonObject>();
                foreach (string place in NamespacesWith(apiVersion, kind))
                {
                    objects.AddRange(await ListAllowedAsync(apiVersion, kind, place, isPassive, token));
                }
                return objects;
            }
        }

        IEnumerable<string> NamespacesWith(string apiVersion, string kind) =>
            inventories
                .SelectMany(i => i.Entries.Values)
                .Where(e => e.Reference.ApiVersion == apiVersion && e.Reference.Kind == kind)
                .Select(e => e.Reference.Namespace)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal);
    }

    private async Task<IReadOnlyList<JsonObject>> ListAllowedAsync(
        string apiVersion,
        string kind,
        string place,
        bool isPassive,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await ListAsync(apiVersion, kind, place, isPassive, cancellationToken);
        }
        catch (KubernetesException fault) when (fault.IsForbidden)
        {
            return []; // its environment counts as not ready: the delivery binds the rights that are missing
        }
    }

    private async Task<IReadOnlyList<JsonObject>> ListAsync(
        string apiVersion,
        string kind,
        string? place,
        bool isPassive,
        CancellationToken cancellationToken
    )
    {
        var which = new ListOptions { LabelSelector = DeliveryLabels.Environment, MetadataOnly = isPassive };
        return (await client.ListAsync(apiVersion, kind, place, which, cancellationToken)).Items;
    }

    // No controller writes these: one that is at the version it was delivered with is as it was delivered.
    private static bool HasOnlyContent(string kind) =>
        kind is "ConfigMap" or "Secret" or "LimitRange" or "NetworkPolicy" or "Role" or "RoleBinding";

    private static Inventory? Read(JsonObject head)
    {
        try
        {
            return InventoryStore.ReadPlain(head);
        }
        catch (Exception fault) when (fault is FormatException or JsonException)
        {
            return null; // the delivery that looks at it says what is wrong
        }
    }
}
