using PlatformLocal.Deployment.Delivery.Direct;

namespace PlatformLocal.Deployment.Delivery.Flux;

/// <summary>
/// Makes one field manager of what another one applied: a field that stayed the other's would never go, whatever the
/// manifests say.
/// </summary>
internal static class FieldHandover
{
    private const int Attempts = 5;
    private const string Fields = "fieldsV1";

    /// <summary>Hands over what is there.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="objects">The objects as they are known.</param>
    /// <param name="from">Whose fields they are.</param>
    /// <param name="to">Whose they become.</param>
    /// <param name="parallelism">How many at once.</param>
    /// <param name="cancellationToken">Stops; what was handed over stays so.</param>
    /// <exception cref="KubernetesException">The cluster refuses.</exception>
    public static Task RunAsync(
        KubernetesClient client,
        IEnumerable<ExistingObject> objects,
        string from,
        string to,
        int parallelism,
        CancellationToken cancellationToken
    ) =>
        Parallel.ForEachAsync(
            objects.Where(item => Renamed(item.Item, from, to) is not null),
            new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellationToken },
            async (item, token) =>
            {
                JsonObject? now = item.Item;
                for (int attempt = 1; now is not null && Renamed(now, from, to) is { } entries; attempt++)
                {
                    try
                    {
                        await client.PatchAsync(
                            item.Reference,
                            PatchKind.Merge,
                            new JsonObject
                            {
                                ["metadata"] = new JsonObject
                                {
                                    ["managedFields"] = entries,
                                    ["resourceVersion"] = now.ResourceVersion(),
                                },
                            },
                            null,
                            token
                        );
                        return;
                    }
                    catch (KubernetesException fault)
                        when ((fault.IsConflict && attempt < Attempts) || fault.IsNotFound)
                    {
                        now = await client.FindAsync(item.Reference, token);
                    }
                }
            }
        );

    /// <summary>The entries with what was applied by one manager under the name of the other; <see langword="null"/> when there is nothing of it.</summary>
    internal static JsonArray? Renamed(JsonObject item, string from, string to)
    {
        JsonObject[] entries = [.. item.Metadata().Items("managedFields").Select(e => (JsonObject)e.DeepClone())];
        bool IsOf(JsonObject entry, string manager) =>
            entry.Text("manager") == manager
            && entry.Text("operation") == "Apply"
            && entry.Text("subresource") is not { Length: > 0 };
        if (entries.FirstOrDefault(entry => IsOf(entry, from)) is not { } given)
        {
            return null;
        }
        if (
            entries.FirstOrDefault(entry => IsOf(entry, to) && entry.Text("apiVersion") == given.Text("apiVersion")) is
            { } taker
        )
        {
            taker[Fields] = Union(taker.Child(Fields) ?? [], given.Child(Fields) ?? []);
            return new JsonArray([.. entries.Where(entry => entry != given)]);
        }
        given["manager"] = to;
        return new JsonArray([.. entries]);
    }

    private static JsonObject Union(JsonObject one, JsonObject other)
    {
        var both = (JsonObject)one.DeepClone();
        foreach ((string field, JsonNode? below) in other)
        {
            both[field] =
                below is JsonObject deeper && both[field] is JsonObject there
                    ? Union(there, deeper)
                    : both[field]?.DeepClone() ?? below?.DeepClone();
        }
        return both;
    }
}
