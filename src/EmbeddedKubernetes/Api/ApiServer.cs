using System.Security.Cryptography;
using EmbeddedKubernetes.Api.Documents;
using EmbeddedKubernetes.Api.Requests;
using EmbeddedKubernetes.Certificates;
using EmbeddedKubernetes.Objects;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EmbeddedKubernetes.Api;

/// <summary>From an HTTP request to the part that answers it.</summary>
internal sealed partial class ApiServer(ClusterObjects objects, string token, ILogger log, CancellationToken stopping)
{
    private readonly byte[] _token = Encoding.UTF8.GetBytes(token);
    private readonly ServiceAccountTokens _accounts = new(token, objects.Time);
    private readonly ResourceEndpoint _resources = new(objects, new(token, objects.Time), stopping);
    private readonly Discovery _discovery = new(objects.Catalogue);
    private readonly OpenApiDocuments _openApi = new(objects.Catalogue);

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await AnswerAsync(context);
        }
        catch (Exception e) when (HasGone(e, context))
        {
            LogBroken(context.Request.Method, context.Request.Path, e.Message);
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context);
        }
        catch (ApiException e)
        {
            await RefuseAsync(context, e);
        }
        catch (StorageException e)
        {
            await RefuseAsync(context, new ApiException(507, "InternalError", e.Message));
        }
        catch (BadHttpRequestException e)
        {
            // What was sent is no HTTP, or ended before its end: then nobody hears this.
            LogBroken(context.Request.Method, context.Request.Path, e.Message);
            await RefuseAsync(context, new ApiException(e.StatusCode, "BadRequest", e.Message));
        }
        catch (Exception e) when (!HasGone(e, context) && !context.Response.HasStarted)
        {
            // The boundary: whatever went wrong, the client hears it as a Status.
            LogUnexpected(e, context.Request.Method, context.Request.Path);
            await RefuseAsync(context, ApiException.Internal("Internal error occurred: " + e.Message));
        }
    }

    /// <summary>Whether this is the end of a client, or of the server, and no failure.</summary>
    private bool HasGone(Exception e, HttpContext context) =>
        e is ConnectionResetException or ConnectionAbortedException
        || (
            e is OperationCanceledException
            && (context.RequestAborted.IsCancellationRequested || stopping.IsCancellationRequested)
        );

    private static async Task RefuseAsync(HttpContext context, ApiException error)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        await ApiResponse.WriteAsync(context, error.Code, error.ToStatus());
    }

    private async Task RouteAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "/";
        switch (path.TrimEnd('/'))
        {
            case "/readyz" or "/livez" or "/healthz":
            case var part when part.StartsWith("/readyz/", StringComparison.Ordinal):
            case var other when other.StartsWith("/livez/", StringComparison.Ordinal):
                await ApiResponse.WriteTextAsync(context, 200, "ok");
                return;
            case "/version":
                await ApiResponse.WriteAsync(context, 200, ServerVersion.ToJson());
                return;
        }
        Authenticate(context);
        if (path == "/metrics")
        {
            await ApiResponse.WriteAsync(context, 200, Metrics.Of(objects.Store), Metrics.ContentType);
            return;
        }
        var request = new ApiRequest(context, objects.Time);
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            if (_discovery.TryAnswer(path, request, out var answer, out var type))
            {
                await ApiResponse.WriteAsync(context, 200, answer, type);
                return;
            }
            if (path.StartsWith("/openapi/", StringComparison.Ordinal))
            {
                var document = _openApi.Answer(path, request) ?? throw ApiException.NoSuchPath();
                await ApiResponse.WriteAsync(context, 200, document.Body, document.Type);
                return;
            }
        }
        if (RequestTarget.Parse(path, objects.Catalogue) is not { } target)
        {
            if (RequestTarget.IsInKnownGroup(path, objects.Catalogue))
            {
                throw ApiException.NoSuchPath();
            }
            await ApiResponse.WriteTextAsync(context, 404, "404 page not found\n");
            return;
        }
        await _resources.HandleAsync(request, target);
    }

    private void Authenticate(HttpContext context)
    {
        const string scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        if (
            header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(header[scheme.Length..].Trim()), _token)
        )
        {
            return;
        }
        if (
            header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && _accounts.Read(header[scheme.Length..].Trim()) is { } claims
        )
        {
            throw new ApiException(
                403,
                "Forbidden",
                $"forbidden: User \"{claims.Str("sub")}\" may do nothing: this cluster does not evaluate roles; use the token of its kubeconfig"
            );
        }
        throw new ApiException(401, "Unauthorized", "Unauthorized");
    }

    [LoggerMessage(LogLevel.Debug, "{Method} {Path} was broken off: {Why}")]
    private partial void LogBroken(string method, PathString path, string why);

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed unexpectedly")]
    private partial void LogUnexpected(Exception cause, string method, PathString path);
}
