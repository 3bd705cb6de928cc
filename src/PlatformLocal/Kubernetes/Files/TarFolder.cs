using System.Formats.Tar;

namespace PlatformLocal.Kubernetes.Files;

/// <summary>Folders as tar files, and back: only files, only below the folder, and not too many.</summary>
public static class TarFolder
{
    /// <summary>The most bytes that the files of one archive may have.</summary>
    public const int MaximumBytes = 64 * 1024 * 1024;

    // Of files, and of folders: those too that only the name of a file has in it.
    private const int MaximumEntries = 10_000;

    private const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode Executable =
        Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Packs a folder; what is in <c>.git</c> is left out. The same folder always gives the same bytes.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="what">What the folder is, as a message begins.</param>
    /// <param name="advice">What to do when it is too large.</param>
    /// <returns>A tar file, not compressed, and how many files are in it.</returns>
    /// <exception cref="PlatformException">The folder is too large, or cannot be read.</exception>
    public static (ReadOnlyMemory<byte> Content, int Files) Pack(string folder, string what, string advice)
    {
        using var content = new MemoryStream();
        var count = 0;
        try
        {
            using var writer = new TarWriter(content, TarEntryFormat.Gnu, leaveOpen: true);
            foreach (var (path, name) in FilesIn(folder))
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
                if (content.Length + file.Length > MaximumBytes)
                {
                    throw new PlatformException(
                        FailureKind.InvalidInput,
                        $"{what} {folder} is larger than {MaximumBytes / 1024 / 1024} MiB.",
                        advice
                    );
                }

                count++;
                Write(writer, name, file, IsExecutable(path) ? Executable : Readable);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException($"{what} {folder} cannot be read: {e.Message}", inner: e);
        }

        return (content.ToArray(), count);
    }

    /// <summary>Packs files that are in memory as a folder with them is packed.</summary>
    /// <param name="files">The files, by their names with slashes.</param>
    /// <param name="what">What they are, as a message begins.</param>
    /// <returns>A tar file, not compressed.</returns>
    /// <exception cref="PlatformException">They are too large.</exception>
    public static ReadOnlyMemory<byte> Pack(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, string what)
    {
        if (files.Values.Sum(f => (long)f.Length) > MaximumBytes)
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{what} has more than {MaximumBytes / 1024 / 1024} MiB."
            );
        }

        using var content = new MemoryStream();
        using (var writer = new TarWriter(content, TarEntryFormat.Gnu, leaveOpen: true))
        {
            foreach (var (name, file) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
            {
                using var stream = new MemoryStream(file.ToArray(), writable: false);
                Write(writer, name, stream, Readable);
            }
        }

        return content.ToArray();
    }

    /// <summary>Writes the files of an archive.</summary>
    /// <param name="content">The tar file, not compressed.</param>
    /// <param name="folder">The folder, an absolute path; is made.</param>
    /// <param name="what">What the archive is, as a message begins.</param>
    /// <exception cref="PlatformException">
    /// The archive is damaged, is too large, or holds anything but files and folders below the folder.
    /// </exception>
    public static void Unpack(Stream content, string folder, string what)
    {
        PrivateFile.EnsureFolder(folder);
        try
        {
            using var reader = new TarReader(content);
            var (bytes, entries, files) = (0L, 0, 0);
            var folders = new HashSet<string>(StringComparer.Ordinal) { folder };
            while (reader.GetNextEntry() is { } entry)
            {
                bytes += entry.Length;
                if (++entries > 2 * MaximumEntries || bytes > MaximumBytes)
                {
                    throw TooMuch(what);
                }

                if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
                {
                    continue;
                }

                var path = Path.GetFullPath(Path.Combine(folder, entry.Name)).TrimEnd(Path.DirectorySeparatorChar);
                var isInside =
                    path == folder || path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
                if (entry.EntryType is TarEntryType.Directory && isInside)
                {
                    Make(path);
                    continue;
                }

                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !isInside)
                {
                    throw Damaged(what, $"'{entry.Name}' is no file inside of it");
                }

                if (++files > MaximumEntries)
                {
                    throw TooMuch(what);
                }

                Make(Path.GetDirectoryName(path)!);
                entry.ExtractToFile(path, overwrite: false);
            }

            void Make(string path)
            {
                for (var above = path; above is not null && folders.Add(above); above = Path.GetDirectoryName(above))
                {
                    if (folders.Count > MaximumEntries)
                    {
                        throw TooMuch(what);
                    }
                }

                Directory.CreateDirectory(path);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or IOException or ArgumentException)
        {
            throw Damaged(what, e.Message.TrimEnd('.'));
        }
    }

    // Not Pax, whose records are named after the process that writes them. Neither who packs it nor when is a part of
    // what is packed.
    private static void Write(TarWriter writer, string name, Stream content, UnixFileMode mode) =>
        writer.WriteEntry(
            new GnuTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = content,
                Mode = mode,
                ModificationTime = DateTimeOffset.UnixEpoch,
            }
        );

    private static IEnumerable<(string Path, string Name)> FilesIn(string folder)
    {
        folder = Path.GetFullPath(folder);
        return Directory
            .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => (Path: path, Name: Path.GetRelativePath(folder, path).Replace('\\', '/')))
            .Where(f => !f.Name.StartsWith(".git/", StringComparison.Ordinal))
            .OrderBy(f => f.Name, StringComparer.Ordinal);
    }

    private static bool IsExecutable(string path) =>
        !OperatingSystem.IsWindows() && File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute);

    private static PlatformException TooMuch(string what) =>
        Damaged(
            what,
            $"it holds more than {MaximumBytes / 1024 / 1024} MiB, {MaximumEntries:N0} files or {MaximumEntries:N0} folders"
        );

    private static PlatformException Damaged(string what, string why) =>
        new(FailureKind.InvalidInput, $"{what} cannot be unpacked: {why}.");
}
