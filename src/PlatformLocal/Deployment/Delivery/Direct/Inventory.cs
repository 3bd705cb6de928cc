namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>One object that a delivery made, or was about to make.</summary>
/// <param name="Reference">Which object.</param>
/// <param name="Service">The service it belongs to.</param>
/// <param name="ResourceVersion">Its state right after it was applied; <see langword="null"/> while that is not known.</param>
/// <param name="Hash">The hash of the content that was applied.</param>
internal sealed record InventoryEntry(ObjectReference Reference, string Service, string? ResourceVersion, string? Hash)
{
    public ObjectKey Key { get; } = ObjectKey.Of(Reference);
}

/// <summary>What the deliveries of an environment have made.</summary>
internal sealed record Inventory(string Environment, IReadOnlyDictionary<ObjectKey, InventoryEntry> Entries)
{
    public static Inventory Empty(string environment) => new(environment, new Dictionary<ObjectKey, InventoryEntry>());

    public static Inventory Of(string environment, IEnumerable<InventoryEntry> entries) =>
        new(environment, entries.ToDictionary(entry => entry.Key));

    /// <summary>What is known together with what is about to be made.</summary>
    public Inventory Union(IEnumerable<DesiredObject> objects)
    {
        var all = new Dictionary<ObjectKey, InventoryEntry>(Entries);
        foreach (DesiredObject desired in objects)
        {
            // A known entry stays as it is: its state is only that of its own content.
            all.TryAdd(desired.Key, new InventoryEntry(desired.Reference, desired.Service, null, null));
        }
        return this with { Entries = all };
    }

    /// <summary>One array per object, sorted, so that equal inventories are equal texts.</summary>
    public JsonArray ToJson() =>
        [
            .. Entries
                .Values.OrderBy(entry => entry.Reference.ApiVersion, StringComparer.Ordinal)
                .ThenBy(entry => entry.Reference.Kind, StringComparer.Ordinal)
                .ThenBy(entry => entry.Reference.Namespace, StringComparer.Ordinal)
                .ThenBy(entry => entry.Reference.Name, StringComparer.Ordinal)
                .Select(entry =>
                    (JsonNode)
                        new JsonArray(
                            entry.Reference.ApiVersion,
                            entry.Reference.Kind,
                            entry.Reference.Namespace,
                            entry.Reference.Name,
                            entry.Service,
                            entry.ResourceVersion,
                            entry.Hash
                        )
                ),
        ];

    public static Inventory FromJson(string environment, JsonArray rows) =>
        Of(
            environment,
            rows.OfType<JsonArray>()
                .Select(row => new InventoryEntry(
                    new ObjectReference((string)row[0]!, (string)row[1]!, (string?)row[2], (string)row[3]!),
                    (string)row[4]!,
                    (string?)row[5],
                    (string?)row[6]
                ))
        );
}
