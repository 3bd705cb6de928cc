using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace PlatformLocal.Deployment.ObjectStore;

/// <summary>Where an S3 service is, and who we are there.</summary>
public sealed record S3ObjectStoreOptions
{
    /// <summary>The service's address, such as <c>http://minio.platform-system:9000</c>.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The access key.</summary>
    public required string AccessKey { get; init; }

    /// <summary>The secret key.</summary>
    public required string SecretKey { get; init; }

    /// <summary>The region that requests are signed for; MinIO and its like take any.</summary>
    /// <value><c>us-east-1</c> unless set.</value>
    public string Region { get; init; } = "us-east-1";

    /// <summary>How often a bucket is looked at while somebody waits for a change.</summary>
    /// <value>1 second unless set.</value>
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>Objects in MinIO or any other S3 service, path-style.</summary>
/// <remarks>
/// Conditions are both looked at beforehand and sent along: a service that ignores <c>If-Match</c> on writes leaves a gap
/// of one round trip, one that knows it none. Removals have no condition in S3.
/// </remarks>
public sealed class S3ObjectStore : IObjectStore, IDisposable
{
    private const int ReadsAtMost = 5;

    private readonly AmazonS3Client _client;
    private readonly S3ObjectStoreOptions _options;
    private readonly TimeProvider _time;

    /// <summary>A store.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="time">The clock of waits.</param>
    public S3ObjectStore(S3ObjectStoreOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _client = new AmazonS3Client(
            new BasicAWSCredentials(options.AccessKey, options.SecretKey),
            new AmazonS3Config
            {
                ServiceURL = options.Endpoint.ToString(),
                AuthenticationRegion = options.Region,
                ForcePathStyle = true,
                MaxErrorRetry = 2,
                Timeout = TimeSpan.FromSeconds(20),
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
                ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            }
        );
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ListedObject>> ListAsync(string bucket, CancellationToken cancellationToken)
    {
        try
        {
            return await GuardAsync($"list the bucket {bucket}", () => ListPagesAsync(bucket, cancellationToken));
        }
        catch (PlatformException e) when (e.InnerException is AmazonS3Exception { ErrorCode: "NoSuchBucket" })
        {
            await GuardAsync(
                $"make the bucket {bucket}",
                () => _client.PutBucketAsync(new PutBucketRequest { BucketName = bucket }, cancellationToken)
            );
            return [];
        }
    }

    /// <inheritdoc/>
    public Task<StoredObject?> GetAsync(string bucket, string key, CancellationToken cancellationToken) =>
        GuardAsync(
            $"read {bucket}/{key}",
            async () =>
            {
                for (var tries = 1; ; tries++)
                {
                    try
                    {
                        using var found = await _client.GetObjectAsync(bucket, key, cancellationToken);
                        var content = new MemoryStream();
                        await found.ResponseStream.CopyToAsync(content, cancellationToken);
                        return new StoredObject(key, Plain(found.ETag), content.ToArray());
                    }
                    catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
                    {
                        return null;
                    }
                    catch (IOException) when (tries < ReadsAtMost)
                    {
                        // The body broke off: the SDK tries requests again, and not what comes after their headers.
                    }
                }
            }
        );

    /// <inheritdoc/>
    public async Task<string> PutAsync(
        string bucket,
        string key,
        ReadOnlyMemory<byte> content,
        WriteCondition condition,
        CancellationToken cancellationToken
    )
    {
        await condition.RequireAsync(this, bucket, key, cancellationToken);
        var request = new PutObjectRequest
        {
            BucketName = bucket,
            Key = key,
            InputStream = new MemoryStream(content.ToArray(), writable: false),
            ContentType = "application/json",
            // Not every service understands the chunks that the SDK would sign otherwise.
            UseChunkEncoding = false,
            IfNoneMatch = condition.IfAbsent ? "*" : null,
            // Without quotes, which AWS and MinIO take either way: with them Ceph 16 refuses every write.
            IfMatch = condition.IfMatch,
        };
        var written = await GuardAsync(
            $"write {bucket}/{key}",
            () => _client.PutObjectAsync(request, cancellationToken)
        );
        return Plain(written.ETag);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(
        string bucket,
        string key,
        WriteCondition condition,
        CancellationToken cancellationToken
    )
    {
        await condition.RequireAsync(this, bucket, key, cancellationToken);
        await GuardAsync($"remove {bucket}/{key}", () => _client.DeleteObjectAsync(bucket, key, cancellationToken));
    }

    /// <inheritdoc/>
    public Task WaitForChangeAsync(string bucket, TimeSpan atMost, CancellationToken cancellationToken) =>
        Task.Delay(atMost < _options.LookInterval ? atMost : _options.LookInterval, _time, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<IReadOnlyList<ListedObject>> ListPagesAsync(string bucket, CancellationToken cancellationToken)
    {
        var found = new List<ListedObject>();
        var request = new ListObjectsV2Request { BucketName = bucket };
        ListObjectsV2Response page;
        do
        {
            page = await _client.ListObjectsV2Async(request, cancellationToken);
            found.AddRange((page.S3Objects ?? []).Select(o => new ListedObject(o.Key, Plain(o.ETag))));
            request.ContinuationToken = page.NextContinuationToken;
        } while (page.IsTruncated == true);
        return [.. found.OrderBy(o => o.Key, StringComparer.Ordinal)];
    }

    private async Task<T> GuardAsync<T>(string what, Func<Task<T>> act)
    {
        try
        {
            return await act();
        }
        catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict)
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"Somebody else was faster: the object store does not let us {what}.",
                "Look at what it is now, and run the command again.",
                e
            );
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.Forbidden)
        {
            throw new PlatformException(
                FailureKind.NotAllowed,
                $"The object store at {_options.Endpoint} does not let us {what}: {e.Message}",
                "See whether its access key is right, and what its policy allows.",
                e
            );
        }
        catch (Exception e)
            when (e is AmazonClientException or AmazonS3Exception or HttpRequestException or IOException)
        {
            throw new PlatformException(
                $"The object store at {_options.Endpoint} cannot {what}: {e.Message}",
                $"It is tried again; see whether it runs: {ShellCommand.Kubectl("platform-system", "get", "pods")}",
                e
            );
        }
    }

    private static string Plain(string etag) => etag.Trim('"');
}
