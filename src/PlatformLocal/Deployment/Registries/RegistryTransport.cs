using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using PlatformLocal.Kubernetes.Transport;
using Polly;

namespace PlatformLocal.Deployment.Registries;

/// <summary>One request to a registry.</summary>
/// <param name="Repository">What it is about.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Address">Where it goes to.</param>
/// <param name="Actions">What it needs to be allowed, such as <c>pull,push</c>.</param>
internal sealed record RegistryRequest(RepositoryName Repository, HttpMethod Method, Uri Address, string Actions)
{
    /// <summary>Makes the body, for each attempt anew.</summary>
    public Func<HttpContent>? Content { get; init; }

    /// <summary>What came with the answer that is known.</summary>
    public CacheValidator? Validator { get; init; }

    /// <summary>An answer that counts as well, beside success.</summary>
    public HttpStatusCode? Accepted { get; init; }
}

/// <summary>Requests to registries: logs in, repeats, and says what went wrong.</summary>
internal sealed class RegistryTransport : IDisposable
{
    /// <summary>How many bytes a manifest or a page of tags may have.</summary>
    public const int MaximumDocument = 4 * 1024 * 1024;

    // Slower than this is no connection: what a registry trickles would hold up whoever waits for it.
    private const int SlowestBytesPerSecond = 16 * 1024;

