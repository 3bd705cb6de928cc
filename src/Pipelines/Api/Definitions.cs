using Pipelines.Queries;

namespace Pipelines.Api;

/// <summary>A module's description.</summary>
public sealed class Module : EngineObject, IEngineObject<Module>
{
    internal Module(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "Module";

    /// <inheritdoc/>
    public static Module Of(Query query, string? id = null) => new(query, id);

    /// <summary>With a description.</summary>
    /// <param name="description">The description.</param>
    public Module WithDescription(string description) =>
        new(Query.Select("withDescription", ("description", description)));

    /// <summary>With an object.</summary>
    /// <param name="type">Its type.</param>
    public Module WithObject(TypeDef type) => new(Query.Select("withObject", ("object", type)));

    /// <summary>With an enumeration.</summary>
    /// <param name="type">Its type.</param>
    public Module WithEnum(TypeDef type) => new(Query.Select("withEnum", ("enum", type)));
}

/// <summary>A type's description.</summary>
public sealed class TypeDef : EngineObject, IEngineObject<TypeDef>
{
    internal TypeDef(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "TypeDef";

    /// <inheritdoc/>
    public static TypeDef Of(Query query, string? id = null) => new(query, id);

    /// <summary>Of a simple kind.</summary>
    /// <param name="kind">The kind.</param>
    public TypeDef WithKind(TypeKind kind) => new(Query.Select("withKind", ("kind", kind)));

    /// <summary>A scalar of the schema.</summary>
    /// <param name="name">Its name.</param>
    public TypeDef WithScalar(string name) => new(Query.Select("withScalar", ("name", name)));

    /// <summary>That may be left out.</summary>
    public TypeDef Optional() => new(Query.Select("withOptional", ("optional", true)));

    /// <summary>A list.</summary>
    /// <param name="elementType">What of.</param>
    public TypeDef WithListOf(TypeDef elementType) => new(Query.Select("withListOf", ("elementType", elementType)));

    /// <summary>An object, of the engine or of the module.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">Its description.</param>
    public TypeDef WithObject(string name, string? description = null) =>
        new(Query.Select("withObject", ("name", name), ("description", description)));

    /// <summary>An object with one more function.</summary>
    /// <param name="function">The function.</param>
    public TypeDef WithFunction(Function function) => new(Query.Select("withFunction", ("function", function)));

    /// <summary>An object with a constructor.</summary>
    /// <param name="function">The constructor.</param>
    public TypeDef WithConstructor(Function function) => new(Query.Select("withConstructor", ("function", function)));

    /// <summary>An object with one more field.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type.</param>
    /// <param name="description">Its description.</param>
    public TypeDef WithField(string name, TypeDef type, string? description = null) =>
        new(Query.Select("withField", ("name", name), ("typeDef", type), ("description", description)));

    /// <summary>An enumeration.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">Its description.</param>
    public TypeDef WithEnum(string name, string? description = null) =>
        new(Query.Select("withEnum", ("name", name), ("description", description)));

    /// <summary>An enumeration with one more member.</summary>
    /// <param name="name">Its name, and its value.</param>
    /// <param name="description">Its description.</param>
    public TypeDef WithEnumMember(string name, string? description = null) =>
        new(Query.Select("withEnumMember", ("name", name), ("value", name), ("description", description)));
}

/// <summary>A function's description.</summary>
public sealed class Function : EngineObject, IEngineObject<Function>
{
    internal Function(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "Function";

    /// <inheritdoc/>
    public static Function Of(Query query, string? id = null) => new(query, id);

    /// <summary>With a description.</summary>
    /// <param name="description">The description.</param>
    public Function WithDescription(string description) =>
        new(Query.Select("withDescription", ("description", description)));

    /// <summary>With one more argument.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type.</param>
    /// <param name="description">Its description.</param>
    /// <param name="defaultValue">Its default as JSON.</param>
    /// <param name="defaultPath">The file or directory of the caller that it is by default.</param>
    /// <param name="ignore">Patterns of files that are left out of a directory.</param>
    public Function WithArg(
        string name,
        TypeDef type,
        string? description = null,
        string? defaultValue = null,
        string? defaultPath = null,
        IReadOnlyList<string>? ignore = null
    ) =>
        new(
            Query.Select(
                "withArg",
                ("name", name),
                ("typeDef", type),
                ("description", description),
                ("defaultValue", defaultValue),
                ("defaultPath", defaultPath),
                ("ignore", ignore)
            )
        );

    /// <summary>With a rule for how long results are kept.</summary>
    /// <param name="policy">The rule.</param>
    /// <param name="timeToLive">For how long, <c>5m</c> for one; only with <see cref="CachePolicy.Default"/>.</param>
    public Function WithCachePolicy(CachePolicy policy, string? timeToLive = null) =>
        new(Query.Select("withCachePolicy", ("policy", policy), ("timeToLive", timeToLive)));

    /// <summary>That is a check: it fails or it does not.</summary>
    public Function WithCheck() => new(Query.Select("withCheck"));
}

/// <summary>An error that a function returns.</summary>
public sealed class EngineError : EngineObject, IEngineObject<EngineError>
{
    internal EngineError(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "Error";

    /// <inheritdoc/>
    public static EngineError Of(Query query, string? id = null) => new(query, id);

    /// <summary>With one more value beside the message.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">The value as JSON.</param>
    public EngineError WithValue(string name, string value) =>
        new(Query.Select("withValue", ("name", name), ("value", value)));
}

/// <summary>The call that a module's program was started for.</summary>
public sealed class FunctionCall : EngineObject, IEngineObject<FunctionCall>
{
    internal FunctionCall(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "FunctionCall";

    /// <inheritdoc/>
    public static FunctionCall Of(Query query, string? id = null) => new(query, id);

    /// <summary>Ends the call with a result.</summary>
    /// <param name="value">The result as JSON.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task ReturnValueAsync(string value, CancellationToken cancellationToken = default) =>
        WithValue(value).ReadAsync(cancellationToken);

    /// <summary>Ends the call with an error.</summary>
    /// <param name="error">The error.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task ReturnErrorAsync(EngineError error, CancellationToken cancellationToken = default) =>
        WithError(error).ReadAsync(cancellationToken);

    internal Query WithValue(string value) => Query.Select("returnValue", ("value", value));

    internal Query WithError(EngineError error) => Query.Select("returnError", ("error", error));
}

/// <summary>The module that a program is the runtime of.</summary>
public sealed class CurrentModule : EngineObject, IEngineObject<CurrentModule>
{
    internal CurrentModule(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "CurrentModule";

    /// <inheritdoc/>
    public static CurrentModule Of(Query query, string? id = null) => new(query, id);

    /// <summary>Its name.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<string> NameAsync(CancellationToken cancellationToken = default) =>
        (await Query.Select("name").ReadAsync(cancellationToken)).GetString()!;

    /// <summary>Its source files.</summary>
    public Directory Source() => new(Query.Select("source"));
}
