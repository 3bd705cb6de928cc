namespace PlatformLocal.Deployment.Manifests;

/// <summary>Keeps paths that people write inside of the folder they belong to.</summary>
internal static class SafePath
{
    /// <summary>The absolute path, or <see langword="null"/> when it leads out of the folder, by <c>..</c> or a link.</summary>
    public static string? Inside(string folder, string relative)
    {
        if (Path.IsPathRooted(relative) || relative.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        var root = Path.GetFullPath(folder);
        var path = Path.GetFullPath(Path.Combine(root, relative));
        return IsWithin(root, path) && IsWithin(Real(root), Real(path)) ? path : null;
    }

    private static bool IsWithin(string root, string path) =>
        string.Equals(root, path, StringComparison.Ordinal)
        || path.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal);

    // Resolves the links of every part of the path that exists.
    private static string Real(string path)
    {
        var real = "/";
        foreach (var part in path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            FileSystemInfo info = Directory.Exists(real) ? new DirectoryInfo(real) : new FileInfo(real);
            real =
                info.Exists && info.ResolveLinkTarget(returnFinalTarget: true) is { } target ? target.FullName : real;
        }

        return real;
    }
}
