using System.Text;
using System.Text.Json;

namespace Pipelines.Queries;

/// <summary>Sends queries to an engine's session. Neither queries nor the token are ever part of an exception.</summary>
/// <param name="port">The session's port.</param>
/// <param name="token">The session's token.</param>
/// <param name="timeout">The longest wait for an answer.</param>
/// <param name="time">The clock of the wait.</param>
internal sealed class QueryTransport(int port, string token, TimeSpan timeout, TimeProvider time)
{
    // An answer is nested as deeply as the chain is long.
    private static readonly JsonDocumentOptions s_deep = new() { MaxDepth = 100_000 };

    private readonly string _authorization = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(token + ":"));
    private int _requests;

    public SecretTexts Secrets { get; } = new();

    /// <summary>The number of requests so far.</summary>
    public int Requests => _requests;

    /// <summary>Sends a query and blocks until its answer is there.</summary>
    public JsonElement Send(string query, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return Read(LocalHttp.Post(port, "/query", _authorization, Body(query), either.Token));
        }
        catch (System.IO.IOException e)
        {
            throw Gone(e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PipelineException(
                $"The Dagger session on port {port} did not answer within {timeout.TotalMinutes:0} min.",
                "Look at what the engine does; SessionOptions.RequestTimeout allows more time.",
                e
            );
        }
    }

    private JsonElement Read(LocalHttpAnswer response)
    {
        if (response.Status is 401 or 403)
        {
            throw new PipelineException(
                $"The Dagger session on port {port} refuses this program ({response.Status}).",
                "DAGGER_SESSION_PORT and DAGGER_SESSION_TOKEN must be of the same session; let 'dagger run' or 'dagger call' set both."
            );
        }

        JsonElement answer;
        try
        {
            answer = JsonDocument.Parse(response.Body, s_deep).RootElement;
        }
        catch (JsonException e)
        {
            throw new PipelineException(
                $"What answers on port {port} is no Dagger session: HTTP {response.Status} without JSON.",
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
            $"The Dagger session on port {port} answered HTTP {response.Status} with neither data nor errors."
        );
    }

    private PipelineException Gone(Exception e) =>
        new(
            $"The Dagger session on port {port} is gone: {Secrets.Redact(e.Message)}",
            "The engine ended, or the session was closed. Run the command again; 'docker logs' of the engine's container says more.",
            e
        );

    private static byte[] Body(string query)
    {
        var body = new StringBuilder("{\"query\":", query.Length + 64);
        QueryText.WriteText(body, query);
        return Encoding.UTF8.GetBytes(body.Append('}').ToString());
    }
}
