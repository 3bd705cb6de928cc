using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Resources;

/// <summary>Where the scale subresource finds its numbers, as simple JSON paths such as <c>.spec.replicas</c>.</summary>
internal sealed record ScalePaths(string SpecReplicas, string StatusReplicas, string? Selector);

/// <summary>A column a custom resource definition declares.</summary>
internal sealed record PrinterColumn(
    string Name,
    string Type,
    string JsonPath,
    int Priority,
    string Description,
    string Format
);

/// <summary>A kind served under one group and version.</summary>
internal sealed class ResourceType
{
    private SchemaNode? _schema;
    private byte[]? _jsonBeginning;

    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Kind { get; init; }

    public required string Plural { get; init; }

    public required string Singular { get; init; }

    public string? ListKindName { get; init; }

    public string[] ShortNames { get; init; } = [];

    public string[] Categories { get; init; } = [];

    public bool Namespaced { get; init; } = true;

    public bool HasStatus { get; init; }

    /// <summary>metadata.generation counts the changes of the specification.</summary>
    public bool HasGeneration { get; init; }

    public ScalePaths? Scale { get; init; }

    /// <summary>Defined by a CustomResourceDefinition.</summary>
    public bool IsCustom { get; init; }

    /// <summary>Answers a question on create and stores nothing, like SelfSubjectAccessReview.</summary>
    public bool CreateOnly { get; init; }

    public PrinterColumn[] Columns { get; init; } = [];

    public required Func<SchemaNode> LoadSchema { get; init; }

    public SchemaNode Schema => _schema ??= LoadSchema();

    /// <summary>The resource objects are stored under; several versions, and the two Event kinds, share one.</summary>
    public required string Storage { get; init; }

    /// <summary>The apiVersion objects are stored with.</summary>
    public required string StorageApiVersion { get; init; }

    /// <summary>Turns a stored object into this version; null when only apiVersion differs.</summary>
    public Func<JsonObject, JsonObject>? FromStorage { get; init; }

    /// <summary>Turns an object of this version into the stored one; null when only apiVersion differs.</summary>
    public Func<JsonObject, JsonObject>? ToStorage { get; init; }

    public string ApiVersion => Group.Length == 0 ? Version : Group + "/" + Version;

    public string ListKind => ListKindName ?? Kind + "List";

    /// <summary>The resource with its group, as error messages name it: <c>deployments.apps</c>.</summary>
    public string QualifiedPlural => Group.Length == 0 ? Plural : Plural + "." + Group;

    public string QualifiedKind => Group.Length == 0 ? Kind : Kind + "." + Group;

    public bool NeedsConversion => StorageApiVersion != ApiVersion || FromStorage is not null;

    public string[] Verbs =>
        CreateOnly ? ["create"] : ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// <summary>What the JSON of an object begins with when it names its kind first.</summary>
    public byte[] JsonBeginning =>
        _jsonBeginning ??= Encoding.UTF8.GetBytes($$"""{"apiVersion":"{{ApiVersion}}","kind":"{{Kind}}",""");

    public ObjectKey Key(string ns, string name) => new(Storage, Namespaced ? ns : "", name);

    /// <summary>A stored object as this version shows it.</summary>
    public JsonObject Present(StoredObject stored) => Present(stored.Read());

    public JsonObject Present(JsonObject value)
    {
        if (!NeedsConversion || value.Str("apiVersion") == ApiVersion)
        {
            return value;
        }
        value = FromStorage?.Invoke(value) ?? value;
        value["apiVersion"] = ApiVersion;
        value["kind"] = Kind;
        return value;
    }

    public JsonObject Store(JsonObject value)
    {
        if (!NeedsConversion)
        {
            return value;
        }
        value = ToStorage?.Invoke(value) ?? value;
        value["apiVersion"] = StorageApiVersion;
        return value;
    }
}
