namespace EmbeddedKubernetes.Patching;

/// <summary>JSON merge patch (RFC 7386).</summary>
internal static class MergePatch
{
    /// <summary>Returns the patched value; <paramref name="target"/> is changed in place where it is an object.</summary>
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }
        var result = target as JsonObject ?? [];
        foreach (var (name, change) in changes)
        {
            if (change is null)
            {
                result.Remove(name);
                continue;
            }
            result.TryGetPropertyValue(name, out var old);
            var made = Apply(old, change);
            if (!ReferenceEquals(made, old))
            {
                result[name] = made;
            }
        }
        return result;
    }
}
