namespace PlatformLocal.Deployment.Sources;

/// <summary>Folders by the identity of their content: written once, whole or not at all, and never changed.</summary>
/// <param name="root">Where they are; is made with the first one.</param>
internal sealed class ContentFolders(string root)
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _writing = new(StringComparer.Ordinal);

    /// <summary>The folder with some content.</summary>
    /// <param name="id">What identifies the content: hexadecimal digits.</param>
    /// <param name="writeAsync">Writes the content into a folder that is not there yet.</param>
    public async Task<string> GetAsync(string id, Func<string, Task> writeAsync)
    {
        var folder = Path.Combine(root, id);
        var writing = _writing.GetOrAdd(id, _ => new SemaphoreSlim(1, 1));
        using var turn = await writing.TakeTurnAsync(CancellationToken.None);
        if (!Directory.Exists(folder))
        {
            PrivateFile.EnsureFolder(root);
            var temporary = $"{folder}.{Guid.NewGuid():N}.part";
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
}
