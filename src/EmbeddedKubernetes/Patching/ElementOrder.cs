namespace EmbeddedKubernetes.Patching;

/// <summary>
/// Where the items of a merged list go: those the patch names in its order, those only the server has in theirs, and
/// between the two kinds the order of the list before the patch.
/// </summary>
internal static class ElementOrder
{
    /// <param name="before">The list before the patch.</param>
    /// <param name="merged">The merged items, in any order.</param>
    /// <param name="order">Keys, or objects holding the key, in the wanted order.</param>
    /// <param name="key">The merge key; null for scalars.</param>
    public static JsonArray Sort(JsonArray before, JsonArray merged, JsonArray order, string? key)
    {
        var wanted = Places(order, key);
        var old = Places(before, key);
        var named = new List<(int Place, string Id, JsonNode? Item)>();
        var others = new List<(int Place, string Id, JsonNode? Item)>();
        foreach (var item in merged)
        {
            var id = Identity(item, key);
            if (wanted.TryGetValue(id, out var place))
            {
                named.Add((place, id, item));
            }
            else
            {
                others.Add((old.GetValueOrDefault(id, int.MaxValue), id, item));
            }
        }
        var right = named.OrderBy(n => n.Place).ToList();
        var left = others.OrderBy(o => o.Place).ToList();
        var sorted = new JsonArray();
        var (i, j) = (0, 0);
        while (i < left.Count || j < right.Count)
        {
            var takeLeft =
                j == right.Count
                || (i < left.Count && old.TryGetValue(right[j].Id, out var was) && left[i].Place < was);
            sorted.Add((takeLeft ? left[i++].Item : right[j++].Item)?.DeepClone());
        }
        return sorted;
    }

    /// <exception cref="PatchException">The patch changes an item its order does not name.</exception>
    public static void CheckCovers(JsonArray patch, JsonArray order, string? key)
    {
        var wanted = Places(order, key);
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
    }

    private static Dictionary<string, int> Places(JsonArray list, string? key)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            places.TryAdd(Identity(list[i], key), i);
        }
        return places;
    }

    private static string Identity(JsonNode? item, string? key) =>
        key is not null && item is JsonObject o ? o[key].Text() : item.Text();
}
