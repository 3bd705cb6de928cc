namespace PlatformLocal.Deployment.ObjectStore;

/// <summary>An object with its content.</summary>
/// <param name="Key">Its key, such as <c>shop.json</c>.</param>
/// <param name="ETag">What its content is known by: the same content has the same tag.</param>
/// <param name="Content">The content.</param>
public sealed record StoredObject(string Key, string ETag, ReadOnlyMemory<byte> Content);

/// <summary>An object as a listing shows it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="ETag">What its content is known by.</param>
public sealed record ListedObject(string Key, string ETag);

/// <summary>What must be true for a write to happen.</summary>
/// <param name="IfMatch">The tag that the object must have, or <see langword="null"/> for any.</param>
/// <param name="IfAbsent">Whether there must be no such object.</param>
public sealed record WriteCondition(string? IfMatch, bool IfAbsent)
{
    /// <summary>Write in any case.</summary>
    public static WriteCondition None { get; } = new(null, false);

    /// <summary>Write only when there is no such object.</summary>
    public static WriteCondition Absent { get; } = new(null, true);

    /// <summary>Write only when the object is as the writer knows it.</summary>
    /// <param name="etag">The tag it must have.</param>
    public static WriteCondition Matches(string etag) => new(etag, false);

    /// <summary>Holds an object to this condition by a look at it; where there is none, it is not looked at.</summary>
    internal async Task RequireAsync(IObjectStore store, string bucket, string key, CancellationToken cancellationToken)
    {
        if (this != None)
        {
            Require(bucket, key, (await store.GetAsync(bucket, key, cancellationToken))?.ETag);
        }
    }

    /// <summary>Holds an object to this condition.</summary>
    /// <param name="bucket">The object's bucket.</param>
    /// <param name="key">The object's key.</param>
    /// <param name="etag">The tag the object has now; <see langword="null"/> when there is none.</param>
    /// <exception cref="PlatformException">The condition is not met (<see cref="FailureKind.Conflict"/>).</exception>
    public void Require(string bucket, string key, string? etag)
    {
        if (IfAbsent ? etag is not null : IfMatch is not null && IfMatch != etag)
        {
            throw new PlatformException(
                FailureKind.Conflict,
                IfAbsent
                    ? $"{bucket}/{key} is there already, and is only to be made."
                    : $"{bucket}/{key} was {(etag is null ? "removed" : "changed")} by somebody else meanwhile.",
                IfAbsent
                    ? "Change what is there, or take another name."
                    : "Look at what it is now, and run the command again."
            );
        }
    }
}

/// <summary>Keeps claims: objects in buckets, as S3 does.</summary>
public interface IObjectStore
{
    /// <summary>All objects of a bucket, by key.</summary>
    /// <param name="bucket">The bucket; made when missing.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The store cannot be read. Never an empty list in place of a failure.</exception>
    Task<IReadOnlyList<ListedObject>> ListAsync(string bucket, CancellationToken cancellationToken);

    /// <summary>One object, or <see langword="null"/>.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The store cannot be read.</exception>
    Task<StoredObject?> GetAsync(string bucket, string key, CancellationToken cancellationToken);

    /// <summary>Writes an object whole or not at all.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="key">The key.</param>
    /// <param name="content">The content.</param>
    /// <param name="condition">What must be true for the write to happen.</param>
    /// <param name="cancellationToken">Stops the write.</param>
    /// <returns>The tag of the new content.</returns>
    /// <exception cref="PlatformException">
    /// The condition is not met (<see cref="FailureKind.Conflict"/>), or the store cannot be written.
    /// </exception>
    Task<string> PutAsync(
        string bucket,
        string key,
        ReadOnlyMemory<byte> content,
        WriteCondition condition,
        CancellationToken cancellationToken
    );

    /// <summary>Removes an object; fine when there is none.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="key">The key.</param>
    /// <param name="condition">What must be true for the removal to happen.</param>
    /// <param name="cancellationToken">Stops the removal.</param>
    /// <exception cref="PlatformException">The condition is not met, or the store cannot be written.</exception>
    Task DeleteAsync(string bucket, string key, WriteCondition condition, CancellationToken cancellationToken);

    /// <summary>Returns when a bucket may have changed, at the latest after a time. A hint: a listing is the truth.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="atMost">The longest wait.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task WaitForChangeAsync(string bucket, TimeSpan atMost, CancellationToken cancellationToken);
}
