using System.Formats.Tar;
using System.Security.Cryptography;
using PlatformLocal.Files;

namespace PlatformLocal.Workspaces;

/// <summary>A workspace as one file, to hand it to a platform that cannot see the folder.</summary>
/// <param name="Content">A tar file; the same folder always gives the same bytes.</param>
/// <param name="Digest">Their digest, as <c>sha256:…</c>.</param>
public sealed record WorkspaceArchive(ReadOnlyMemory<byte> Content, string Digest)
{
    /// <summary>The most that a workspace may take up.</summary>
    public const int MaximumBytes = TarFolder.MaximumBytes;

    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Packs a workspace; the folder <c>.git</c> is left out.</summary>
    /// <param name="folder">The folder with <c>platform.yaml</c>.</param>
    /// <exception cref="PlatformException">The workspace is too large, or a file cannot be read.</exception>
    public static WorkspaceArchive Pack(string folder)
    {
        using var content = new MemoryStream();
        try
        {
            using var writer = new TarWriter(content, TarEntryFormat.Pax, leaveOpen: true);
            foreach (var (path, name) in FilesIn(folder))
            {
                using var file = new FileStream(path, System.IO.FileMode.Open, FileAccess.Read, FileShare.Read);
                if (content.Length + file.Length > MaximumBytes)
                {
                    throw new PlatformException(
                        $"The workspace {folder} is larger than {MaximumBytes / 1024 / 1024} MiB.",
                        "Keep what is no definition of a service, such as builds, outside of it."
                    )
                    {
                        Kind = FailureKind.InvalidInput,
                    };
                }

                writer.WriteEntry(
                    new PaxTarEntry(TarEntryType.RegularFile, name)
                    {
                        DataStream = file,
                        Mode = FileMode,
                        ModificationTime = DateTimeOffset.UnixEpoch,
                    }
                );
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException($"The workspace {folder} cannot be read: {e.Message}", inner: e);
        }

        return Of(content.ToArray());
    }

    /// <summary>An archive that was received.</summary>
    /// <param name="content">The tar file.</param>
    public static WorkspaceArchive Of(ReadOnlyMemory<byte> content) =>
        new(content, "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content.Span)));

    /// <summary>Writes the files into a new folder.</summary>
    /// <param name="folder">The folder; must not exist.</param>
    /// <exception cref="PlatformException">The archive is damaged, or holds anything but files below the folder.</exception>
    public void Unpack(string folder) =>
        TarFolder.Unpack(new MemoryStream(Content.ToArray(), writable: false), folder, "The workspace");

    private static IEnumerable<(string Path, string Name)> FilesIn(string folder)
    {
        folder = Path.GetFullPath(folder);
        return Directory
            .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => (path, Path.GetRelativePath(folder, path).Replace('\\', '/')))
            .Where(f => !f.Item2.StartsWith(".git/", StringComparison.Ordinal))
            .OrderBy(f => f.Item2, StringComparer.Ordinal);
    }
}
