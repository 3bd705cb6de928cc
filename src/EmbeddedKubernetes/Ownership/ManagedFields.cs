namespace EmbeddedKubernetes.Ownership;

/// <summary>One manager's claim on an object.</summary>
internal sealed record ManagerClaim(string Manager, string Operation, string ApiVersion, string Subresource)
{
    public const string Apply = "Apply";
    public const string Update = "Update";

    public FieldSet Fields { get; init; } = new();

    public string Time { get; init; } = "";

    public bool IsApply => Operation == Apply;

    /// <summary>An applier is known by its name alone, an updater by its version too.</summary>
    public bool SameManager(ManagerClaim other) =>
        Manager == other.Manager
        && Operation == other.Operation
        && Subresource == other.Subresource
        && (IsApply || ApiVersion == other.ApiVersion);
}

/// <summary>Reads and writes <c>metadata.managedFields</c>.</summary>
internal static class ManagedFields
{
    private static readonly string[] s_serverSet =
    [
        "f:name",
        "f:namespace",
        "f:creationTimestamp",
        "f:selfLink",
        "f:uid",
        "f:generation",
        "f:managedFields",
        "f:resourceVersion",
        "f:deletionTimestamp",
        "f:deletionGracePeriodSeconds",
    ];

    public static List<ManagerClaim> Read(JsonArray? entries)
    {
        var claims = new List<ManagerClaim>();
        foreach (var entry in entries.Objects())
        {
            if (entry.Str("operation") is not { } operation || entry.Obj("fieldsV1") is not { } fields)
            {
                continue;
            }
            claims.Add(
                new(
                    entry.Str("manager") ?? "",
                    operation,
                    entry.Str("apiVersion") ?? "",
                    entry.Str("subresource") ?? ""
                )
                {
                    Fields = FieldSet.FromFieldsV1(fields),
                    Time = entry.Str("time") ?? "",
                }
            );
        }
        return claims;
    }

    public static JsonArray Write(IEnumerable<ManagerClaim> claims)
    {
        var array = new JsonArray();
        foreach (
            var claim in claims
                .OrderBy(c => c.Operation, StringComparer.Ordinal)
                .ThenBy(c => c.Time, StringComparer.Ordinal)
                .ThenBy(c => c.Manager, StringComparer.Ordinal)
        )
        {
            var entry = new JsonObject
            {
                ["manager"] = claim.Manager,
                ["operation"] = claim.Operation,
                ["apiVersion"] = claim.ApiVersion,
                ["time"] = claim.Time,
                ["fieldsType"] = "FieldsV1",
                ["fieldsV1"] = claim.Fields.ToFieldsV1(),
            };
            if (claim.Subresource.Length > 0)
            {
                entry["subresource"] = claim.Subresource;
            }
            array.Add((JsonNode)entry);
        }
        return array;
    }

    /// <summary>Nobody owns what the server itself sets.</summary>
    public static FieldSet WithoutServerFields(FieldSet set)
    {
        set.Remove("f:apiVersion");
        set.Remove("f:kind");
        if (set.Find("f:metadata") is { } metadata)
        {
            metadata.Member = false;
            foreach (var step in s_serverSet)
            {
                metadata.Remove(step);
            }
            if (metadata.IsEmpty)
            {
                set.Remove("f:metadata");
            }
        }
        return set;
    }
}
