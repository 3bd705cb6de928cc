namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>What matters of an object that was there before the delivery.</summary>
internal sealed record ExistingObject(ObjectReference Reference, JsonObject Item)
{
    public string? ResourceVersion => Item.ResourceVersion();

    public string? Uid => Item.Uid();

    public string? Environment => Item.Label(DeliveryLabels.Environment);

    public string Service => Item.Label(DeliveryLabels.Service) ?? "";

    public string? Prune => Item.Annotation(DeliveryLabels.Prune);
}

/// <summary>The metadata of all objects a delivery may touch, read with one list per kind and namespace.</summary>
internal sealed class ExistingObjects
{
    private readonly Dictionary<ObjectKey, ExistingObject> _objects = [];

    private ExistingObjects() { }

    public IEnumerable<ExistingObject> All => _objects.Values;

    public IEnumerable<ObjectReference> References => All.Select(item => item.Reference);

    public ExistingObject? Find(ObjectKey key) => _objects.GetValueOrDefault(key);

    public static async Task<ExistingObjects> ListAsync(
        KubernetesClient client,
        IEnumerable<ObjectReference> references,
        CancellationToken cancellationToken
    )
    {
        var found = new ExistingObjects();
        IEnumerable<Task<ObjectList?>> lists = references
            .Select(reference => (reference.ApiVersion, reference.Kind, reference.Namespace))
            .Distinct()
            .Select(ListOneAsync);
        foreach (ObjectList list in (await Task.WhenAll(lists)).OfType<ObjectList>())
        {
            foreach (JsonObject item in list.Items)
            {
                ObjectReference reference = ObjectReference.Of(item);
                found._objects[ObjectKey.Of(reference)] = new ExistingObject(reference, item);
            }
        }
        return found;

        async Task<ObjectList?> ListOneAsync((string ApiVersion, string Kind, string? Namespace) kind)
        {
            // A kind the cluster does not serve (any more) has no objects.
            if (await client.Resources.FindAsync(kind.ApiVersion, kind.Kind, cancellationToken) is null)
            {
                return null;
            }
            try
            {
                return await client.ListAsync(
                    kind.ApiVersion,
                    kind.Kind,
                    kind.Namespace,
                    new ListOptions { MetadataOnly = true },
                    cancellationToken
                );
            }
            catch (KubernetesException fault) when (fault.IsNotFound)
            {
                return null;
            }
        }
    }
}
