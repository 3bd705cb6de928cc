using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using PlatformLocal.Core.Documents;

namespace PlatformLocal.Client;

/// <summary>The Platform API as a client sees it.</summary>
public sealed class PlatformApiClient : IDisposable
{
    /// <summary>What to do when a platform does not answer.</summary>
    public static string LookAtPlatform { get; } = $"Look at it with: {ShellCommand.Platformctl("platform-status")}";

    /// <summary>How often a stream of events says that it is still there.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan SilenceLimit = HeartbeatInterval * 3;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan PatienceInterval = TimeSpan.FromMilliseconds(500);

    private const string Environments = "api/v1/environments";
    private const string Workspace = "api/v1/workspace";

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <summary>A client of an API that is reached by an address, where anybody could answer.</summary>
    /// <param name="address">The API's address.</param>
    /// <param name="token">The token: it is never sent, and nobody is spoken to who does not know it.</param>
    /// <param name="time">The clock of requests and waits; the system's when <see langword="null"/>.</param>
    public PlatformApiClient(Uri address, string token, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _http = ApiConnection.ByAddress(address, token, _time);
    }

    /// <summary>
    /// A client of an API on this machine, by a socket in a folder that is its user's alone: the system knows who is at
    /// both ends. It is also the faster way: keys and proofs cost a command 27 ms and 11 MiB at its start.
    /// </summary>
    /// <param name="address">The API's address, as requests name it.</param>
    /// <param name="socket">The socket.</param>
    /// <param name="time">The clock of requests and waits.</param>
    public PlatformApiClient(Uri address, UnixDomainSocketEndPoint socket, TimeProvider time)
    {
        _time = time;
        _http = ApiConnection.BySocket(address, socket);
    }

    /// <summary>The API's address.</summary>
    public Uri Address => _http.BaseAddress!;

    /// <summary>How long an API that went away may take to come back while somebody waits for it.</summary>
    /// <value>None unless set: a process that ended stays so until it is started.</value>
    public TimeSpan Patience { get; init; }

    /// <summary>What is told when the API that answers is of a version that this client does not understand.</summary>
    /// <value>That it gives no proof of being the platform's, unless set.</value>
    public PlatformException? OtherVersion { get; init; }

    /// <summary>The workspace that the platform has.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The API refuses or does not answer.</exception>
    public Task<WorkspaceDocument> GetWorkspaceAsync(CancellationToken cancellationToken) =>
        GetAsync(Workspace, PlatformJson.Default.WorkspaceDocument, cancellationToken);

    /// <summary>Hands a workspace over to a platform that cannot see the folder.</summary>
    /// <param name="archive">The workspace as a tar file.</param>
    /// <param name="cancellationToken">Stops the upload.</param>
    /// <exception cref="PlatformException">The workspace is not valid or too large, or the API does not answer.</exception>
    public async Task PutWorkspaceAsync(ReadOnlyMemory<byte> archive, CancellationToken cancellationToken)
    {
        using var answer = await PatientlyAsync(
            () => SendAsync(UploadOf(archive), cancellationToken),
            cancellationToken
        );
    }

    /// <summary>The platform itself.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The API refuses or does not answer.</exception>
    public Task<PlatformDocument> GetPlatformAsync(CancellationToken cancellationToken) =>
        GetAsync("api/v1/platform", PlatformJson.Default.PlatformDocument, cancellationToken);

