namespace PlatformLocal.Deployment.ObjectStore;

/// <summary>An object store in a directory: a folder is a bucket, a file is an object, dropping a file is uploading.</summary>
/// <param name="root">The directory; made when missing.</param>
/// <param name="time">The clock for waits.</param>
public sealed class DirectoryObjectStore(string root, TimeProvider time) : IObjectStore, IDisposable
{
    private const string TemporarySuffix = ".part";
    private const int MaximumBytes = 16 * 1024 * 1024;

    // A write takes moments: what is as old as this was left by a process that was killed.
    private static readonly TimeSpan LeftAfter = TimeSpan.FromHours(1);

    private readonly string _root = Path.GetFullPath(root);

    // Writes of one object are one after the other; of others they do not wait for its way to the disk.
    private readonly SemaphoreSlim[] _writes = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1, 1))];
    private readonly ConcurrentDictionary<string, BucketChanges> _changes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (DateTime Modified, long Length, string ETag)> _tags = new(
        StringComparer.Ordinal
    );

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedObject>> ListAsync(string bucket, CancellationToken cancellationToken) =>
        Guard<IReadOnlyList<ListedObject>>(
            $"List the objects in {FolderOf(bucket)}",
            () =>
            {
                var objects = new List<ListedObject>();
                foreach (var file in Directory.EnumerateFileSystemEntries(Ensure(bucket)).Order(StringComparer.Ordinal))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var key = Path.GetFileName(file);
                    if (key.EndsWith(TemporarySuffix, StringComparison.Ordinal))
                    {
                        RemoveLeftover(file);
                    }

                    if (IsKey(key) && TagOf(file) is { } tag)
                    {
                        objects.Add(new ListedObject(key, tag));
                    }
                }

                return Task.FromResult<IReadOnlyList<ListedObject>>(objects);
            }
        );

    /// <inheritdoc/>
    public Task<StoredObject?> GetAsync(string bucket, string key, CancellationToken cancellationToken)
    {
        var file = FileOf(bucket, key);
        return Guard(
            $"Read {file}",
            () =>
            {
                try
                {
                    var content = RegularFile.Read(file, MaximumBytes);
                    return Task.FromResult<StoredObject?>(new StoredObject(key, TagOf(content), content));
                }
                catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
                {
                    return Task.FromResult<StoredObject?>(null);
                }
            }
        );
    }

    /// <inheritdoc/>
    public Task<string> PutAsync(
        string bucket,
        string key,
        ReadOnlyMemory<byte> content,
        WriteCondition condition,
        CancellationToken cancellationToken
    )
    {
        return ChangeAsync("Write", bucket, key, condition, ReplaceAsync, cancellationToken);

        async Task<string> ReplaceAsync(string file)
        {
            await DirectoryObjectStore.ReplaceAsync(file, content, cancellationToken);
            return TagOf(content.Span);
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string bucket, string key, WriteCondition condition, CancellationToken cancellationToken)
    {
        return ChangeAsync("Delete", bucket, key, condition, DeleteAsync, cancellationToken);

        static Task<bool> DeleteAsync(string file)
        {
            File.Delete(file);
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task WaitForChangeAsync(string bucket, TimeSpan atMost, CancellationToken cancellationToken) =>
        _changes.GetOrAdd(bucket, b => new BucketChanges(Ensure(b))).WaitAsync(atMost, time, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var changes in _changes.Values)
        {
            changes.Dispose();
        }

        foreach (var gate in _writes)
        {
            gate.Dispose();
        }
    }

    private static async Task ReplaceAsync(
        string file,
        ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken
    )
    {
        // A name that no listing shows, in the same file system: the rename is what makes the object appear.
        var folder = Path.GetDirectoryName(file)!;
        var temporary = Path.Combine(folder, $".{Path.GetFileName(file)}.{Guid.NewGuid():N}{TemporarySuffix}");
        try
        {
            await using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                await stream.WriteAsync(content, cancellationToken);
                await stream.FlushAsync(cancellationToken);
                Disk.Flush(stream.SafeFileHandle);
            }

            File.Move(temporary, file, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private Task<T> ChangeAsync<T>(
        string what,
        string bucket,
        string key,
        WriteCondition condition,
        Func<string, Task<T>> change,
        CancellationToken cancellationToken
    )
    {
        var file = FileOf(bucket, key);
        return Guard(
            $"{what} {file}",
            async () =>
            {
                var gate = _writes[(uint)file.GetHashCode(StringComparison.Ordinal) % _writes.Length];
                using var turn = await gate.TakeTurnAsync(cancellationToken);
                await condition.RequireAsync(this, bucket, key, cancellationToken);
                Ensure(bucket);
                return await change(file);
            }
        );
    }

    private static async Task<T> Guard<T>(string what, Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException(
                $"{what} failed: {e.Message}",
                "Check the file, the free space and the permissions of that folder.",
                e
            );
        }
    }

    // A large bucket is listed often: content is read again only when the file looks changed.
    private string? TagOf(string file)
    {
        try
        {
            var info = new FileInfo(file);
            if (
                _tags.TryGetValue(file, out var known)
                && known.Modified == info.LastWriteTimeUtc
                && known.Length == info.Length
            )
            {
                return known.ETag;
            }

            var (modified, length) = (info.LastWriteTimeUtc, info.Length);
            var tag = TagOf(RegularFile.Read(file, MaximumBytes));
            _tags[file] = (modified, length, tag);
            return tag;
        }
        catch (FileNotFoundException) when (!Directory.Exists(file))
        {
            _tags.TryRemove(file, out _);
            return null; // removed between the listing and the look at it
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is there, and whoever reads it is told why it cannot be: one such file must not hide the others.
            return "unreadable-" + TagOf(Encoding.UTF8.GetBytes(e.Message));
        }
    }

    private void RemoveLeftover(string file)
    {
        try
        {
            if (time.GetUtcNow() - new DateTimeOffset(File.GetLastWriteTimeUtc(file)) > LeftAfter)
            {
                File.Delete(file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is no object, and in nobody's way.
        }
    }

    private static string TagOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content))[..32];

    private string Ensure(string bucket) => Directory.CreateDirectory(FolderOf(bucket)).FullName;

    private string FolderOf(string bucket) =>
        IsKey(bucket)
            ? Path.Combine(_root, bucket)
            : throw new ArgumentException($"'{bucket}' is not the name of a bucket", nameof(bucket));

    private string FileOf(string bucket, string key) =>
        IsKey(key)
            ? Path.Combine(FolderOf(bucket), key)
            : throw new ArgumentException($"'{key}' is not a key", nameof(key));

    // Hidden files are on their way in or out, or somebody's editor's.
    private static bool IsKey(string name) =>
        name.Length is > 0 and <= 200
        && name[0] != '.'
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
