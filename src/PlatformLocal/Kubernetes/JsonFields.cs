namespace PlatformLocal.Kubernetes;

/// <summary>Reads fields of objects whose shape nobody guarantees: what is missing or of another type is <see langword="null"/>.</summary>
public static class JsonFields
{
    /// <summary>A field that is an object; <see langword="null"/> when it is missing or of another type.</summary>
    public static JsonObject? Child(this JsonObject? node, string name) => node.Field(name) as JsonObject;

    /// <summary>A field that is a text; <see langword="null"/> when it is missing or of another type.</summary>
    public static string? Text(this JsonObject? node, string name) =>
        node.Field(name) is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>A field that is true or false; <see langword="null"/> when it is missing or of another type.</summary>
    public static bool? Flag(this JsonObject? node, string name) =>
        node.Field(name) is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;

    /// <summary>A field that is a number, without its fraction; <see langword="null"/> when it is missing or of another type.</summary>
    public static long? Number(this JsonObject? node, string name)
    {
        if (node.Field(name) is not JsonValue value)
        {
            return null;
        }
        return value.TryGetValue(out long number) ? number
            : value.TryGetValue(out int small) ? small
            : value.TryGetValue(out double real) && Math.Abs(real) < long.MaxValue ? (long)real
            : null;
    }

    /// <summary>The objects of an array, others left out.</summary>
    public static IEnumerable<JsonObject> Items(this JsonObject? node, string name) =>
        node.Field(name) is JsonArray array ? array.OfType<JsonObject>() : [];

    /// <summary>The texts of an array, others left out.</summary>
    public static IEnumerable<string> Texts(this JsonObject? node, string name) =>
        node.Field(name) is JsonArray array
            ? array
                .OfType<JsonValue>()
                .Select(value => value.TryGetValue(out string? text) ? text : null)
                .OfType<string>()
            : [];

    /// <summary>An object's <c>metadata</c>.</summary>
    public static JsonObject? Metadata(this JsonObject? node) => node.Child("metadata");

    /// <summary>The value of one of an object's labels.</summary>
    public static string? Label(this JsonObject? node, string name) => node.Metadata().Child("labels").Text(name);

    /// <summary>The value of one of an object's annotations.</summary>
    public static string? Annotation(this JsonObject? node, string name) =>
        node.Metadata().Child("annotations").Text(name);

    /// <summary>An object's <c>metadata.resourceVersion</c>.</summary>
    public static string? ResourceVersion(this JsonObject? node) => node.Metadata().Text("resourceVersion");

    /// <summary>An object's <c>metadata.uid</c>.</summary>
    public static string? Uid(this JsonObject? node) => node.Metadata().Text("uid");

    /// <summary>Whether an object is being deleted.</summary>
    public static bool IsTerminating(this JsonObject? node) => node.Metadata().Text("deletionTimestamp") is not null;

    /// <summary>
    /// What an object that is being deleted waits for, such as <c>waits for the finalizer a/b</c>; <see langword="null"/> when
    /// it has no finalizers.
    /// </summary>
    public static string? Awaited(this JsonObject? node) =>
        node.Metadata().Texts("finalizers").ToList() is { Count: > 0 } finalizers
            ? $"waits for the {Counted.Named(finalizers, "finalizer")}"
            : null;

    /// <summary>The entry of <c>status.conditions</c> of a type.</summary>
    public static JsonObject? Condition(this JsonObject? node, string type) =>
        node.Child("status").Items("conditions").FirstOrDefault(condition => condition.Text("type") == type);

    private static JsonNode? Field(this JsonObject? node, string name) =>
        node is not null && node.TryGetPropertyValue(name, out JsonNode? value) ? value : null;
}
