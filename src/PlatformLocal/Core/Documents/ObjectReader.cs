using PlatformLocal.Core.Text;

namespace PlatformLocal.Core.Documents;

/// <summary>
/// Reads the properties of one object strictly: each is asked for by name with the type it must have, faults are
/// collected with their paths, and <see cref="RefuseOthers"/> makes a fault of everything nobody asked for.
/// </summary>
public sealed class ObjectReader
{
    private readonly JsonObject _object;
    private readonly string _path;
    private readonly ICollection<Fault> _faults;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>A reader of one object.</summary>
    /// <param name="source">The object.</param>
    /// <param name="faults">Collects what is wrong.</param>
    /// <param name="path">Where the object is in its document; empty for the document itself.</param>
    public ObjectReader(JsonObject source, ICollection<Fault> faults, string path = "")
    {
        _object = source;
        _path = path;
        _faults = faults;
    }

    /// <summary>The path of a property of this object.</summary>
    public string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    /// <summary>Makes a fault of a property.</summary>
    /// <param name="name">The property.</param>
    /// <param name="message">What is wrong, as it goes on after the path.</param>
    public void Fault(string name, string message) => _faults.Add(new Fault(PathOf(name), message));

    /// <summary>A text, or <see langword="null"/> when absent or faulty.</summary>
    public string? Text(string name, bool required = false)
    {
        switch (Find(name, required))
        {
            case null:
                return null;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                return value.GetValue<string>();
            case var other:
                Fault(name, $"must be a text, and is {KindOf(other)}");
                return null;
        }
    }

    /// <summary>A text that must be one of a few.</summary>
    public string? OneOf(string name, IReadOnlyList<string> allowed, bool required = false)
    {
        var text = Text(name, required);
        if (text is null || allowed.Contains(text, StringComparer.Ordinal))
        {
            return text;
        }

        Fault(name, $"'{text}' is not one of: {string.Join(", ", allowed)}");
        return null;
    }

    /// <summary>True or false, or <see langword="null"/> when absent or faulty.</summary>
    public bool? Boolean(string name)
    {
        switch (Find(name, required: false))
        {
            case null:
                return null;
            case JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False:
                return value.GetValue<bool>();
            case var other:
                Fault(name, $"must be true or false, and is {KindOf(other)}");
                return null;
        }
    }

    /// <summary>A whole number, or <see langword="null"/> when absent or faulty.</summary>
    public int? Number(string name)
    {
        switch (Find(name, required: false))
        {
            case null:
                return null;
            case JsonValue value when value.TryGetValue<int>(out var number):
                return number;
            case var other:
                Fault(name, $"must be a whole number, and is {KindOf(other)}");
                return null;
        }
    }

    /// <summary>An object's reader, or <see langword="null"/> when absent or faulty.</summary>
    public ObjectReader? Section(string name, bool required = false) =>
        ObjectNode(name, required) is { } found ? new ObjectReader(found, _faults, PathOf(name)) : null;

    /// <summary>An object as it stands, for properties whose names are data.</summary>
    public JsonObject? ObjectNode(string name, bool required = false)
    {
        switch (Find(name, required))
        {
            case null:
                return null;
            case JsonObject found:
                return found;
            case var other:
                Fault(name, $"must be an object, and is {KindOf(other)}");
                return null;
        }
    }

    /// <summary>A list of texts; empty when absent.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        switch (Find(name, required: false))
        {
            case null:
                return [];
            case JsonArray list when list.All(e => e?.GetValueKind() == JsonValueKind.String):
                return [.. list.Select(e => e!.GetValue<string>())];
            case var other:
                Fault(name, $"must be a list of texts, and is {KindOf(other)}");
                return [];
        }
    }

    /// <summary>A list of objects; empty when absent.</summary>
    public IReadOnlyList<ObjectReader> Objects(string name)
    {
        switch (Find(name, required: false))
        {
            case null:
                return [];
            case JsonArray list when list.All(e => e is JsonObject):
                return [.. list.Select((e, i) => new ObjectReader((JsonObject)e!, _faults, $"{PathOf(name)}[{i}]"))];
            case var other:
                Fault(name, $"must be a list of objects, and is {KindOf(other)}");
                return [];
        }
    }

    /// <summary>A map of names to texts; empty when absent.</summary>
    public IReadOnlyDictionary<string, string> TextMap(string name)
    {
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in ObjectNode(name) ?? [])
        {
            if (value?.GetValueKind() == JsonValueKind.String)
            {
                map[key] = value.GetValue<string>();
            }
            else
            {
                Fault($"{name}.{key}", $"must be a text, and is {KindOf(value)}");
            }
        }

        return map;
    }

    /// <summary>Makes a fault of every property that was not asked for, with the nearest known name.</summary>
    public void RefuseOthers()
    {
        foreach (var (name, _) in _object)
        {
            if (!_known.Contains(name))
            {
                var near = Nearest.To(name, _known);
                Fault(
                    name,
                    near.Count > 0
                        ? $"is not a known field; did you mean {near[0]}?"
                        : $"is not a known field; known are: {string.Join(", ", _known.Order(StringComparer.Ordinal))}"
                );
            }
        }
    }

    /// <summary>What a value is, for people.</summary>
    public static string KindOf(JsonNode? node) =>
        node?.GetValueKind() switch
        {
            null or JsonValueKind.Null => "null",
            JsonValueKind.Array => "a list",
            JsonValueKind.Object => "an object",
            JsonValueKind.String => "a text",
            JsonValueKind.Number => $"the number {node.ToJsonString()}",
            _ => node.ToJsonString(),
        };

    private JsonNode? Find(string name, bool required)
    {
        _known.Add(name);
        if (_object.TryGetPropertyValue(name, out var found) && found is not null)
        {
            return found;
        }

        if (required)
        {
            Fault(name, "is required");
        }

        return null;
    }
}
