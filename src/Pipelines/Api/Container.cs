using Pipelines.Queries;

namespace Pipelines.Api;

/// <summary>A container: files, variables and the commands to run in it.</summary>
public sealed class Container : EngineObject, IEngineObject<Container>
{
    internal Container(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "Container";

    /// <inheritdoc/>
    public static Container Of(Query query, string? id = null) => new(query, id);

    /// <summary>With the files and settings of an image.</summary>
    /// <param name="address">The image's reference.</param>
    public Container From(string address) => Next("from", ("address", address));

    /// <summary>After a command.</summary>
    /// <param name="args">The program and its arguments.</param>
    /// <param name="useEntrypoint">Whether the image's entrypoint comes first.</param>
    /// <param name="stdin">What the command reads from standard input.</param>
    /// <param name="redirectStdout">The file that gets standard output.</param>
    /// <param name="redirectStderr">The file that gets standard error.</param>
    /// <param name="expect">Which exit codes are no failure.</param>
    /// <param name="nesting">Whether the command may use this engine itself.</param>
    /// <param name="insecureRoot">Whether the command has all of the engine's rights.</param>
    public Container WithExec(
        IEnumerable<string> args,
        bool useEntrypoint = false,
        string? stdin = null,
        string? redirectStdout = null,
        string? redirectStderr = null,
        ExpectedExit expect = ExpectedExit.Success,
        bool nesting = false,
        bool insecureRoot = false
    ) =>
        Next(
            "withExec",
            ("args", args.ToArray()),
            ("useEntrypoint", OrNothing(useEntrypoint)),
            ("stdin", stdin),
            ("redirectStdout", redirectStdout),
            ("redirectStderr", redirectStderr),
            ("expect", expect == ExpectedExit.Success ? null : expect),
            ("experimentalPrivilegedNesting", OrNothing(nesting)),
            ("insecureRootCapabilities", OrNothing(insecureRoot))
        );

    /// <summary>With an environment variable.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    /// <param name="expand">Whether <c>$NAME</c> in the value stands for another variable.</param>
    public Container WithEnvVariable(string name, string value, bool expand = false) =>
        Next("withEnvVariable", ("name", name), ("value", value), ("expand", OrNothing(expand)));

    /// <summary>Without an environment variable.</summary>
    /// <param name="name">Its name.</param>
    public Container WithoutEnvVariable(string name) => Next("withoutEnvVariable", ("name", name));

    /// <summary>With an environment variable whose value is a secret.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="secret">Its value.</param>
    public Container WithSecretVariable(string name, Secret secret) =>
        Next("withSecretVariable", ("name", name), ("secret", secret));

    /// <summary>In another folder.</summary>
    /// <param name="path">The folder.</param>
    public Container WithWorkdir(string path) => Next("withWorkdir", ("path", path));

    /// <summary>As another user.</summary>
    /// <param name="name">Name or number, with the group after a colon.</param>
    public Container WithUser(string name) => Next("withUser", ("name", name));

    /// <summary>With the files of a directory copied in.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="source">The directory.</param>
    /// <param name="exclude">Patterns of files to leave out.</param>
    /// <param name="include">Patterns of files to copy; all when left out.</param>
    /// <param name="owner">The files' owner.</param>
    public Container WithDirectory(
        string path,
        Directory source,
        IReadOnlyList<string>? exclude = null,
        IReadOnlyList<string>? include = null,
        string? owner = null
    ) =>
        Next(
            "withDirectory",
            ("path", path),
            ("source", source),
            ("exclude", exclude),
            ("include", include),
            ("owner", owner)
        );

    /// <summary>With a directory mounted: it is there for commands and no part of the container's own files.</summary>
    /// <param name="path">Where.</param>
    /// <param name="source">The directory.</param>
    public Container WithMountedDirectory(string path, Directory source) =>
        Next("withMountedDirectory", ("path", path), ("source", source));

    /// <summary>With a file copied in.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="source">The file.</param>
    /// <param name="permissions">Its permissions.</param>
    public Container WithFile(string path, File source, int? permissions = null) =>
        Next("withFile", ("path", path), ("source", source), ("permissions", permissions));

    /// <summary>With a file mounted.</summary>
    /// <param name="path">Where.</param>
    /// <param name="source">The file.</param>
    public Container WithMountedFile(string path, File source) =>
        Next("withMountedFile", ("path", path), ("source", source));

    /// <summary>With a new file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="contents">Its text.</param>
    /// <param name="permissions">Its permissions.</param>
    public Container WithNewFile(string path, string contents, int? permissions = null) =>
        Next("withNewFile", ("path", path), ("contents", contents), ("permissions", permissions));

    /// <summary>With a volume that outlives the container.</summary>
    /// <param name="path">Where.</param>
    /// <param name="cache">The volume.</param>
    /// <param name="sharing">Who may use it at the same time.</param>
    public Container WithMountedCache(string path, CacheVolume cache, CacheSharing sharing = CacheSharing.Shared) =>
        Next(
            "withMountedCache",
            ("path", path),
            ("cache", cache),
            ("sharing", sharing == CacheSharing.Shared ? null : sharing)
        );

    /// <summary>With a secret as a file that only commands see.</summary>
    /// <param name="path">Where.</param>
    /// <param name="source">The secret.</param>
    public Container WithMountedSecret(string path, Secret source) =>
        Next("withMountedSecret", ("path", path), ("source", source));

    /// <summary>With a socket of the host.</summary>
    /// <param name="path">Where.</param>
    /// <param name="source">The socket.</param>
    public Container WithUnixSocket(string path, Socket source) =>
        Next("withUnixSocket", ("path", path), ("source", source));

    /// <summary>With a service that is started with the next command and reached by a name.</summary>
    /// <param name="alias">The name.</param>
    /// <param name="service">The service.</param>
    public Container WithServiceBinding(string alias, Service service) =>
        Next("withServiceBinding", ("alias", alias), ("service", service));

    /// <summary>With another entrypoint.</summary>
    /// <param name="args">The program and its first arguments.</param>
    public Container WithEntrypoint(IEnumerable<string> args) => Next("withEntrypoint", ("args", args.ToArray()));

    /// <summary>With other arguments for when none are given.</summary>
    /// <param name="args">The arguments.</param>
    public Container WithDefaultArgs(IEnumerable<string> args) => Next("withDefaultArgs", ("args", args.ToArray()));

    /// <summary>With a port that others may reach.</summary>
    /// <param name="port">The port.</param>
    public Container WithExposedPort(int port) => Next("withExposedPort", ("port", port));

    /// <summary>With a label.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    public Container WithLabel(string name, string value) => Next("withLabel", ("name", name), ("value", value));

    /// <summary>With the right to use a registry.</summary>
    /// <param name="address">The registry.</param>
    /// <param name="username">The user.</param>
    /// <param name="secret">The password or token.</param>
    public Container WithRegistryAuth(string address, string username, Secret secret) =>
        Next("withRegistryAuth", ("address", address), ("username", username), ("secret", secret));

    /// <summary>With the result of a function, when there is one: keeps conditions inside a chain.</summary>
    /// <param name="step">The function.</param>
    public Container With(Func<Container, Container> step) => step(this);

    /// <summary>A folder of the container.</summary>
    /// <param name="path">Where.</param>
    public Directory Directory(string path) => new(Query.Select("directory", ("path", path)));

    /// <summary>A file of the container.</summary>
    /// <param name="path">Where.</param>
    public File File(string path) => new(Query.Select("file", ("path", path)));

    /// <summary>All files of the container, without what is mounted.</summary>
    public Directory Rootfs() => new(Query.Select("rootfs"));

    /// <summary>The container as an archive of an image.</summary>
    public File AsTarball() => new(Query.Select("asTarball"));

    /// <summary>The container as a service that other containers reach.</summary>
    /// <param name="args">The program and its arguments; the container's own when left out.</param>
    /// <param name="useEntrypoint">Whether the entrypoint comes first.</param>
    public Service AsService(IReadOnlyList<string>? args = null, bool useEntrypoint = false) =>
        new(Query.Select("asService", ("args", args), ("useEntrypoint", OrNothing(useEntrypoint))));

    /// <summary>What the last command wrote to standard output.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ExecException">A command ended with an exit code that was not expected.</exception>
    public Task<string> StdoutAsync(CancellationToken cancellationToken = default) =>
        TextAsync("stdout", cancellationToken);

    /// <summary>What the last command wrote to standard error.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ExecException">A command ended with an exit code that was not expected.</exception>
    public Task<string> StderrAsync(CancellationToken cancellationToken = default) =>
        TextAsync("stderr", cancellationToken);

    /// <summary>The last command's exit code.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ExecException">A command ended with an exit code that was not expected.</exception>
    public async Task<int> ExitCodeAsync(CancellationToken cancellationToken = default) =>
        (await Query.Select("exitCode").ReadAsync(cancellationToken)).GetInt32();

    /// <summary>An environment variable's value, or <see langword="null"/> when it is not set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<string?> EnvVariableAsync(string name, CancellationToken cancellationToken = default) =>
        (await Query.Select("envVariable", ("name", name)).ReadAsync(cancellationToken)).GetString();

    /// <summary>Runs everything up to here.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The container as it is then.</returns>
    /// <exception cref="ExecException">A command ended with an exit code that was not expected.</exception>
    public async Task<Container> SyncAsync(CancellationToken cancellationToken = default) =>
        Query.Load<Container>(await TextAsync("sync", cancellationToken));

    /// <summary>Pushes the container as an image.</summary>
    /// <param name="address">The image's reference.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The reference with the digest.</returns>
    /// <exception cref="EngineException">The registry refuses it.</exception>
    public async Task<string> PublishAsync(string address, CancellationToken cancellationToken = default) =>
        (await Query.Select("publish", ("address", address)).ReadAsync(cancellationToken)).GetString()!;

    /// <summary>Writes the container's image to an archive on the host of the caller.</summary>
    /// <param name="path">The archive's file.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<string> ExportAsync(string path, CancellationToken cancellationToken = default) =>
        (await Query.Select("export", ("path", path)).ReadAsync(cancellationToken)).GetString()!;

    private async Task<string> TextAsync(string field, CancellationToken cancellationToken) =>
        (await Query.Select(field).ReadAsync(cancellationToken)).GetString()!;

    private static object? OrNothing(bool flag) => flag ? true : null;

    private Container Next(string field, params ReadOnlySpan<(string Name, object? Value)> arguments) =>
        new(Query.Select(field, arguments));
}
