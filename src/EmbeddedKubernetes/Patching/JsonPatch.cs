namespace EmbeddedKubernetes.Patching;

/// <summary>JSON patch (RFC 6902).</summary>
internal static class JsonPatch
{
    // The limits of a real API server: a few copies of copies would fill the process.
    private const int MaxOperations = 10_000;
    private const long MaxCopied = 3 * 1024 * 1024;

    /// <exception cref="PatchException">An operation is malformed, names a missing path, or a test fails.</exception>
    /// <exception cref="ApiException">The patch has too many operations, or copies too much.</exception>
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonArray operations)
        {
            throw new PatchException("a JSON patch is an array of operations", malformed: true);
        }
        if (operations.Count > MaxOperations)
        {
            throw ApiException.TooLarge(
                $"The allowed maximum operations in a JSON patch is {MaxOperations}, got {operations.Count}"
            );
        }
        var copied = 0L;
        foreach (var item in operations)
        {
            target = Step(target, item, ref copied);
        }
        return target;
    }

    private static JsonNode? Step(JsonNode? target, JsonNode? item, ref long copied)
    {
        var path = item.Str("path") ?? throw new PatchException("an operation has no path", malformed: true);
        var to = Pointer(path);
        switch (item.Str("op"))
        {
            case "add":
                return Add(target, to, path, Value(item));
            case "remove":
                return Remove(target, to, path);
            case "replace":
                Find(target, to, path);
                return Add(to.Length == 0 ? target : Remove(target, to, path), to, path, Value(item));
            case "move":
                var from = item.Str("from") ?? throw new PatchException("a move has no from", malformed: true);
                if (path.StartsWith(from + "/", StringComparison.Ordinal))
                {
                    throw new PatchException($"{from} cannot move into itself", malformed: true);
                }
                var moved = Find(target, Pointer(from), from)?.DeepClone();
                return Add(Remove(target, Pointer(from), from), to, path, moved);
            case "copy":
                var source = item.Str("from") ?? throw new PatchException("a copy has no from", malformed: true);
                var found = Find(target, Pointer(source), source);
                copied += found.Text().Length;
                if (copied > MaxCopied)
                {
                    throw ApiException.TooLarge($"the copies of a JSON patch have at most {MaxCopied} bytes");
                }
                return Add(target, to, path, found?.DeepClone());
            case "test":
                if (!JsonNode.DeepEquals(Find(target, to, path), Value(item)))
                {
                    throw new PatchException(
                        $"testing value {path} failed: it is {Find(target, to, path).Text()}",
                        malformed: false
                    );
                }
                return target;
            default:
                throw new PatchException($"unknown operation {item.Str("op")}", malformed: true);
        }
    }

    private static JsonNode? Value(JsonNode? item) =>
        item is JsonObject o && o.TryGetPropertyValue("value", out var value)
            ? value?.DeepClone()
            : throw new PatchException("an operation has no value", malformed: true);

    private static string[] Pointer(string path)
    {
        if (path.Length == 0)
        {
            return [];
        }
        if (path[0] != '/')
        {
            throw new PatchException($"the path {path} does not begin with a slash", malformed: true);
        }
        var steps = path[1..].Split('/');
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = steps[i]
                .Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
        }
        return steps;
    }

    private static JsonNode? Find(JsonNode? at, ReadOnlySpan<string> steps, string path)
    {
        foreach (var step in steps)
        {
            at = at switch
            {
                JsonObject o when o.TryGetPropertyValue(step, out var member) => member,
                JsonArray a => a[Index(a, step, path, last: a.Count - 1)],
                _ => throw Missing(path),
            };
        }
        return at;
    }

    private static JsonNode? Add(JsonNode? root, string[] steps, string path, JsonNode? value)
    {
        // The document is never deeper than what this lets in: nobody after it has to look.
        if (steps.Length + value.Height() > JsonAccess.MaxDepth)
        {
            throw new PatchException($"the value at {path} would be nested too deeply", malformed: false);
        }
        if (steps.Length == 0)
        {
            return value;
        }
        switch (Find(root, steps.AsSpan(0, steps.Length - 1), path))
        {
            case JsonObject o:
                o[steps[^1]] = value;
                break;
            case JsonArray a:
                a.Insert(steps[^1] == "-" ? a.Count : Index(a, steps[^1], path, last: a.Count), value);
                break;
            default:
                throw Missing(path);
        }
        return root;
    }

    private static JsonNode? Remove(JsonNode? root, string[] steps, string path)
    {
        if (steps.Length == 0)
        {
            return null;
        }
        switch (Find(root, steps.AsSpan(0, steps.Length - 1), path))
        {
            case JsonObject o when o.Remove(steps[^1]):
                return root;
            case JsonArray a:
                a.RemoveAt(Index(a, steps[^1], path, last: a.Count - 1));
                return root;
            default:
                throw Missing(path);
        }
    }

    private static int Index(JsonArray array, string step, string path, int last)
    {
        if (
            !int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            || (step.Length > 1 && step[0] == '0')
            || index > last
        )
        {
            throw new PatchException($"the path {path} points outside an array of {array.Count}", malformed: false);
        }
        return index;
    }

    private static PatchException Missing(string path) => new($"the path {path} does not exist", malformed: false);
}
