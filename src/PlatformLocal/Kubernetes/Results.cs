namespace PlatformLocal.Kubernetes;

/// <summary>A consistent list of objects.</summary>
/// <param name="Items">The objects.</param>
/// <param name="ResourceVersion">The state they were in, from which a watch can go on.</param>
public sealed record ObjectList(IReadOnlyList<JsonObject> Items, string ResourceVersion);

/// <summary>What server-side apply did.</summary>
/// <param name="Item">The object as it is now.</param>
/// <param name="IsCreated">Whether it did not exist before.</param>
public sealed record ApplyResult(JsonObject Item, bool IsCreated);

/// <summary>What a watch tells.</summary>
public enum WatchEventKind
{
    /// <summary>The object is there, or new.</summary>
    Added,

    /// <summary>The object changed.</summary>
    Modified,

    /// <summary>The object is gone; it is told in its last known state.</summary>
    Deleted,

    /// <summary>All objects there are have been told; only <c>metadata.resourceVersion</c> is set.</summary>
    Synced,
}

/// <summary>One event of a watch.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Item">The object.</param>
public readonly record struct WatchEvent(WatchEventKind Kind, JsonObject Item);

/// <summary>What a server is.</summary>
/// <param name="GitVersion">Its version as its makers write it, such as <c>v1.34.1</c>.</param>
/// <param name="Major">The first number.</param>
/// <param name="Minor">The second number.</param>
public sealed record ServerVersion(string GitVersion, int Major, int Minor);