    private static readonly string[] s_manifestTypes =
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ];

    private readonly RegistryOptions _options;
    private readonly TimeProvider _time;
    private readonly RegistryAuthentication _authentication;
    private readonly ResiliencePipeline<HttpResponseMessage> _retries;
    private readonly ConcurrentDictionary<string, HttpClient> _clients = new(StringComparer.Ordinal);

    public RegistryTransport(ProgramRunner programs, TimeProvider time, RegistryOptions options)
    {
        _options = options;
        _time = time;
        _authentication = new RegistryAuthentication(new RegistryCredentials(programs, options), time, AskAsync);
        _retries = RetryRules.Build(
            options.Retries,
            options.RetryDelay,
            options.LongestRetryAfter,
            time,
            (outcome, _) => ShouldRetry(outcome)
        );
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    /// <summary>Sends a request, logs in when that is asked for, and repeats what a registry refused for now.</summary>
    /// <exception cref="PlatformException">The registry refuses or cannot be reached.</exception>
    public async Task<HttpResponseMessage> SendAsync(RegistryRequest asked, CancellationToken cancellationToken)
    {
        var repository = asked.Repository;
        var scope = repository.Path.Length == 0 ? "registry:catalog" : $"repository:{repository.Path}";
        scope += $":{asked.Actions}";
        var header = _authentication.Known(repository.Host, scope);
        var response = await TryAsync(asked, header, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            using (response)
            {
                header =
                    await _authentication.AnswerAsync(repository, scope, response, cancellationToken)
                    ?? throw NotAllowed(repository);
            }

            response = await TryAsync(asked, header, cancellationToken);
        }

        if (response.IsSuccessStatusCode || response.StatusCode == asked.Accepted)
        {
            return response;
        }

        using (response)
        {
            throw await FailureAsync(repository, response, asked.Address, cancellationToken);
        }
    }

    private async Task<HttpResponseMessage> TryAsync(
        RegistryRequest asked,
        AuthenticationHeaderValue? header,
        CancellationToken cancellationToken
    )
    {
        var repository = asked.Repository;
        try
        {
            return await _retries.ExecuteAsync(
                async token =>
                {
                    using var request = new HttpRequestMessage(asked.Method, asked.Address)
                    {
                        Content = asked.Content?.Invoke(),
                    };
                    request.Headers.Authorization = header;
                    foreach (var type in s_manifestTypes)
                    {
                        request.Headers.Accept.ParseAdd(type);
                    }

                    request.Headers.Accept.ParseAdd("*/*;q=0.5");
                    if (asked.Validator?.ETag is { } tag)
                    {
                        request.Headers.TryAddWithoutValidation("If-None-Match", tag);
                    }

                    if (asked.Validator?.LastModified is { } modified)
                    {
                        request.Headers.TryAddWithoutValidation("If-Modified-Since", modified);
                    }

                    using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
                    limit.CancelAfter(_options.AnswerLimit);
                    return await ClientOf(repository.Host)
                        .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
                },
                cancellationToken
            );
        }
        catch (Exception e)
            when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(repository, e);
        }
    }

    private async Task<JsonObject?> AskAsync(
        RepositoryName repository,
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(_options.AnswerLimit);
            using var response = await ClientOf(repository.Host)
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return response.IsSuccessStatusCode ? await ReadJsonAsync(repository, response, cancellationToken) : null;
        }
        catch (Exception e)
            when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(repository, e);
        }
    }

    private PlatformException Unreachable(RepositoryName repository, Exception cause) =>
        cause is OperationCanceledException
            ? new(
                FailureKind.NotReadyInTime,
                $"The registry {repository.Host} did not answer within {_options.AnswerLimit.TotalSeconds:0.#} s.",
                "Is it reachable? With --offline only what was fetched before is used.",
                cause
            )
            : new(
                $"The registry {repository.Host} cannot be reached: {cause.InnerException?.Message ?? cause.Message}",
                "Is it running, and is its certificate trusted? With --offline only what was fetched before is used.",
                cause
            );

    private async Task<PlatformException> FailureAsync(
        RepositoryName repository,
        HttpResponseMessage response,
        Uri address,
        CancellationToken cancellationToken
    )
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                return NotAllowed(repository);
            case HttpStatusCode.NotFound:
                return new PlatformException(
                    FailureKind.NotFound,
                    $"{repository.Host} does not have {address.AbsolutePath["/v2/".Length..]}.",
                    "Is the name right, and was it pushed?"
                );
            case HttpStatusCode.TooManyRequests:
                return new PlatformException(
                    $"The registry {repository.Host} refuses more requests for now.",
                    $"Wait {response.Headers.RetryAfter?.ToString() ?? "a while"}, or log in: {ShellCommand.Of("docker", "login", repository.Host)}"
                );
            default:
                var told = await ErrorsInAsync(repository, response, cancellationToken);
                return new PlatformException(
                    $"The registry {repository.Host} answered {(int)response.StatusCode} to {address.AbsolutePath}{told}."
                );
        }
    }

    private async Task<string> ErrorsInAsync(
        RepositoryName repository,
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var body = await ReadJsonAsync(repository, response, cancellationToken);
            var errors = (body["errors"] as JsonArray ?? [])
                .OfType<JsonObject>()
                .Select(e => $"{e.Text("code")}: {e.Text("message")}");
            return string.Join("; ", errors) is { Length: > 0 } told ? $" ({told})" : "";
        }
        catch (PlatformException)
        {
            return ""; // not every proxy in between writes JSON
        }
    }

    private static PlatformException NotAllowed(RepositoryName repository) =>
        new(
            FailureKind.NotAllowed,
            $"The registry {repository.Host} does not let you use {repository.Path}.",
            $"Log in: {ShellCommand.Of("docker", "login", repository.Host)}"
        );

    /// <summary>The JSON object of an answer; empty when it is another value.</summary>
    /// <exception cref="PlatformException">The answer is no JSON, or too large or slow, or breaks off.</exception>
    public async Task<JsonObject> ReadJsonAsync(
        RepositoryName repository,
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
    {
        var content = await ReadAsync(repository, response, MaximumDocument, cancellationToken);
        try
        {
            return JsonText.Parse(content.Span, JsonBody.Limits) as JsonObject ?? [];
        }
        catch (JsonException e)
        {
            throw new PlatformException(
                $"{repository.Host} answered with something that is no JSON: {JsonText.FaultOf(e)}."
            );
        }
    }

    /// <summary>The body of an answer.</summary>
    /// <exception cref="PlatformException">It is too large or slow, or breaks off.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(
        RepositoryName repository,
        HttpResponseMessage response,
        int atMost,
        CancellationToken cancellationToken
    )
    {
        using var limit = new CancellationTokenSource(_options.AnswerLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var started = _time.GetTimestamp();
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(either.Token);
            var content = new MemoryStream();
            var chunk = new byte[64 * 1024];
            int read;
            while ((read = await stream.ReadAsync(chunk, either.Token)) > 0)
            {
                content.Write(chunk, 0, read);
                var earned = TimeSpan.FromSeconds((double)content.Length / SlowestBytesPerSecond);
                var left = _options.AnswerLimit + earned - _time.GetElapsedTime(started);
                limit.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
                if (content.Length > atMost)
                {
                    throw new PlatformException(
                        $"{repository.Host} sent more than {atMost / 1024} KiB for something of {repository.Path}."
                    );
                }
            }

            return content.GetBuffer().AsMemory(0, (int)content.Length);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PlatformException(
                FailureKind.NotReadyInTime,
                $"The registry {repository.Host} sends something of {repository.Path} too slowly.",
                "Is the connection sound? With --offline only what was fetched before is used.",
                e
            );
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new PlatformException(
                $"The connection to the registry {repository.Host} broke: {e.Message}",
                inner: e
            );
        }
    }

    private static bool ShouldRetry(Outcome<HttpResponseMessage> outcome) =>
        outcome switch
        {
            { Result: { } response } => response.StatusCode
                is HttpStatusCode.TooManyRequests
                    or HttpStatusCode.InternalServerError
                    or HttpStatusCode.BadGateway
                    or HttpStatusCode.ServiceUnavailable
                    or HttpStatusCode.GatewayTimeout,
            // What was never reached is told at once: a wrong address does not get right by waiting.
            { Exception: HttpRequestException e } => e.HttpRequestError
                is HttpRequestError.ResponseEnded
                    or HttpRequestError.InvalidResponse,
            _ => false,
        };

    private HttpClient ClientOf(string host) =>
        _clients.GetOrAdd(
            host,
            h =>
            {
                var client = new HttpClient(NewHandler(h)) { Timeout = Timeout.InfiniteTimeSpan };
                client.DefaultRequestHeaders.UserAgent.ParseAdd("platformctl");
                return client;
            }
        );

    // As Docker has it: what is in the folder of a host is trusted for that host alone.
    private SocketsHttpHandler NewHandler(string host)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        var authority = Path.Combine(_options.CertificatesFolder, host, "ca.crt");
        if (File.Exists(authority))
        {
            var policy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                TrustMode = X509ChainTrustMode.CustomRootTrust,
            };
            policy.CustomTrustStore.ImportFromPemFile(authority);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        return handler;
    }
}
