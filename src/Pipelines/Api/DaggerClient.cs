using Pipelines.Queries;

namespace Pipelines.Api;

/// <summary>The engine's API: where every chain begins.</summary>
public sealed class DaggerClient
{
    internal DaggerClient(Query query) => Query = query;

    /// <summary>The root of all queries: the way to fields that have no method here.</summary>
    public Query Query { get; }

    /// <summary>The host that the session was opened on.</summary>
    public Host Host() => new(Query.Select("host"));

    /// <summary>A container without files.</summary>
    /// <param name="platform">Its platform, <c>linux/arm64</c> for one; the engine's own when left out.</param>
    public Container Container(string? platform = null) => new(Query.Select("container", ("platform", platform)));

    /// <summary>An empty directory.</summary>
    public Directory Directory() => new(Query.Select("directory"));

    /// <summary>A file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="contents">Its text.</param>
    public File File(string name, string contents) => new(Query.Select("file", ("name", name), ("contents", contents)));

    /// <summary>A file that is downloaded.</summary>
    /// <param name="url">Where from.</param>
    public File Http(string url) => new(Query.Select("http", ("url", url)));

    /// <summary>A git repository.</summary>
    /// <param name="url">Its address.</param>
    /// <param name="sshAuthSocket">The SSH agent to sign in with.</param>
    /// <param name="httpAuthToken">The token to sign in with.</param>
    public GitRepository Git(string url, Socket? sshAuthSocket = null, Secret? httpAuthToken = null) =>
        new(Query.Select("git", ("url", url), ("sshAuthSocket", sshAuthSocket), ("httpAuthToken", httpAuthToken)));

    /// <summary>A volume that outlives containers.</summary>
    /// <param name="key">Its name: the same name is the same volume.</param>
    public CacheVolume CacheVolume(string key) => new(Query.Select("cacheVolume", ("key", key)));

    /// <summary>A secret that the engine fetches itself, <c>env:TOKEN</c>, <c>file:PATH</c> or <c>op://…</c>.</summary>
    /// <param name="uri">Where it is.</param>
    public Secret Secret(string uri) => new(Query.Select("secret", ("uri", uri)));

    /// <summary>A secret that this program knows; its text is left out of every exception from now on.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="plaintext">Its text.</param>
    public Secret SetSecret(string name, string plaintext)
    {
        Query.Transport.Secrets.Add(plaintext);
        return new Secret(Query.Select("setSecret", ("name", name), ("plaintext", plaintext)));
    }

    /// <summary>A new module, to be described.</summary>
    public Module Module() => new(Query.Select("module"));

    /// <summary>A new type, to be described.</summary>
    public TypeDef TypeDef() => new(Query.Select("typeDef"));

    /// <summary>A new function, to be described.</summary>
    /// <param name="name">Its name; empty for a constructor.</param>
    /// <param name="returnType">What it returns.</param>
    public Function Function(string name, TypeDef returnType) =>
        new(Query.Select("function", ("name", name), ("returnType", returnType)));

    /// <summary>A new error, to be returned.</summary>
    /// <param name="message">What failed and why.</param>
    public EngineError Error(string message) => new(Query.Select("error", ("message", message)));

    /// <summary>The call that this program was started for.</summary>
    public FunctionCall CurrentFunctionCall() => new(Query.Select("currentFunctionCall"));

    /// <summary>The module that this program is the runtime of.</summary>
    public CurrentModule CurrentModule() => new(Query.Select("currentModule"));

    /// <summary>The object of an id.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="id">The id.</param>
    public T Load<T>(string id)
        where T : IEngineObject<T> => Query.Load<T>(id);

    /// <summary>The engine's version, <c>v0.21.7</c> for one.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    public async Task<string> VersionAsync(CancellationToken cancellationToken = default) =>
        (await Query.Select("version").ReadAsync(cancellationToken)).GetString() ?? "";
}
