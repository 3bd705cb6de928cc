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
    public string? Text(string name, bool required = false) =>
        Find(name, required, "a text", IsText)?.GetValue<string>();

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
    public bool? Boolean(string name) =>
        Find(name, false, "true or false", n => n.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
            ?.GetValue<bool>();

    /// <summary>A whole number, or <see langword="null"/> when absent or faulty.</summary>
    public int? Number(string name) =>
        Find(name, false, "a whole number", n => n is JsonValue value && value.TryGetValue<int>(out _))
            ?.GetValue<int>();

    /// <summary>An object's reader, or <see langword="null"/> when absent or faulty.</summary>
    public ObjectReader? Section(string name, bool required = false) =>
        ObjectNode(name, required) is { } found ? new ObjectReader(found, _faults, PathOf(name)) : null;

    /// <summary>An object as it stands, for properties whose names are data.</summary>
    public JsonObject? ObjectNode(string name, bool required = false) =>
        Find(name, required, "an object", n => n is JsonObject) as JsonObject;

    /// <summary>A list of texts; empty when absent.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        const int most = 3;
        if (Find(name, false, "a list of texts", n => n is JsonArray) is not JsonArray list)
        {
            return [];
        }

        var others = list.Where(e => !IsText(e)).ToList();
        if (others.Count == 0)
        {
            return [.. list.Select(e => e!.GetValue<string>())];
        }

        var told = string.Join(", ", others.Take(most).Select(KindOf)) + (others.Count > most ? ", …" : "");
        var advice = others.Exists(e => e?.GetValueKind() == JsonValueKind.Number)
            ? ": write each in quotes, a number loses the zeros at its end"
            : "";
        Fault(name, $"must be a list of texts, and has {told}{advice}");
        return [];
    }

    /// <summary>A list of objects; empty when absent.</summary>
    public IReadOnlyList<ObjectReader> Objects(string name) =>
        Find(name, false, "a list of objects", n => n is JsonArray list && list.All(e => e is JsonObject))
            is JsonArray found
            ? [.. found.Select((e, i) => new ObjectReader((JsonObject)e!, _faults, $"{PathOf(name)}[{i}]"))]
            : [];

    /// <summary>A map of names to texts; empty when absent.</summary>
    public IReadOnlyDictionary<string, string> TextMap(string name)
    {
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in ObjectNode(name) ?? [])
        {
            if (IsText(value))
            {
                map[key] = value!.GetValue<string>();
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

    private static bool IsText(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String;

    private JsonNode? Find(string name, bool required, string wanted, Func<JsonNode, bool> fits)
    {
        _known.Add(name);
        if (_object.TryGetPropertyValue(name, out var found) && found is not null)
        {
            if (fits(found))
            {
                return found;
            }

            Fault(name, $"must be {wanted}, and is {KindOf(found)}");
        }
        else if (required)
        {
            Fault(name, "is required");
        }

        return null;
    }
}
