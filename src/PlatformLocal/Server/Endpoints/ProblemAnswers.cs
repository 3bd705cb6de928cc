using Microsoft.AspNetCore.Connections;

namespace PlatformLocal.Server.Endpoints;

/// <summary>Turns failures into problem details (RFC 9457).</summary>
internal static partial class ProblemAnswers
{
    public const string ContentType = "application/problem+json";

    /// <summary>Answers every failure of what comes after with a problem; unexpected ones are logged, not shown.</summary>
    public static void UseProblems(this WebApplication app) =>
        app.Use(next => context => AnswerProblemsAsync(context, next));

    private static async Task AnswerProblemsAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await AnswerAsync(context, next);
        }
        catch (Exception e) when (HasGone(e, context))
        {
            LogGone(LoggerOf(context), context.Request.Method, context.Request.Path, e.Message);
        }
    }

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: 404 or 405 or 415 or 401 } response)
            {
                await WriteAsync(context, ProblemOf(response.StatusCode, context.Request));
            }
        }
        catch (PlatformException e) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, ProblemOf(e));
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await WriteAsync(
                context,
                new ProblemDocument
                {
                    Title = "The request is not valid",
                    Status = e.StatusCode,
                    Detail = e.Message,
                    Kind = FailureKind.InvalidInput,
                }
            );
        }
        catch (Exception e) when (!HasGone(e, context) && !context.Response.HasStarted)
        {
            LogUnexpected(LoggerOf(context), e, context.Request.Method, context.Request.Path);
            await WriteAsync(
                context,
                new ProblemDocument
                {
                    Title = "An unexpected failure",
                    Status = StatusCodes.Status500InternalServerError,
                    Detail = $"An unexpected failure: {e.Message}",
                    NextStep = "The platform's log has the details; please report it.",
                }
            );
        }
    }

    /// <summary>Whether nobody listens any more: whoever leaves while sending is heard of by the stream first.</summary>
    private static bool HasGone(Exception e, HttpContext context) =>
        e is ConnectionResetException or ConnectionAbortedException
        || (e is OperationCanceledException && context.RequestAborted.IsCancellationRequested);

    private static ILogger LoggerOf(HttpContext context) =>
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("PlatformApi");

    private static Task WriteAsync(HttpContext context, ProblemDocument problem)
    {
        context.Response.StatusCode = problem.Status;
        return context.Response.WriteAsJsonAsync(
            problem,
            PlatformJson.Default.ProblemDocument,
            ContentType,
            context.RequestAborted
        );
    }

    private static ProblemDocument ProblemOf(PlatformException failure) =>
        new()
        {
            Title = failure is InvalidDocumentException invalid ? invalid.Document : failure.Message,
            Status = StatusOf(failure.Kind),
            Detail = failure.Message,
            NextStep = failure.NextStep,
            Kind = failure.Kind,
            Faults = failure is InvalidDocumentException { Faults: var faults }
                ? [.. faults.Select(f => new FaultDocument(f.Path, f.Message))]
                : [],
        };

    private static ProblemDocument ProblemOf(int status, HttpRequest request) =>
        status switch
        {
            StatusCodes.Status401Unauthorized => new ProblemDocument
            {
                Title = "The bearer token is missing or wrong",
                Status = status,
                NextStep = "The token is in the platform's state folder, in the file 'token'.",
                Kind = FailureKind.NotAllowed,
            },
            StatusCodes.Status415UnsupportedMediaType => new ProblemDocument
            {
                Title = $"{request.Method} {request.Path} takes no body of the type '{request.ContentType}'",
                Status = status,
                NextStep =
                    "Claims are sent with the header Content-Type: application/json, a workspace with application/x-tar.",
                Kind = FailureKind.InvalidInput,
            },
            _ => new ProblemDocument
            {
                Title = $"{request.Method} {request.Path} is not part of this API",
                Status = status,
                NextStep = "See /openapi/v1.json for what is.",
                Kind = FailureKind.NotFound,
            },
        };

    private static int StatusOf(FailureKind kind) =>
        kind switch
        {
            FailureKind.InvalidInput => StatusCodes.Status400BadRequest,
            FailureKind.NotFound => StatusCodes.Status404NotFound,
            FailureKind.Conflict => StatusCodes.Status409Conflict,
            FailureKind.NotReadyInTime => StatusCodes.Status504GatewayTimeout,
            FailureKind.NotAllowed => StatusCodes.Status403Forbidden,
            _ => StatusCodes.Status500InternalServerError,
        };

    [LoggerMessage(LogLevel.Debug, "{Method} {Path} was given up: {Why}")]
    private static partial void LogGone(ILogger logger, string method, PathString path, string why);

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed unexpectedly")]
    private static partial void LogUnexpected(ILogger logger, Exception cause, string method, PathString path);
}
