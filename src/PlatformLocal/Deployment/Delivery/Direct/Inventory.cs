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
    /// <summary>The repository with the builds, when Flux delivers the environment; <see langword="null"/> when the platform does.</summary>
    public string? FluxRepository { get; init; }

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

    /// <summary>Whether an object is as the last delivery left it, and that is what is wanted: then nobody needs to be asked.</summary>
    public bool IsUntouched(DesiredObject desired, ExistingObject found) =>
        KnownKinds.IsPassive(desired.Reference.Group, desired.Reference.Kind)
        && !found.Item.IsTerminating()
        && found.Environment == Environment
        && Entries.TryGetValue(desired.Key, out InventoryEntry? entry)
        && entry.ResourceVersion == found.ResourceVersion
        && entry.Hash == desired.Hash
        && entry.Reference.ApiVersion == desired.Reference.ApiVersion;

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

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="FormatException">Somebody else wrote it; says what is wrong, in plain words.</exception>
    public static Inventory FromJson(string environment, JsonArray rows)
    {
        var entries = new Dictionary<ObjectKey, InventoryEntry>();
        foreach ((int i, JsonNode? row) in rows.Index())
        {
            if (EntryOf(row) is not { } entry || !entries.TryAdd(entry.Key, entry))
            {
                throw new FormatException($"its entry {i + 1} names no object, or one a second time");
            }
        }
        return new Inventory(environment, entries);
    }

    private static InventoryEntry? EntryOf(JsonNode? row)
    {
        if (row is not JsonArray { Count: 7 } fields)
        {
            return null;
        }
        string?[] texts =
        [
            .. fields.Select(field => field is JsonValue value && value.TryGetValue(out string? text) ? text : null),
        ];
        return texts is [{ } apiVersion, { } kind, var place, { } name, { } service, var version, var hash]
            ? new InventoryEntry(new ObjectReference(apiVersion, kind, place, name), service, version, hash)
            : null;
    }
}
