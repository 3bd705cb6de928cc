namespace PlatformLocal.Deployment.Workspaces;

/// <summary>Where the platform has its workspace from: a folder of this machine, or what somebody uploaded.</summary>
public sealed class WorkspaceSource
{
    private const string Pointer = "current";

    private readonly string? _folder;
    private readonly string? _uploads;
    private readonly Lock _lock = new();

    private WorkspaceSource(string? folder, string? uploads)
    {
        _folder = folder;
        _uploads = uploads;
    }

    /// <summary>The folder of the workspace as it is now.</summary>
    /// <exception cref="PlatformException">Nobody uploaded one yet.</exception>
    public string Folder =>
        _folder
        ?? (
            Digest is { } digest
                ? FolderOf(digest)
                : throw new PlatformException(
                    "The platform has no workspace yet.",
                    $"Hand it over with: {ShellCommand.Platformctl("create-local-platform", "--workspace", "FOLDER")}"
                )
        );

    /// <summary>What was uploaded last, as <c>sha256:…</c>; <see langword="null"/> when nothing was.</summary>
    public string? Digest
    {
        get
        {
            var pointer = _uploads is null ? null : Path.Combine(_uploads, Pointer);
            return pointer is not null && File.Exists(pointer) ? File.ReadAllText(pointer).Trim() : null;
        }
    }

    /// <summary>Whether a workspace can be uploaded.</summary>
    public bool TakesUploads => _uploads is not null;

    /// <summary>A folder that people edit while the platform runs.</summary>
    /// <param name="folder">The folder with <c>platform.yaml</c>.</param>
    public static WorkspaceSource At(string folder) => new(folder, null);

    /// <summary>What is uploaded, kept in a folder.</summary>
    /// <param name="folder">The folder; is made with the first upload.</param>
    public static WorkspaceSource UploadedTo(string folder) => new(null, folder);

    /// <summary>Takes a workspace over; the one before stays until the next, for those who read it just now.</summary>
    /// <param name="archive">The workspace.</param>
    /// <exception cref="PlatformException">The archive is damaged, or what it holds is no valid workspace.</exception>
    public void Upload(WorkspaceArchive archive)
    {
        lock (_lock)
        {
            if (Digest == archive.Digest)
            {
                return;
            }

            PrivateFile.EnsureFolder(_uploads!);
            var temporary = Path.Combine(_uploads!, Guid.NewGuid().ToString("N") + ".part");
            try
            {
                archive.Unpack(temporary);
                _ = WorkspaceReader.Read(temporary);
                var target = FolderOf(archive.Digest);
                if (!Directory.Exists(target))
                {
                    Directory.Move(temporary, target);
                }
            }
            finally
            {
                if (Directory.Exists(temporary))
                {
                    Directory.Delete(temporary, recursive: true);
                }
            }

            var before = Digest;
            PrivateFile.Replace(Path.Combine(_uploads!, Pointer), Encoding.UTF8.GetBytes(archive.Digest + "\n"));
            foreach (var old in Directory.EnumerateDirectories(_uploads!))
            {
                if (old != FolderOf(archive.Digest) && (before is null || old != FolderOf(before)))
                {
                    Directory.Delete(old, recursive: true);
                }
            }
        }
    }

    private string FolderOf(string digest) => Path.Combine(_uploads!, digest.Replace(':', '-'));
}
