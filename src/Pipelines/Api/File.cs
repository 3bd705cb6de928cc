using System.Text.Json;
using Pipelines.Queries;

namespace Pipelines.Api;

/// <summary>A file.</summary>
public sealed class File : EngineObject, IEngineObject<File>
{
    internal File(Query query, string? id = null)
        : base(query, id) { }

    /// <inheritdoc/>
    public static string TypeName => "File";

    /// <inheritdoc/>
    public static File Of(Query query, string? id = null) => new(query, id);

    /// <summary>The same file under another name.</summary>
    /// <param name="name">The name.</param>
    public File WithName(string name) => new(Query.Select("withName", ("name", name)));

    /// <summary>Its text.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<string> ContentsAsync(CancellationToken cancellationToken = default) =>
        (await Query.Select("contents").ReadAsync(cancellationToken)).GetString()!;

    /// <summary>Its name.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<string> NameAsync(CancellationToken cancellationToken = default) =>
        (await Query.Select("name").ReadAsync(cancellationToken)).GetString()!;

    /// <summary>Its size in bytes.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<long> SizeAsync(CancellationToken cancellationToken = default) =>
        (await Query.Select("size").ReadAsync(cancellationToken)).GetInt64();

    /// <summary>Writes it to the host of the caller.</summary>
    /// <param name="path">The file there.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<string> ExportAsync(string path, CancellationToken cancellationToken = default) =>
        (await Query.Select("export", ("path", path)).ReadAsync(cancellationToken)).GetString()!;
}

/// <summary>Lists of texts in answers.</summary>
internal static class Texts
{
    public static IReadOnlyList<string> Of(JsonElement list) =>
        [.. list.EnumerateArray().Select(item => item.GetString()!)];
}
