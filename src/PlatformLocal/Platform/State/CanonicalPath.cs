namespace PlatformLocal.Platform.State;

/// <summary>The one way in which a folder or file is written down, so that two ways to say it are not taken for two.</summary>
public static class CanonicalPath
{
    // As Linux does: https://man7.org/linux/man-pages/man7/path_resolution.7.html
    private const int MostLinks = 40;

    /// <summary>The absolute path without links and without a separator at its end; what is not there yet stays as it is.</summary>
    /// <param name="path">The path, absolute or from the current folder.</param>
    /// <exception cref="PlatformException">Its links lead in a circle.</exception>
    public static string Of(string path)
    {
        var links = 0;
        return Resolve(Path.GetFullPath(path), path, ref links);
    }

    private static string Resolve(string full, string given, ref int links)
    {
        var at = Path.GetPathRoot(full)!;
        var parts = full[at.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        foreach (var part in parts)
        {
            var folder = at;
            at = Path.Combine(folder, part);
            if (new FileInfo(at).LinkTarget is { } target)
            {
                if (++links > MostLinks)
                {
                    throw new PlatformException(FailureKind.InvalidInput, $"The links in {given} lead in a circle.");
                }

                at = Resolve(Path.GetFullPath(target, folder), given, ref links);
            }
        }

        return at;
    }
}
