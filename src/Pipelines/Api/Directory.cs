using Pipelines.Queries;

namespace Pipelines.Api;

/// <summary>A tree of files.</summary>
public sealed class Directory : EngineObject, IEngineObject<Directory>
{
    internal Directory(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "Directory";

    /// <inheritdoc/>
    public static Directory Of(Query query, string? id = null) => new(query, id);

    /// <summary>With the files of another directory.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="source">The other directory.</param>
    /// <param name="exclude">Patterns of files to leave out.</param>
    /// <param name="include">Patterns of files to copy; all when left out.</param>
    public Directory WithDirectory(
        string path,
        Directory source,
        IReadOnlyList<string>? exclude = null,
        IReadOnlyList<string>? include = null
    ) =>
        new(
            Query.Select(
                "withDirectory",
                ("path", path),
                ("source", source),
                ("exclude", exclude),
                ("include", include)
            )
        );

    /// <summary>With a file.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="source">The file.</param>
    public Directory WithFile(string path, File source) =>
        new(Query.Select("withFile", ("path", path), ("source", source)));

    /// <summary>With a new file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="contents">Its text.</param>
    public Directory WithNewFile(string path, string contents) =>
        new(Query.Select("withNewFile", ("path", path), ("contents", contents)));

    /// <summary>Without a folder.</summary>
    /// <param name="path">Where.</param>
    public Directory WithoutDirectory(string path) => new(Query.Select("withoutDirectory", ("path", path)));

    /// <summary>Only some of the files.</summary>
    /// <param name="exclude">Patterns of files to leave out.</param>
    /// <param name="include">Patterns of files to keep; all when left out.</param>
    public Directory Filter(IReadOnlyList<string>? exclude = null, IReadOnlyList<string>? include = null) =>
        new(Query.Select("filter", ("exclude", exclude), ("include", include)));

    /// <summary>A folder of it.</summary>
    /// <param name="path">Where.</param>
    public Directory Subdirectory(string path) => new(Query.Select("directory", ("path", path)));

    /// <summary>A file of it.</summary>
    /// <param name="path">Where.</param>
    public File File(string path) => new(Query.Select("file", ("path", path)));

    /// <summary>The container that a Dockerfile in it makes.</summary>
    /// <param name="dockerfile">The file's path.</param>
    public Container DockerBuild(string? dockerfile = null) =>
        new(Query.Select("dockerBuild", ("dockerfile", dockerfile)));

    /// <summary>The names of what is in a folder.</summary>
    /// <param name="path">The folder; the top when left out.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<IReadOnlyList<string>> EntriesAsync(
        string? path = null,
        CancellationToken cancellationToken = default
    ) => Texts.Of(await Query.Select("entries", ("path", path)).ReadAsync(cancellationToken));

    /// <summary>The paths that a pattern matches.</summary>
    /// <param name="pattern">The pattern, <c>**/*.cs</c> for one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<IReadOnlyList<string>> GlobAsync(string pattern, CancellationToken cancellationToken = default) =>
        Texts.Of(await Query.Select("glob", ("pattern", pattern)).ReadAsync(cancellationToken));

    /// <summary>Writes it to the host of the caller.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="wipe">Whether other files in that folder are removed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<string> ExportAsync(
        string path,
        bool wipe = false,
        CancellationToken cancellationToken = default
    ) =>
        (
            await Query.Select("export", ("path", path), ("wipe", wipe ? true : null)).ReadAsync(cancellationToken)
        ).GetString()!;

    /// <summary>Runs everything up to here.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The directory as it is then.</returns>
    public async Task<Directory> SyncAsync(CancellationToken cancellationToken = default) =>
        Query.Load<Directory>((await Query.Select("sync").ReadAsync(cancellationToken)).GetString()!);
}
