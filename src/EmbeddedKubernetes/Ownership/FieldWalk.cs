using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Ownership;

/// <summary>What changed between two versions of an object.</summary>
internal sealed record FieldChanges(FieldSet Added, FieldSet Modified, FieldSet Removed);

/// <summary>Which paths an object sets, and which differ between two objects.</summary>
internal static class FieldWalk
{
    /// <summary>The paths an applied configuration claims.</summary>
    public static FieldSet Claimed(JsonObject config, SchemaNode schema)
    {
        var set = new FieldSet();
        Claim(set, config, schema);
        set.Member = false;
        return set;
    }

    public static FieldChanges Compare(JsonObject? before, JsonObject after, SchemaNode schema)
    {
        var changes = new FieldChanges(new(), new(), new());
        CompareMaps(before, after, schema, changes);
        changes.Added.Member = changes.Modified.Member = changes.Removed.Member = false;
        return changes;
    }

    /// <summary>What changed when nothing but one field of the root did.</summary>
    public static FieldChanges CompareField(string name, JsonNode? before, JsonNode? after, SchemaNode schema)
    {
        var changes = new FieldChanges(new(), new(), new());
        Child(before, before is not null, after, after is not null, schema.Member(name), "f:" + name, changes);
        return changes;
    }

    private static void Claim(FieldSet at, JsonNode? value, SchemaNode schema)
    {
        switch (value)
        {
            case JsonObject o when schema.IsGranular:
                foreach (var (name, member) in o)
                {
                    var child = new FieldSet();
                    Claim(child, member, schema.Member(name));
                    if (member is null or JsonObject { Count: 0 } || !schema.HasField(name))
                    {
                        child.Member = true;
                    }
                    at.Attach("f:" + name, child);
                }
                break;
            case JsonArray list when schema.IsGranular && schema.Kind == SchemaKind.List:
                foreach (var item in list)
                {
                    var child = at.Descend(ListItems.Step(item, schema));
                    if (schema.ListKind == ListKind.Map)
                    {
                        Claim(child, item, schema.Items!);
                    }
                    child.Member = true;
                }
                break;
            default:
                at.Member = true;
                break;
        }
    }

    private static void Compare(
        JsonNode? before,
        bool had,
        JsonNode? after,
        bool has,
        SchemaNode schema,
        FieldChanges at
    )
    {
        if (!schema.IsGranular || (IsHollow(before) && IsHollow(after)))
        {
            Leaf(before, had, after, has, at);
            return;
        }
        if (before is JsonArray || after is JsonArray)
        {
            if (schema.Kind != SchemaKind.List)
            {
                Leaf(before, had, after, has, at);
                return;
            }
            CompareLists(before as JsonArray, after as JsonArray, schema, at);
        }
        else if (before is JsonObject || after is JsonObject)
        {
            CompareMaps(before as JsonObject, after as JsonObject, schema, at);
        }
        else
        {
            Leaf(before, had, after, has, at);
            return;
        }
        if (!had)
        {
            at.Added.Member = true;
        }
        else if (!has)
        {
            at.Removed.Member = true;
        }
    }

    private static bool IsHollow(JsonNode? value) => value is null or JsonObject { Count: 0 } or JsonArray { Count: 0 };

    private static void Leaf(JsonNode? before, bool had, JsonNode? after, bool has, FieldChanges at)
    {
        if (!had)
        {
            at.Added.Member = has;
        }
        else if (!has)
        {
            at.Removed.Member = true;
        }
        else if (!JsonNode.DeepEquals(before, after))
        {
            at.Modified.Member = true;
        }
    }

    private static void CompareMaps(JsonObject? before, JsonObject? after, SchemaNode schema, FieldChanges at)
    {
        foreach (var (name, old) in before ?? [])
        {
            JsonNode? now = null;
            var has = after is not null && after.TryGetPropertyValue(name, out now);
            Child(old, had: true, now, has, schema.Member(name), "f:" + name, at);
        }
        foreach (var (name, now) in after ?? [])
        {
            if (before is null || !before.ContainsKey(name))
            {
                Child(null, had: false, now, has: true, schema.Member(name), "f:" + name, at);
            }
        }
    }

    private static void CompareLists(JsonArray? before, JsonArray? after, SchemaNode schema, FieldChanges at)
    {
        var old = ListItems.ByStep(before, schema);
        var now = ListItems.ByStep(after, schema);
        var items = schema.ListKind == ListKind.Set ? s_scalar : schema.Items!;
        foreach (var (step, item) in old)
        {
            var has = now.TryGetValue(step, out var kept);
            Child(item, had: true, kept, has, items, step, at);
        }
        foreach (var (step, item) in now)
        {
            if (!old.ContainsKey(step))
            {
                Child(null, had: false, item, has: true, items, step, at);
            }
        }
    }

    private static readonly SchemaNode s_scalar = new() { Kind = SchemaKind.String };

    private static void Child(
        JsonNode? before,
        bool had,
        JsonNode? after,
        bool has,
        SchemaNode schema,
        string step,
        FieldChanges at
    )
    {
        var changes = new FieldChanges(new(), new(), new());
        Compare(before, had, after, has, schema, changes);
        at.Added.Attach(step, changes.Added);
        at.Modified.Attach(step, changes.Modified);
        at.Removed.Attach(step, changes.Removed);
    }
}
