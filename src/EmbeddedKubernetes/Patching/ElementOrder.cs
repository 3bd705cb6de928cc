using System.Text.Json.Nodes;
using EmbeddedKubernetes.Json;

namespace EmbeddedKubernetes.Patching;

/// <summary>Obeys <c>$setElementOrder</c>: named items in the given order, items only the server has near their neighbours.</summary>
internal static class ElementOrder
{
    /// <param name="merged">The merged list: the server's items first, then the new ones.</param>
    /// <param name="order">Keys, or objects holding the key, in the wanted order.</param>
    /// <param name="key">The merge key; null for scalars.</param>
    /// <param name="patch">The patch items, whose keys must be in the order.</param>
    public static JsonArray Sort(JsonArray merged, JsonArray order, string? key, JsonArray patch)
    {
        var wanted = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var item in order)
        {
            wanted.TryAdd(Identity(item, key), wanted.Count);
        }
        foreach (var item in patch)
        {
            if (item.Str("$patch") != "delete" && !wanted.ContainsKey(Identity(item, key)))
            {
                throw new PatchException(
                    "The order in patch list doesn't match $setElementOrder list",
                    malformed: true
                );
            }
        }
        var named = new List<(int Place, JsonNode? Item)>();
        var serverOnly = new List<(int Before, JsonNode? Item)>();
        foreach (var item in merged)
        {
            if (wanted.TryGetValue(Identity(item, key), out var place))
            {
                named.Add((place, item?.DeepClone()));
            }
            else
            {
                serverOnly.Add((named.Count, item?.DeepClone()));
            }
        }
        var sorted = new JsonArray();
        var next = 0;
        var ordered = named.OrderBy(n => n.Place).ToList();
        for (var i = 0; i <= ordered.Count; i++)
        {
            while (next < serverOnly.Count && serverOnly[next].Before <= i)
            {
                sorted.Add(serverOnly[next++].Item);
            }
            if (i < ordered.Count)
            {
                sorted.Add(ordered[i].Item);
            }
        }
        return sorted;
    }

    private static string Identity(JsonNode? item, string? key) =>
        key is not null && item is JsonObject o ? o[key].Text() : item.Text();
}
