namespace PlatformLocal.Deployment.Sources;

/// <summary>Folders by the identity of their content: written once, whole or not at all, and never changed.</summary>
/// <param name="root">Where they are; is made with the first one.</param>
/// <param name="time">Tells how old is what nobody finished.</param>
internal sealed class ContentFolders(string root, TimeProvider time)
{
    private const string Unfinished = ".part";
    private const string Lock = ".lock";

    // Earlier versions did not say that they write; none of them wrote for so long.
    private static readonly TimeSpan s_oldWithoutLock = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _writing = new(StringComparer.Ordinal);
    private int _cleaned;

    /// <summary>The folder with some content.</summary>
    /// <param name="id">What identifies the content: hexadecimal digits.</param>
    /// <param name="writeAsync">Writes the content into a folder that is not there yet.</param>
    public async Task<string> GetAsync(string id, Func<string, Task> writeAsync)
    {
        if (Interlocked.Exchange(ref _cleaned, 1) == 0)
        {
            RemoveLeftovers();
        }

        var folder = Path.Combine(root, id);
        var writing = _writing.GetOrAdd(id, _ => new SemaphoreSlim(1, 1));
        using var turn = await writing.TakeTurnAsync(CancellationToken.None);
        if (!Directory.Exists(folder))
        {
            PrivateFile.EnsureFolder(root);
            var temporary = $"{folder}.{Guid.NewGuid():N}{Unfinished}";
            await using var held = Hold(temporary);
            try
            {
                await writeAsync(temporary);
                Directory.Move(temporary, folder);
            }
            finally
            {
                if (Directory.Exists(temporary))
                {
                    Directory.Delete(temporary, recursive: true);
                }
            }
        }

        return folder;
    }

    // The system lets go of it when the process ends, however it ends.
    private static FileStream Hold(string temporary) =>
        new(
            temporary + Lock,
            new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose,
            }
        );

    /// <summary>Removes what processes that were killed had begun to write, and what they had beside it.</summary>
    private void RemoveLeftovers()
    {
        if (!Directory.Exists(root))
        {
            return;
        }

        foreach (
            var group in Directory
                .EnumerateFileSystemEntries(root)
                .ToLookup(e => StemOf(Path.GetFileName(e)), StringComparer.Ordinal)
        )
        {
            if (group.Key is not { } stem)
            {
                continue;
            }

            var temporary = Path.Combine(root, stem);
            try
            {
                if (
                    !group.Contains(temporary + Lock)
                    && group.Any(e => time.GetUtcNow() - ChangedAt(e) < s_oldWithoutLock)
                )
                {
                    continue;
                }

                using var held = Hold(temporary);
                foreach (var entry in group.Where(e => e != temporary + Lock))
                {
                    Remove(entry);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody writes it, or it is not ours to remove: it is in nobody's way.
            }
        }
    }

    private static DateTimeOffset ChangedAt(string entry) => new(File.GetLastWriteTimeUtc(entry));

    private static void Remove(string entry)
    {
        if (Directory.Exists(entry))
        {
            Directory.Delete(entry, recursive: true);
        }
        else
        {
            File.Delete(entry);
        }
    }

    /// <summary><c>ID.GUID.part</c> of a name that begins so and has at most one more ending; <see langword="null"/> of any other.</summary>
    private static string? StemOf(string name) =>
        name.Split('.') is [{ Length: > 0 } id, { Length: 32 } unique, "part", ..] parts
        && parts.Length <= 4
        && (id + unique).All(char.IsAsciiHexDigitLower)
            ? $"{id}.{unique}{Unfinished}"
            : null;
}
