using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Patching;

/// <summary>Strategic merge patch: a merge patch that knows the keys of lists and obeys directives.</summary>
internal static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeletePrefix = "$deleteFromPrimitiveList/";
    private const string OrderPrefix = "$setElementOrder/";

    /// <exception cref="PatchException">A directive is unknown or misplaced, or an item lacks its merge key.</exception>
    public static JsonObject Apply(JsonObject target, JsonObject patch, SchemaNode schema) =>
        MergeObjects(target, patch, schema);

    private static JsonObject MergeObjects(JsonObject target, JsonObject patch, SchemaNode schema)
    {
        switch (patch.Str(Directive))
        {
            case "replace":
                var whole = Clean(patch);
                whole.Remove(Directive);
                return whole;
            case "delete":
                return [];
            case null or "merge":
                break;
            case var unknown:
                throw new PatchException($"Unknown patch type found: {unknown}", malformed: true);
        }
        var result = target.Copy();
        Retain(result, patch);
        foreach (var (name, change) in patch)
        {
            if (name is Directive or RetainKeys || name.StartsWith(OrderPrefix, StringComparison.Ordinal))
            {
                continue;
            }
            if (name.StartsWith(DeletePrefix, StringComparison.Ordinal))
            {
                DeleteScalars(result, name[DeletePrefix.Length..], change);
                continue;
            }
            if (change is null)
            {
                result.Remove(name);
                continue;
            }
            result.TryGetPropertyValue(name, out var old);
            result[name] = MergeValue(old, change, schema.Member(name), Order(patch, name));
        }
        // An order may be given for a list that the patch does not otherwise change.
        foreach (var (name, order) in patch)
        {
            if (name.StartsWith(OrderPrefix, StringComparison.Ordinal))
            {
                var list = name[OrderPrefix.Length..];
                if (!patch.ContainsKey(list) && result.Arr(list) is { } items && order is JsonArray wanted)
                {
                    result[list] = ElementOrder.Sort(items, items, wanted, schema.Member(list).PatchKey);
                }
            }
        }
        return result;
    }

    private static JsonNode? MergeValue(JsonNode? old, JsonNode change, SchemaNode schema, JsonArray? order)
    {
        switch (change)
        {
            case JsonObject o:
                return MergeObjects(old as JsonObject ?? [], o, schema);
            case JsonArray list when schema.PatchMerge:
                return MergeLists(old as JsonArray ?? [], list, schema, order);
            case JsonArray list:
                var copy = new JsonArray();
                foreach (var item in list)
                {
                    copy.Add(item is JsonObject i ? Clean(i) : item?.DeepClone());
                }
                return copy;
            default:
                return change.DeepClone();
        }
    }

    private static JsonArray MergeLists(JsonArray old, JsonArray patch, SchemaNode schema, JsonArray? order)
    {
        if (schema.PatchKey is not { } key)
        {
            var union = (JsonArray)old.DeepClone();
            foreach (var item in patch)
            {
                if (!union.Any(u => JsonNode.DeepEquals(u, item)))
                {
                    union.Add(item?.DeepClone());
                }
            }
            return ElementOrder.Sort(old, union, order ?? patch, null);
        }
        if (patch.Any(p => p.Str(Directive) == "replace"))
        {
            return
            [
                .. patch
                    .Where(p => p.Str(Directive) is null || (p as JsonObject)!.Count > 1)
                    .Where(p => p.Str(Directive) != "delete")
                    .Select(p =>
                    {
                        var item = Clean((JsonObject)p!);
                        item.Remove(Directive);
                        return (JsonNode)item;
                    }),
            ];
        }
        var result = (JsonArray)old.DeepClone();
        foreach (var change in patch)
        {
            if (change is not JsonObject item)
            {
                throw new PatchException("an item of a merged list is not an object", malformed: true);
            }
            if (!item.TryGetPropertyValue(key, out var id) || id is null)
            {
                throw new PatchException(
                    $"map: {item.Text()} does not contain declared merge key: {key}",
                    malformed: true
                );
            }
            MergeItem(result, item, key, id, schema.Items!);
        }
        if (order is not null)
        {
            ElementOrder.CheckCovers(patch, order, key);
        }
        return ElementOrder.Sort(old, result, order ?? patch, key);
    }

    private static void MergeItem(JsonArray result, JsonObject item, string key, JsonNode id, SchemaNode items)
    {
        var found = false;
        for (var i = result.Count - 1; i >= 0; i--)
        {
            if (result[i] is not JsonObject old || !JsonNode.DeepEquals(old[key], id))
            {
                continue;
            }
            if (item.Str(Directive) == "delete")
            {
                result.RemoveAt(i);
            }
            else if (!found)
            {
                result[i] = MergeObjects(old, item, items);
            }
            found = true;
        }
        if (!found && item.Str(Directive) != "delete")
        {
            result.Add((JsonNode)MergeObjects([], item, items));
        }
    }

    private static void Retain(JsonObject result, JsonObject patch)
    {
        if (patch.Arr(RetainKeys) is not { } retain)
        {
            return;
        }
        var keep = retain.Select(r => r.AsString()).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, value) in patch)
        {
            if (!name.StartsWith('$') && value is not null && !keep.Contains(name))
            {
                throw new PatchException("patch contains keys that are not in its $retainKeys list", malformed: true);
            }
        }
        foreach (var name in result.Select(r => r.Key).Where(n => !keep.Contains(n)).ToList())
        {
            result.Remove(name);
        }
    }

    private static void DeleteScalars(JsonObject result, string list, JsonNode? values)
    {
        if (values is not JsonArray gone || result.Arr(list) is not { } items)
        {
            return;
        }
        for (var i = items.Count - 1; i >= 0; i--)
        {
            if (gone.Any(g => JsonNode.DeepEquals(g, items[i])))
            {
                items.RemoveAt(i);
            }
        }
        if (items.Count == 0)
        {
            result.Remove(list);
        }
    }

    private static JsonArray? Order(JsonObject patch, string name) => patch.Arr(OrderPrefix + name);

    /// <summary>A value nothing is merged into: nulls and directives mean nothing there and are left out.</summary>
    private static JsonObject Clean(JsonObject value)
    {
        var clean = new JsonObject();
        foreach (var (name, member) in value)
        {
            if (member is null || (name.StartsWith('$') && name != Directive))
            {
                continue;
            }
            clean[name] = member is JsonObject o ? Clean(o) : member.DeepClone();
        }
        return clean;
    }
}
