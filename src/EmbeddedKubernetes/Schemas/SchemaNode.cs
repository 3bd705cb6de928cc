namespace EmbeddedKubernetes.Schemas;

internal enum SchemaKind
{
    /// <summary>Anything; merged field by field where it is an object.</summary>
    Any,
    Object,
    Map,
    List,
    String,
    Integer,
    Number,
    Boolean,
    IntOrString,
    Quantity,
    Bytes,
    Time,
}

internal enum ListKind
{
    Atomic,
    Set,
    Map,
}

/// <summary>A field of an object type.</summary>
internal sealed record SchemaField(string Name, SchemaNode Node)
{
    public bool Required { get; init; }

    public JsonNode? Default { get; init; }

    /// <summary>A strategic merge drops fields of the value that the patch does not name.</summary>
    public bool RetainKeys { get; init; }

    public string Description { get; init; } = "";
}

/// <summary>What a value may look like and how it is merged; the same for built-in kinds and custom resources.</summary>
internal sealed class SchemaNode
{
    public static readonly SchemaNode Anything = new() { Kind = SchemaKind.Any, PreserveUnknown = true };

    private readonly Func<Dictionary<string, SchemaField>>? _load;
    private Dictionary<string, SchemaField>? _fields;
    private SchemaField[]? _defaulted;

    public required SchemaKind Kind { get; init; }

    /// <summary>The name of a built-in object type, such as <c>PodSpec</c>.</summary>
    public string? TypeName { get; init; }

    /// <summary>Group and version the built-in type belongs to.</summary>
    public string? TypeGroup { get; init; }

    /// <summary>Owned and replaced as a whole by server-side apply.</summary>
    public bool Atomic { get; init; }

    /// <summary>What a list or map holds.</summary>
    public SchemaNode? Items { get; init; }

    public ListKind ListKind { get; init; }

    /// <summary>The fields that tell the items of an associative list apart.</summary>
    public string[] Keys { get; init; } = [];

    /// <summary>A strategic merge patch merges this list instead of replacing it.</summary>
    public bool PatchMerge { get; init; }

    /// <summary>The key a strategic merge uses; null for lists of scalars.</summary>
    public string? PatchKey { get; init; }

    public string[] Enum { get; init; } = [];

    /// <summary>The width of an integer: int32 or int64.</summary>
    public string? Format { get; init; }

    public bool PreserveUnknown { get; init; }

    public bool Nullable { get; init; }

    /// <summary>The value is itself an API object with apiVersion, kind and metadata.</summary>
    public bool EmbeddedResource { get; init; }

    /// <summary>The custom resource's own schema, for the rules that are checked as they stand there.</summary>
    public JsonObject? Rules { get; init; }

    public string Description { get; init; } = "";

    public Dictionary<string, SchemaField> Fields
    {
        get => _fields ?? Load();
        init => _fields = value;
    }

    // Several threads may ask for the first time: all get what the first of them has read.
    private Dictionary<string, SchemaField> Load()
    {
        Interlocked.CompareExchange(ref _fields, _load?.Invoke() ?? [], null);
        return _fields;
    }

    /// <summary>The fields that have a default; few of many.</summary>
    public SchemaField[] Defaulted => _defaulted ??= [.. Fields.Values.Where(f => f.Default is not null)];

    /// <summary>Fields are read when first asked for, so that a server starts without knowing every type.</summary>
    public Func<Dictionary<string, SchemaField>> LazyFields
    {
        init => _load = value;
    }

    /// <summary>True for objects and maps whose fields are owned one by one.</summary>
    public bool IsGranular =>
        Kind switch
        {
            SchemaKind.Object or SchemaKind.Map or SchemaKind.Any => !Atomic,
            SchemaKind.List => ListKind != ListKind.Atomic,
            _ => false,
        };

    /// <summary>The schema of the value under <paramref name="name"/>.</summary>
    public SchemaNode Member(string name) =>
        Kind == SchemaKind.Map ? Items ?? Anything
        : Fields.TryGetValue(name, out var field) ? field.Node
        : Items ?? Anything;

    public bool HasField(string name) => Kind != SchemaKind.Map && Fields.ContainsKey(name);
}
