namespace PlatformLocal.Deployment.Workspaces;

/// <summary>A workspace as one file, to hand it to a platform that cannot see the folder.</summary>
/// <param name="Content">A tar file; the same folder always gives the same bytes.</param>
/// <param name="Digest">Their digest, as <c>sha256:…</c>.</param>
public sealed record WorkspaceArchive(ReadOnlyMemory<byte> Content, string Digest)
{
    /// <summary>The most that a workspace may take up.</summary>
    public const int MaximumBytes = TarFolder.MaximumBytes;

    /// <summary>Packs a workspace; the folder <c>.git</c> is left out.</summary>
    /// <param name="folder">The folder with <c>platform.yaml</c>.</param>
    /// <exception cref="PlatformException">The workspace is too large, or a file cannot be read.</exception>
    public static WorkspaceArchive Pack(string folder) =>
        Of(
            TarFolder
                .Pack(
                    folder,
                    "The workspace",
                    "Keep what is no definition of a service, such as builds, outside of it."
                )
                .Content
        );

    /// <summary>An archive that was received.</summary>
    /// <param name="content">The tar file.</param>
    public static WorkspaceArchive Of(ReadOnlyMemory<byte> content) =>
        new(content, "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content.Span)));

    /// <summary>Writes the files into a new folder.</summary>
    /// <param name="folder">The folder; must not exist.</param>
    /// <exception cref="PlatformException">The archive is damaged, or holds anything but files below the folder.</exception>
    public void Unpack(string folder) =>
        TarFolder.Unpack(new MemoryStream(Content.ToArray(), writable: false), folder, "The workspace");
}
