namespace EmbeddedKubernetes.Ownership;

/// <summary>
/// A set of field paths as a tree. Steps are written as in <c>fieldsV1</c>: <c>f:name</c> for a field, <c>k:{…}</c> for a
/// list item by its keys, <c>v:…</c> for a set's value.
/// </summary>
internal sealed class FieldSet
{
    private SortedDictionary<string, FieldSet>? _children;

    /// <summary>The path to this node is itself in the set.</summary>
    public bool Member { get; set; }

    public bool IsEmpty => !Member && (_children is null || _children.Count == 0);

    public bool HasChildren => _children is { Count: > 0 };

    public IEnumerable<KeyValuePair<string, FieldSet>> Children => _children ?? [];

    public FieldSet? Find(string step) => _children?.GetValueOrDefault(step);

    public FieldSet Descend(string step)
    {
        _children ??= new(StringComparer.Ordinal);
        if (!_children.TryGetValue(step, out var child))
        {
            _children[step] = child = new();
        }
        return child;
    }

    /// <summary>Keeps a child only if there is something in it.</summary>
    public void Attach(string step, FieldSet child)
    {
        if (!child.IsEmpty)
        {
            (_children ??= new(StringComparer.Ordinal))[step] = child;
        }
    }

    public void Remove(string step) => _children?.Remove(step);

    public FieldSet Union(FieldSet other)
    {
        var result = new FieldSet { Member = Member || other.Member };
        foreach (var (step, child) in Children)
        {
            result.Attach(step, other.Find(step) is { } match ? child.Union(match) : child);
        }
        foreach (var (step, child) in other.Children)
        {
            if (Find(step) is null)
            {
                result.Attach(step, child);
            }
        }
        return result;
    }

    public FieldSet Intersect(FieldSet other)
    {
        var result = new FieldSet { Member = Member && other.Member };
        foreach (var (step, child) in Children)
        {
            if (other.Find(step) is { } match)
            {
                result.Attach(step, child.Intersect(match));
            }
        }
        return result;
    }

    public FieldSet Except(FieldSet other)
    {
        var result = new FieldSet { Member = Member && !other.Member };
        foreach (var (step, child) in Children)
        {
            result.Attach(step, other.Find(step) is { } match ? child.Except(match) : child);
        }
        return result;
    }

    public bool SameAs(FieldSet other) => Except(other).IsEmpty && other.Except(this).IsEmpty;

    public JsonObject ToFieldsV1()
    {
        var json = new JsonObject();
        if (Member && HasChildren)
        {
            json["."] = new JsonObject();
        }
        foreach (var (step, child) in Children)
        {
            json[step] = child.ToFieldsV1();
        }
        return json;
    }

    public static FieldSet FromFieldsV1(JsonObject? json, bool root = true)
    {
        var set = new FieldSet();
        if (json is null)
        {
            return set;
        }
        // An empty object stands for the path itself; otherwise only "." does.
        set.Member = !root && json.Count == 0;
        foreach (var (step, value) in json)
        {
            if (step == ".")
            {
                set.Member = !root;
            }
            else
            {
                set.Attach(step, FromFieldsV1(value as JsonObject, root: false));
            }
        }
        return set;
    }

    /// <summary>Every path in the set, as conflict messages write them: <c>.spec.containers[name="a"].image</c>.</summary>
    public IEnumerable<string> Paths(string prefix = "")
    {
        if (Member)
        {
            yield return prefix;
        }
        foreach (var (step, child) in Children)
        {
            foreach (var path in child.Paths(prefix + Show(step)))
            {
                yield return path;
            }
        }
    }

    private static string Show(string step)
    {
        if (step.StartsWith("f:", StringComparison.Ordinal))
        {
            return "." + step[2..];
        }
        if (step.StartsWith("v:", StringComparison.Ordinal))
        {
            return "[=" + step[2..] + "]";
        }
        if (!step.StartsWith("k:", StringComparison.Ordinal) || JsonNode.Parse(step[2..]) is not JsonObject keys)
        {
            return "[" + step[2..] + "]";
        }
        var text = new StringBuilder("[");
        foreach (var (name, value) in keys)
        {
            text.Append(text.Length > 1 ? "," : "").Append(name).Append('=').Append(value.Text());
        }
        return text.Append(']').ToString();
    }
}
