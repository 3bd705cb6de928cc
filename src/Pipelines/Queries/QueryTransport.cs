using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Pipelines.Queries;

/// <summary>Sends queries to an engine's session. Neither queries nor the token are ever part of an exception.</summary>
internal sealed class QueryTransport : IDisposable
{
    // An answer is nested as deeply as the chain is long.
    private static readonly JsonDocumentOptions s_deep = new() { MaxDepth = 100_000 };

    private readonly HttpClient _http;
    private readonly int _port;

    public QueryTransport(int port, string token, TimeSpan timeout)
    {
        _port = port;
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
            }
        )
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}/query"),
            Timeout = timeout,
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes(token + ":"))
        );
    }

    public SecretTexts Secrets { get; } = new();

    /// <summary>The number of requests so far.</summary>
    public int Requests { get; private set; }

    public async Task<JsonElement> SendAsync(string query, CancellationToken cancellationToken)
    {
        Requests++;
        try
        {
            using var content = new ByteArrayContent(Body(query));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, _http.BaseAddress) { Content = content };
            using var response = await _http.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                cancellationToken
            );
            return await ReadAsync(response, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw Gone(e);
        }
        catch (System.IO.IOException e)
        {
            throw Gone(e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PipelineException(
                $"The Dagger session on port {_port} did not answer within {_http.Timeout.TotalMinutes:0} min.",
                "Look at what the engine does; SessionOptions.RequestTimeout allows more time.",
                e
            );
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            throw new PipelineException(
                $"The Dagger session on port {_port} refuses this program ({(int)response.StatusCode}).",
                "DAGGER_SESSION_PORT and DAGGER_SESSION_TOKEN must be of the same session; let 'dagger run' or 'dagger call' set both."
            );
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        JsonElement answer;
        try
        {
            using var document = await JsonDocument.ParseAsync(stream, s_deep, cancellationToken);
            answer = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new PipelineException(
                $"What answers on port {_port} is no Dagger session: HTTP {(int)response.StatusCode} without JSON.",
                "Check DAGGER_SESSION_PORT.",
                e
            );
        }

        if (answer.ValueKind == JsonValueKind.Object)
        {
            if (
                answer.TryGetProperty("errors", out var errors)
                && errors.ValueKind == JsonValueKind.Array
                && errors.GetArrayLength() > 0
            )
            {
                throw EngineFault.ToException(errors[0], Secrets);
            }

            if (answer.TryGetProperty("data", out var data))
            {
                return data;
            }
        }

        throw new PipelineException(
            $"The Dagger session on port {_port} answered HTTP {(int)response.StatusCode} with neither data nor errors."
        );
    }

    private PipelineException Gone(Exception e) =>
        new(
            $"The Dagger session on port {_port} is gone: {Secrets.Redact(e.Message)}",
            "The engine ended, or the session was closed. Run the command again; 'docker logs' of the engine's container says more.",
            e
        );

    private static byte[] Body(string query)
    {
        using var body = new System.IO.MemoryStream(query.Length + 64);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("query", query);
            json.WriteEndObject();
        }

        return body.ToArray();
    }
}
