using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Ownership;

/// <summary>Lays an applied configuration over the live object, and takes out what its manager gave up.</summary>
internal static class ApplyMerge
{
    public static JsonNode? Merge(JsonNode? live, JsonNode? config, SchemaNode schema)
    {
        if (live is null || !schema.IsGranular)
        {
            return config?.DeepClone();
        }
        switch (live, config)
        {
            case (JsonObject a, JsonObject b):
                var merged = new JsonObject();
                foreach (var (name, old) in a)
                {
                    merged[name] = b.TryGetPropertyValue(name, out var wanted)
                        ? Merge(old, wanted, schema.Member(name))
                        : old?.DeepClone();
                }
                foreach (var (name, wanted) in b)
                {
                    if (!a.ContainsKey(name))
                    {
                        merged[name] = wanted?.DeepClone();
                    }
                }
                return merged;
            case (JsonArray a, JsonArray b) when schema.Kind == SchemaKind.List:
                return MergeLists(a, b, schema);
            default:
                return config?.DeepClone();
        }
    }

    /// <summary>
    /// Removes from <paramref name="merged"/> what is in <paramref name="last"/> (the manager's former claim) and in
    /// nobody's present claim.
    /// </summary>
    public static void Prune(JsonNode? merged, SchemaNode schema, FieldSet last, FieldSet owned)
    {
        if (!schema.IsGranular)
        {
            return;
        }
        if (merged is JsonObject o)
        {
            foreach (var (name, member) in o.ToList())
            {
                var step = "f:" + name;
                if (last.Find(step) is not { } was)
                {
                    continue;
                }
                var declared = schema.HasField(name);
                var now = owned.Find(step);
                if (IsIn(was, declared) && !IsIn(now, declared))
                {
                    o.Remove(name);
                }
                else if (member is JsonObject or JsonArray)
                {
                    Prune(member, schema.Member(name), was, now ?? new());
                    if (
                        member is JsonObject { Count: 0 } or JsonArray { Count: 0 }
                        && now is not { Member: true }
                        && was.HasChildren
                    )
                    {
                        o.Remove(name);
                    }
                }
            }
        }
        else if (merged is JsonArray list && schema.Kind == SchemaKind.List)
        {
            for (var i = list.Count - 1; i >= 0; i--)
            {
                var step = ListItems.Step(list[i], schema);
                if (last.Find(step) is not { } was)
                {
                    continue;
                }
                var now = owned.Find(step);
                if (was.Member && now is not { Member: true })
                {
                    list.RemoveAt(i);
                }
                else if (list[i] is JsonObject)
                {
                    Prune(list[i], schema.Items!, was, now ?? new());
                }
            }
        }
    }

    // A declared field counts as claimed when anything inside it is.
    private static bool IsIn(FieldSet? set, bool declared) =>
        set is not null && (set.Member || (declared && set.HasChildren));

    private static JsonArray MergeLists(JsonArray live, JsonArray config, SchemaNode schema)
    {
        var old = ListItems.ByStep(live, schema);
        var wanted = ListItems.ByStep(config, schema);
        var oldSteps = live.Select(i => ListItems.Step(i, schema)).ToList();
        var wantedSteps = config.Select(i => ListItems.Step(i, schema)).ToList();
        var merged = new JsonArray();
        var done = new HashSet<string>(StringComparer.Ordinal);
        var (i, j) = (0, 0);
        // Items only one side has keep their place beside their neighbours; for shared items the applied order wins.
        while (i < oldSteps.Count || j < wantedSteps.Count)
        {
            if (i < oldSteps.Count && (done.Contains(oldSteps[i]) || !wanted.ContainsKey(oldSteps[i])))
            {
                if (done.Add(oldSteps[i]))
                {
                    merged.Add(old[oldSteps[i]]?.DeepClone());
                }
                i++;
            }
            else if (j < wantedSteps.Count)
            {
                var step = wantedSteps[j++];
                if (done.Add(step))
                {
                    merged.Add(
                        old.TryGetValue(step, out var was)
                            ? Merge(was, wanted[step], schema.ListKind == ListKind.Set ? schema : schema.Items!)
                            : wanted[step]?.DeepClone()
                    );
                }
            }
            else
            {
                i++;
            }
        }
        return merged;
    }
}