    /// <summary>Whether the API answers at all.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">What answers is of another version.</exception>
    public async Task<bool> IsAnsweringAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, "healthz"), cancellationToken);
            return true;
        }
        catch (PlatformException e) when (e != OtherVersion)
        {
            return false;
        }
    }

    /// <summary>Asks the serving process to end.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The API refuses or does not answer.</exception>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, "api/v1/platform/stop", cancellationToken);
    }

    /// <summary>All environments that match a query.</summary>
    /// <param name="query">Words, <c>field:text</c> within one field; empty for all.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The API refuses or does not answer.</exception>
    public Task<EnvironmentListDocument> ListAsync(string query, CancellationToken cancellationToken) =>
        GetAsync(
            query.Length == 0 ? Environments : $"{Environments}?q={Uri.EscapeDataString(query)}",
            PlatformJson.Default.EnvironmentListDocument,
            cancellationToken
        );

    /// <summary>One environment.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">There is none, or the API refuses or does not answer.</exception>
    public Task<EnvironmentDocument> GetAsync(string name, CancellationToken cancellationToken) =>
        GetAsync(PathOf(name), PlatformJson.Default.EnvironmentDocument, cancellationToken);

    /// <summary>One environment, or <see langword="null"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The API refuses or does not answer.</exception>
    public async Task<EnvironmentDocument?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(name, cancellationToken);
        }
        catch (PlatformException e) when (e.Kind == FailureKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>Stores the claim a payload makes, if the environment is still as the caller knows it.</summary>
    /// <param name="name">The environment's name.</param>
    /// <param name="request">The payload, and how it is deployed.</param>
    /// <param name="knownRevision">The claim's tag as the caller knows it; <see langword="null"/> when it knows of none.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">
    /// The claim is refused, or somebody else changed the environment meanwhile (<see cref="FailureKind.Conflict"/>).
    /// </exception>
    public Task<EnvironmentDocument> PutAsync(
        string name,
        DeployRequest request,
        string? knownRevision,
        CancellationToken cancellationToken
    ) => PutAsync(name, request, knownRevision ?? "*", PlatformJson.Default.EnvironmentDocument, cancellationToken);

    /// <summary>What deploying a payload would change.</summary>
    /// <param name="name">The environment's name.</param>
    /// <param name="request">The payload, and how it would be deployed.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The claim, or something it names, is refused.</exception>
    public Task<PlanDocument> PlanAsync(string name, DeployRequest request, CancellationToken cancellationToken) =>
        PutAsync(name, request with { DryRun = true }, null, PlatformJson.Default.PlanDocument, cancellationToken);

    /// <summary>Removes an environment's claim: its removal goes on by itself.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The environment as it is then.</returns>
    /// <exception cref="PlatformException">There is no such environment, or the API refuses.</exception>
    public async Task<EnvironmentDocument> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Delete, PathOf(name), cancellationToken);
        return await ReadAsync(response, PlatformJson.Default.EnvironmentDocument, cancellationToken);
    }

    /// <summary>An environment as it is now and after each change; ends when it is removed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <exception cref="PlatformException">There is no such environment, or the connection broke.</exception>
    public async IAsyncEnumerable<EnvironmentDocument> WatchAsync(
        string name,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using var response = await SendAsync(HttpMethod.Get, PathOf(name) + "/events", cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var parser = SseParser.Create(
            stream,
            (type, data) =>
                type == "environment"
                    ? JsonSerializer.Deserialize(data, PlatformJson.Default.EnvironmentDocument)
                    : null
        );
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var events = parser.EnumerateAsync(silence.Token).GetAsyncEnumerator(silence.Token);
        while (true)
        {
            try
            {
                silence.CancelAfter(SilenceLimit);
                if (!await events.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (Exception e)
                when (e is HttpRequestException or IOException
                    || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                )
            {
                throw Unreachable(e);
            }

            if (events.Current.Data is { } document)
            {
                yield return document;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string PathOf(string name) => $"{Environments}/{Uri.EscapeDataString(name)}";

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, cancellationToken);
        return await ReadAsync(response, type, cancellationToken);
    }

    private async Task<T> PutAsync<T>(
        string name,
        DeployRequest request,
        string? knownRevision,
        JsonTypeInfo<T> type,
        CancellationToken cancellationToken
    )
    {
        var body = JsonSerializer.Serialize(request, PlatformJson.Default.DeployRequest);
        using var response = await SendAsync(HttpMethod.Put, PathOf(name), cancellationToken, body, knownRevision);
        return await ReadAsync(response, type, cancellationToken);
    }

    // A write that depends on what was there is not sent again: whether it was done is not known.
    private Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        CancellationToken cancellationToken,
        string? body = null,
        string? knownRevision = null
    )
    {
        return method == HttpMethod.Get || (method == HttpMethod.Put && knownRevision is null)
            ? PatientlyAsync(SendOnceAsync, cancellationToken)
            : SendOnceAsync();

        Task<HttpResponseMessage> SendOnceAsync() =>
            SendAsync(RequestOf(method, path, body, knownRevision), cancellationToken);
    }

    /// <summary>Sends what changes nothing by being sent twice, until a replica that went is replaced by another one.</summary>
    private async Task<HttpResponseMessage> PatientlyAsync(
        Func<Task<HttpResponseMessage>> send,
        CancellationToken cancellationToken
    )
    {
        long started = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return await send();
            }
            catch (PlatformException e)
                when (e.Kind == FailureKind.NotReadyInTime && _time.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(PatienceInterval, _time, cancellationToken);
            }
        }
    }

    private static HttpRequestMessage UploadOf(ReadOnlyMemory<byte> archive)
    {
        var content = new ReadOnlyMemoryContent(archive);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        return new HttpRequestMessage(HttpMethod.Put, Workspace) { Content = content };
    }

    private static HttpRequestMessage RequestOf(HttpMethod method, string path, string? body, string? knownRevision)
    {
        var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        if (knownRevision is "*")
        {
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        }
        else if (knownRevision is not null)
        {
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{knownRevision}\""));
        }

        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var sent = request;
        HttpResponseMessage response;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswerLimit);
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (Exception e)
            when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(e);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await ProblemOfAsync(response, cancellationToken);
        }
    }

    private PlatformException Unreachable(Exception cause) =>
        OtherVersion is { } other && cause.InnerException is NoProofException
            ? other
            : new PlatformException(
                Patience > TimeSpan.Zero ? FailureKind.NotReadyInTime : FailureKind.Failed,
                $"The Platform API at {_http.BaseAddress} does not answer: "
                    + (cause is OperationCanceledException ? "it is silent" : cause.Message),
                LookAtPlatform,
                cause
            );

    private static async Task<PlatformException> ProblemOfAsync(
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var problem = await ReadAsync(response, PlatformJson.Default.ProblemDocument, cancellationToken);
            if (problem.Faults.Count > 0)
            {
                return new InvalidDocumentException(
                    problem.Title,
                    [.. problem.Faults.Select(f => new Fault(f.Path, f.Message))]
                );
            }

            return new PlatformException(problem.Kind, problem.Detail ?? problem.Title, problem.NextStep);
        }
        catch (JsonException)
        {
            return new PlatformException(
                response.StatusCode == HttpStatusCode.NotFound ? FailureKind.NotFound : FailureKind.Failed,
                $"The Platform API answered {(int)response.StatusCode} {response.ReasonPhrase}."
            );
        }
    }

    private static async Task<T> ReadAsync<T>(
        HttpResponseMessage response,
        JsonTypeInfo<T> type,
        CancellationToken cancellationToken
    )
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync(stream, type, cancellationToken)
            ?? throw new JsonException("The answer is null.");
    }
}
