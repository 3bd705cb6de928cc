using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Ownership;

/// <summary>How the items of sets and associative lists are told apart.</summary>
internal static class ListItems
{
    /// <summary>The <c>fieldsV1</c> step of an item.</summary>
    public static string Step(JsonNode? item, SchemaNode list)
    {
        if (list.ListKind == ListKind.Set)
        {
            return "v:" + item.Text();
        }
        var keys = new JsonObject();
        foreach (var key in list.Keys.Order(StringComparer.Ordinal))
        {
            if (item is JsonObject o && o.TryGetPropertyValue(key, out var value) && value is not null)
            {
                keys[key] = value.DeepClone();
            }
            else if (list.Items!.Fields.TryGetValue(key, out var field) && field.Default is { } standard)
            {
                keys[key] = standard.DeepClone();
            }
        }
        return "k:" + keys.Text();
    }

    /// <summary>Items by step; of items with the same step the first counts.</summary>
    public static Dictionary<string, JsonNode?> ByStep(JsonArray? list, SchemaNode schema)
    {
        var items = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var item in list ?? [])
        {
            items.TryAdd(Step(item, schema), item);
        }
        return items;
    }

    /// <summary>The first item that repeats another's keys, or null.</summary>
    public static string? FirstDuplicate(JsonArray list, SchemaNode schema)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in list)
        {
            var step = Step(item, schema);
            if (!seen.Add(step))
            {
                return step;
            }
        }
        return null;
    }
}
