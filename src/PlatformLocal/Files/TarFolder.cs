using System.Formats.Tar;

namespace PlatformLocal.Files;

/// <summary>Writes tar files that others made into folders: only files, only below the folder, and not too many.</summary>
internal static class TarFolder
{
    /// <summary>The most bytes that the files of one archive may have.</summary>
    public const int MaximumBytes = 64 * 1024 * 1024;

    private const int MaximumFiles = 10_000;

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
            var (bytes, files) = (0L, 0);
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
                {
                    continue;
                }

                var path = Path.GetFullPath(Path.Combine(folder, entry.Name)).TrimEnd(Path.DirectorySeparatorChar);
                var isInside =
                    path == folder || path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
                if (entry.EntryType is TarEntryType.Directory && isInside)
                {
                    Directory.CreateDirectory(path);
                    continue;
                }

                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !isInside)
                {
                    throw Damaged(what, $"'{entry.Name}' is no file inside of it");
                }

                bytes += entry.Length;
                files++;
                if (bytes > MaximumBytes || files > MaximumFiles)
                {
                    throw Damaged(
                        what,
                        $"it holds more than {MaximumBytes / 1024 / 1024} MiB or {MaximumFiles:N0} files"
                    );
                }

                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                entry.ExtractToFile(path, overwrite: false);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or IOException or ArgumentException)
        {
            throw Damaged(what, e.Message.TrimEnd('.'));
        }
    }

    private static PlatformException Damaged(string what, string why) =>
        new($"{what} cannot be unpacked: {why}.") { Kind = FailureKind.InvalidInput };
}
