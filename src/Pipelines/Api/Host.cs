using Pipelines.Queries;

namespace Pipelines.Api;

/// <summary>The host that the session was opened on; inside a module, the module's own container.</summary>
public sealed class Host : EngineObject, IEngineObject<Host>
{
    internal Host(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "Host";

    /// <inheritdoc/>
    public static Host Of(Query query, string? id = null) => new(query, id);

    /// <summary>A folder of the host.</summary>
    /// <param name="path">Where.</param>
    /// <param name="exclude">Patterns of files to leave out.</param>
    /// <param name="include">Patterns of files to read; all when left out.</param>
    public Directory Directory(
        string path,
        IReadOnlyList<string>? exclude = null,
        IReadOnlyList<string>? include = null
    ) => new(Query.Select("directory", ("path", path), ("exclude", exclude), ("include", include)));

    /// <summary>A file of the host.</summary>
    /// <param name="path">Where.</param>
    public File File(string path) => new(Query.Select("file", ("path", path)));

    /// <summary>A socket of the host.</summary>
    /// <param name="path">Where.</param>
    public Socket UnixSocket(string path) => new(Query.Select("unixSocket", ("path", path)));

    /// <summary>Ports of the host, as a service that containers reach.</summary>
    /// <param name="ports">The ports.</param>
    /// <param name="host">The host they are on; <c>localhost</c> when left out.</param>
    public Service Service(IReadOnlyList<PortForward> ports, string? host = null) =>
        new(Query.Select("service", ("ports", ports.Select(p => p.ToInput()).ToArray()), ("host", host)));

    /// <summary>A service on ports of the host.</summary>
    /// <param name="service">The service.</param>
    /// <param name="native">Whether the ports are the same on both sides.</param>
    public Service Tunnel(Service service, bool native = false) =>
        new(Query.Select("tunnel", ("service", service), ("native", native ? true : null)));
}

/// <summary>A port that is reached at another one.</summary>
/// <param name="Backend">Where the traffic goes.</param>
/// <param name="Frontend">Where it is reached; the same when left out.</param>
public sealed record PortForward(int Backend, int? Frontend = null)
{
    internal InputObject ToInput() =>
        new([
            new("backend", Backend),
            .. Frontend is { } front ? new KeyValuePair<string, object>[] { new("frontend", front) } : [],
        ]);
}

/// <summary>A socket of the host.</summary>
public sealed class Socket : EngineObject, IEngineObject<Socket>
{
    internal Socket(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "Socket";

    /// <inheritdoc/>
    public static Socket Of(Query query, string? id = null) => new(query, id);
}

/// <summary>A volume that outlives containers.</summary>
public sealed class CacheVolume : EngineObject, IEngineObject<CacheVolume>
{
    internal CacheVolume(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "CacheVolume";

    /// <inheritdoc/>
    public static CacheVolume Of(Query query, string? id = null) => new(query, id);
}

/// <summary>A text that the engine keeps out of its logs and caches.</summary>
public sealed class Secret : EngineObject, IEngineObject<Secret>
{
    internal Secret(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "Secret";

    /// <inheritdoc/>
    public static Secret Of(Query query, string? id = null) => new(query, id);

    /// <summary>Its text, which is left out of every exception from now on.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<string> PlaintextAsync(CancellationToken cancellationToken = default)
    {
        var text = (await Query.Select("plaintext").ReadAsync(cancellationToken)).GetString()!;
        Query.Transport.Secrets.Add(text);
        return text;
    }
}

/// <summary>A running program that containers reach by a name.</summary>
public sealed class Service : EngineObject, IEngineObject<Service>
{
    internal Service(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "Service";

    /// <inheritdoc/>
    public static Service Of(Query query, string? id = null) => new(query, id);

    /// <summary>Where it is reached.</summary>
    /// <param name="port">The port; its first when left out.</param>
    /// <param name="scheme">What comes before <c>://</c>; nothing when left out.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<string> EndpointAsync(
        int? port = null,
        string? scheme = null,
        CancellationToken cancellationToken = default
    ) => (await Query.Select("endpoint", ("port", port), ("scheme", scheme)).ReadAsync(cancellationToken)).GetString()!;

    /// <summary>Starts it, and waits until its ports answer.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<Service> StartAsync(CancellationToken cancellationToken = default) =>
        Query.Load<Service>((await Query.Select("start").ReadAsync(cancellationToken)).GetString()!);

    /// <summary>Ends it.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) =>
        Query.Select("stop").ReadAsync(cancellationToken);
}

/// <summary>A git repository.</summary>
public sealed class GitRepository : EngineObject, IEngineObject<GitRepository>
{
    internal GitRepository(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "GitRepository";

    /// <inheritdoc/>
    public static GitRepository Of(Query query, string? id = null) => new(query, id);

    /// <summary>The files of a branch.</summary>
    /// <param name="name">The branch.</param>
    public Directory Branch(string name) => new(Query.Select("branch", ("name", name)).Select("tree"));

    /// <summary>The files of a tag.</summary>
    /// <param name="name">The tag.</param>
    public Directory Tag(string name) => new(Query.Select("tag", ("name", name)).Select("tree"));

    /// <summary>The files of any reference.</summary>
    /// <param name="name">The reference, or a commit.</param>
    public Directory Ref(string name) => new(Query.Select("ref", ("name", name)).Select("tree"));

    /// <summary>The tags that patterns match.</summary>
    /// <param name="patterns">The patterns; all tags when left out.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<IReadOnlyList<string>> TagsAsync(
        IReadOnlyList<string>? patterns = null,
        CancellationToken cancellationToken = default
    ) => Texts.Of(await Query.Select("tags", ("patterns", patterns)).ReadAsync(cancellationToken));
}
