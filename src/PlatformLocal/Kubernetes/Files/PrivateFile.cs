using System.Collections.Concurrent;

namespace PlatformLocal.Kubernetes.Files;

/// <summary>Writes files that only their owner may read, whole or not at all.</summary>
public static class PrivateFile
{
    /// <summary>The mode of files: their owner reads and writes.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The mode of folders: their owner enters, reads and writes.</summary>
    internal const UnixFileMode OwnerOnlyFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>What the owner's group and everybody else may be allowed.</summary>
    private const UnixFileMode OfOthers =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    private const string Unfinished = ".part";

    // Only another process leaves something there, by being killed: looking once is enough.
    private static readonly ConcurrentDictionary<string, bool> s_lookedAt = new(StringComparer.Ordinal);

    /// <summary>Makes a folder that only its owner may enter.</summary>
    public static string EnsureFolder(string path)
    {
        if (!Directory.Exists(path))
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, OwnerOnlyFolder);
            }
        }

        return path;
    }

    /// <summary>Refuses a folder in the place of a file, before the system does in words of its own.</summary>
    /// <param name="path">The file, which may be missing.</param>
    /// <exception cref="FolderInPlaceException">There is a folder in its place.</exception>
    public static void RequireNoFolder(string path)
    {
        if (Directory.Exists(path))
        {
            throw new FolderInPlaceException(path);
        }
    }

    /// <summary>Whether there is a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FolderInPlaceException">There is a folder in its place.</exception>
    public static bool Exists(string path)
    {
        RequireNoFolder(path);
        return File.Exists(path);
    }

    /// <summary>Removes a file, if there is one.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FolderInPlaceException">There is a folder in its place.</exception>
    public static void Delete(string path)
    {
        RequireNoFolder(path);
        File.Delete(path);
    }

    /// <summary>Takes a file from others than its owner.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Whether others could read or write it.</returns>
    /// <exception cref="PlatformException">They can, and it is somebody else's.</exception>
    public static bool TakeFromOthers(string path)
    {
        if (
            OperatingSystem.IsWindows()
            || !File.Exists(path)
            || (File.GetUnixFileMode(path) & OfOthers) == UnixFileMode.None
        )
        {
            return false;
        }

        try
        {
            File.SetUnixFileMode(path, OwnerOnly);
            return true;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new PlatformException(
                FailureKind.NotAllowed,
                $"Others than you can read or write {path}, and it is somebody else's.",
                $"Let its owner take it from them: {ShellCommand.Of("chmod", "600", path)}",
                e
            );
        }
    }

    /// <summary>Writes a file, or nothing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Its content.</param>
    /// <param name="isDurable">Whether it must outlive a loss of power at once; what can be fetched again need not.</param>
    /// <exception cref="FolderInPlaceException">There is a folder in its place.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content, bool isDurable = true)
    {
        RequireNoFolder(path);
        RemoveLeftovers(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var temporary = $"{path}.{Guid.NewGuid():N}{Unfinished}";
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.Delete, // it is renamed while it is open: nobody takes it for a leftover
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(content);
                stream.Flush();
                if (isDurable)
                {
                    Disk.Flush(stream.SafeFileHandle);
                }

                File.Move(temporary, path, overwrite: true);
            }
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Removes what processes that were killed had begun to write: nobody holds it.</summary>
    private static void RemoveLeftovers(string folder)
    {
        if (!Directory.Exists(folder) || !s_lookedAt.TryAdd(folder, true))
        {
            return;
        }

        foreach (var file in Directory.EnumerateFiles(folder, "*" + Unfinished).Where(IsOurs).ToList())
        {
            try
            {
                using (new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None)) { }
                File.Delete(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody writes it, or it is not ours to remove: it is in nobody's way.
            }
        }
    }

    private static bool IsOurs(string file) =>
        Path.GetFileName(file).Split('.') is [_, .., { Length: 32 } id, _] && id.All(char.IsAsciiHexDigitLower);

    /// <summary>Tries whether a file can be written, and leaves none behind.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it is, as a message begins.</param>
    /// <exception cref="PlatformException">It cannot be written.</exception>
    public static void RequireWritable(string path, string what)
    {
        try
        {
            EnsureFolder(Path.GetDirectoryName(path)!);
            Replace(path, []);
            File.Delete(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException(
                $"{what} {path} cannot be written: {fault.Message}",
                "Make its folder writable, or choose another one with --state.",
                fault
            );
        }
    }
}
