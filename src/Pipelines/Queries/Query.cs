using System.Text.Json;

namespace Pipelines.Queries;

/// <summary>A chain of fields with arguments: immutable, and without effect until it is read.</summary>
public sealed class Query
{
    private Query(QueryTransport transport, Query? parent, string field, IReadOnlyList<QueryArgument> arguments)
    {
        Transport = transport;
        Parent = parent;
        Field = field;
        Arguments = arguments;
    }

    internal QueryTransport Transport { get; }

    internal Query? Parent { get; }

    /// <summary>The field; of the root and of a type condition, something else.</summary>
    internal string Field { get; }

    internal IReadOnlyList<QueryArgument> Arguments { get; }

    internal bool IsRoot => Parent is null;

    /// <summary>Whether this step only says which type the object before it has.</summary>
    internal bool IsTypeCondition => Field.StartsWith("... on ", StringComparison.Ordinal);

    internal static Query Root(QueryTransport transport) => new(transport, null, "", []);

    /// <summary>The chain with one more field.</summary>
    /// <param name="field">The field's name in the engine's schema.</param>
    /// <param name="arguments">
    /// Names and values: texts, numbers, booleans, enum members, <see cref="EngineObject"/>s (sent as ids),
    /// <see cref="InputObject"/>s and lists of these. An argument of <see langword="null"/> is left out.
    /// </param>
    public Query Select(string field, params ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        var given = new List<QueryArgument>(arguments.Length);
        foreach (var (name, value) in arguments)
        {
            if (value is not null)
            {
                given.Add(new QueryArgument(name, value));
            }
        }

        return new Query(Transport, this, field, given);
    }

    /// <summary>The object that this chain leads to.</summary>
    /// <typeparam name="T">The object's type.</typeparam>
    public T As<T>()
        where T : IEngineObject<T> => T.Of(this);

    /// <summary>An object of a known id.</summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="id">The id.</param>
    public T Load<T>(string id)
        where T : IEngineObject<T>
    {
        var root = this;
        while (root.Parent is { } parent)
        {
            root = parent;
        }

        return T.Of(root.Select("node", ("id", id)).Select("... on " + T.TypeName), id);
    }

    /// <summary>Sends the chain as one request, after the ids of objects among its arguments are known.</summary>
    /// <param name="cancellationToken">Stops waiting for the engine.</param>
    /// <returns>The value of the last field.</returns>
    /// <exception cref="EngineException">The engine refuses or fails.</exception>
    /// <exception cref="PipelineException">The session does not answer.</exception>
    public Task<JsonElement> ReadAsync(CancellationToken cancellationToken) =>
        QueryRunner.ReadAsync(this, "", cancellationToken);

    /// <summary>As <see cref="ReadAsync"/>, with several fields of the object that the chain leads to.</summary>
    /// <param name="fields">What stands between the braces.</param>
    /// <param name="cancellationToken">Stops waiting for the engine.</param>
    /// <returns>The object with these fields.</returns>
    /// <exception cref="EngineException">The engine refuses or fails.</exception>
    public Task<JsonElement> ReadFieldsAsync(string fields, CancellationToken cancellationToken) =>
        QueryRunner.ReadAsync(this, IsRoot ? fields : "{" + fields + "}", cancellationToken);

    /// <summary>As <see cref="ReadAsync"/>, and blocks meanwhile: for the one thread of a module's program.</summary>
    internal JsonElement Read(CancellationToken cancellationToken) => QueryRunner.Read(this, "", cancellationToken);

    /// <summary>As <see cref="ReadFieldsAsync"/>, and blocks meanwhile.</summary>
    internal JsonElement ReadFields(string fields, CancellationToken cancellationToken) =>
        QueryRunner.Read(this, IsRoot ? fields : "{" + fields + "}", cancellationToken);

    /// <summary>The steps from the first field on.</summary>
    internal List<Query> Steps()
    {
        var steps = new List<Query>();
        for (var step = this; !step.IsRoot; step = step.Parent!)
        {
            steps.Add(step);
        }

        steps.Reverse();
        return steps;
    }
}

/// <summary>An argument of a field.</summary>
internal sealed record QueryArgument(string Name, object Value);

/// <summary>An argument that is an object of named values.</summary>
/// <param name="Values">The names and values.</param>
public sealed record InputObject(IReadOnlyList<KeyValuePair<string, object>> Values);
