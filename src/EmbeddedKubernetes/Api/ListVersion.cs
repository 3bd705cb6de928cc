using EmbeddedKubernetes.Api.Requests;

namespace EmbeddedKubernetes.Api;

/// <summary>Which version of a collection is asked for.</summary>
/// <param name="Version">The version, or null for any.</param>
/// <param name="Exact">That version and no other.</param>
internal readonly record struct ListVersion(long? Version, bool Exact)
{
    /// <exception cref="ApiException">The parameters do not fit together.</exception>
    public static ListVersion Read(ApiRequest request)
    {
        var asked = request.Query("resourceVersion") ?? "";
        var match = request.Query("resourceVersionMatch") ?? "";
        long? version = null;
        if (asked.Length > 0 && asked != "0")
        {
            version = long.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw ApiException.BadRequest($"resourceVersion: Invalid value: \"{asked}\": it must be a number");
        }
        var faults = new FieldFaults();
        if (match is not ("" or "Exact" or "NotOlderThan"))
        {
            faults.NotSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]);
        }
        else if (match.Length > 0 && asked.Length == 0)
        {
            faults.Forbidden(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden unless resourceVersion is provided"
            );
        }
        else if (match == "Exact" && asked == "0")
        {
            faults.Forbidden(
                "resourceVersionMatch",
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""
            );
        }
        if (faults.Any)
        {
            throw faults.ToException("ListOptions", "meta.k8s.io", "");
        }
        // A page of a version means that version, also where nothing more is said.
        var paged = match.Length == 0 && request.QueryNumber("limit") > 0;
        return new(version, version is not null && (match == "Exact" || paged));
    }

    /// <exception cref="ApiException">The version has not come yet.</exception>
    public void RefuseFuture(long current)
    {
        if (Version > current)
        {
            throw new ApiException(
                504,
                "Timeout",
                $"Timeout: Too large resource version: {Version}, current: {current}",
                new()
                {
                    ["causes"] = new JsonArray(
                        new JsonObject
                        {
                            ["reason"] = "ResourceVersionTooLarge",
                            ["message"] = "Too large resource version",
                        }
                    ),
                    ["retryAfterSeconds"] = 1,
                }
            );
        }
    }

    /// <summary>The objects as they were at the version, from what changed since.</summary>
    /// <exception cref="ApiException">So far back nothing is known.</exception>
    public async Task<StoredObject[]> RestoreAsync(
        ObjectStore store,
        string resource,
        string ns,
        CancellationToken cancellationToken
    )
    {
        using var changes = store.Subscribe(resource, ns, Version) ?? throw Expired();
        var objects = store.List(resource, ns, out var current).ToDictionary(o => o.Key);
        await store.SettledAsync(current).WaitAsync(cancellationToken);
        var since = new Stack<StoreEvent>();
        while (changes.Events.TryRead(out var change))
        {
            if (change.ResourceVersion <= current)
            {
                since.Push(change);
            }
        }
        foreach (var change in since)
        {
            if (change.Previous is { } before)
            {
                objects[before.Key] = before;
            }
            else
            {
                objects.Remove(change.Object.Key);
            }
        }
        return
        [
            .. objects
                .Values.OrderBy(o => o.Key.Namespace, StringComparer.Ordinal)
                .ThenBy(o => o.Key.Name, StringComparer.Ordinal),
        ];
    }

    private static ApiException Expired() => ApiException.Gone("The resourceVersion for the provided list is too old.");
}
