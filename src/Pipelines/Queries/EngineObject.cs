namespace Pipelines.Queries;

/// <summary>An object of the engine: nothing is asked for until one of its values is awaited.</summary>
public abstract class EngineObject
{
    private string? _id;

    private protected EngineObject(Query query, string? id = null)
    {
        Query = query;
        _id = id;
    }

    /// <summary>The query that leads to this object: the way to fields that have no method here.</summary>
    public Query Query { get; }

    /// <summary>The id, where it is known already.</summary>
    internal string? KnownId
    {
        get => Volatile.Read(ref _id);
        set => Volatile.Write(ref _id, value);
    }

    /// <summary>The engine's id of this object.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="EngineException">The engine fails on the way to the object.</exception>
    public async Task<string> IdAsync(CancellationToken cancellationToken = default) =>
        KnownId ??= (await Query.Select("id").ReadAsync(cancellationToken)).GetString()!;

    /// <summary>As <see cref="IdAsync"/>, and blocks meanwhile.</summary>
    internal string Id(CancellationToken cancellationToken) =>
        KnownId ??= Query.Select("id").Read(cancellationToken).GetString()!;
}

/// <summary>An object of the engine whose C# type is known.</summary>
/// <typeparam name="T">The type itself.</typeparam>
public interface IEngineObject<out T>
{
    /// <summary>The type's name in the engine's schema.</summary>
    static abstract string TypeName { get; }

    /// <summary>The object that a query leads to.</summary>
    /// <param name="query">The query.</param>
    /// <param name="id">The object's id, where it is known already.</param>
    static abstract T Of(Query query, string? id = null);
}
