using PlatformLocal.Server.Environments;
using PlatformLocal.Server.Reconciliation;
using PlatformLocal.Server.Status;

namespace PlatformLocal.Server.Endpoints;

/// <summary>The resource <c>/api/v1/environments</c>.</summary>
internal static class EnvironmentEndpoints
{
    public const string Path = "/api/v1/environments";

    public static void MapEnvironments(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Path).WithTags("environments");
        group
            .MapGet("/", List)
            .WithSummary("All environments; q=words finds, q=field:text within one field.")
            .Produces<EnvironmentListDocument>()
            .Produces<ProblemDocument>(StatusCodes.Status400BadRequest, ProblemAnswers.ContentType);
        group
            .MapPost("/", CreateAsync)
            .WithSummary(
                "Create an environment from a payload, or from a request with the payload as its claim; dryRun=true only plans."
            )
            .Accepts<JsonObject>("application/json")
            .Produces<EnvironmentDocument>(StatusCodes.Status201Created)
            .Produces<ProblemDocument>(StatusCodes.Status400BadRequest, ProblemAnswers.ContentType)
            .Produces<ProblemDocument>(StatusCodes.Status409Conflict, ProblemAnswers.ContentType);
        group
            .MapGet("/{name}", GetAsync)
            .WithSummary("One environment with its claim and its history.")
            .Produces<EnvironmentDocument>()
            .Produces<ProblemDocument>(StatusCodes.Status404NotFound, ProblemAnswers.ContentType);
        group
            .MapPut("/{name}", PutAsync)
            .WithSummary(
                "Create or change an environment; If-Match and If-None-Match guard it; dryRun=true only plans; "
                    + "rollback=N puts back what its history has under N, and the body is {}."
            )
            .Accepts<JsonObject>("application/json")
            .Produces<EnvironmentDocument>()
            .Produces<ProblemDocument>(StatusCodes.Status400BadRequest, ProblemAnswers.ContentType)
            .Produces<ProblemDocument>(StatusCodes.Status409Conflict, ProblemAnswers.ContentType);
        group
            .MapDelete("/{name}", DeleteAsync)
            .WithSummary("Remove an environment: its claim now, its objects soon after.")
            .Produces<EnvironmentDocument>(StatusCodes.Status202Accepted)
            .Produces<ProblemDocument>(StatusCodes.Status404NotFound, ProblemAnswers.ContentType);
        group
            .MapGet("/{name}/events", Events)
            .WithSummary("Server-sent events: the environment now and after each change, until it is removed.")
            .Produces<EnvironmentDocument>(contentType: "text/event-stream");
    }

    private static IResult List(string? q, EnvironmentFeed feed, MemorySearchIndex index)
    {
        var all = feed.All.Select(d => d with { Claim = null });
        if (!string.IsNullOrWhiteSpace(q))
        {
            SearchDocuments.RequireFields(q);
            var found = index.Search(q);
            all = all.Where(d => found.Contains(d.EnvironmentName, StringComparer.Ordinal));
        }

        return Json(new EnvironmentListDocument([.. all]));
    }

    private static async Task<IResult> GetAsync(
        string name,
        EnvironmentFeed feed,
        EnvironmentStatus status,
        EnvironmentDeliveries deliveries,
        Reconciler reconciler,
        ClaimStore claims,
        HttpResponse response,
        CancellationToken cancellationToken
    )
    {
        var known = feed.Find(name) ?? throw feed.NotFound(name);
        if (known is { Phase: EnvironmentPhase.Ready, Cluster: null })
        {
            // Others change this, and nobody tells.
            var look = await deliveries.LookAsync(name, cancellationToken);
            known = status.Look(known, look.Remarks);
            known = look.Leaving.Count > 0 ? reconciler.Restore(name, look.Leaving) : known;
        }

        // Read together: whoever changes this claim under this tag changes nothing newer than what it saw.
        var stored = Names.FaultOf(name) is null ? await claims.GetAsync(name, cancellationToken) : null;
        if (stored is not null)
        {
            response.Headers.ETag = $"\"{stored.Revision}\"";
        }

        var found = known with
        {
            Revision = stored?.Revision ?? "",
            Claim = stored is null ? known.Claim : stored.Source(),
        };
        try
        {
            var history = await claims.GetHistoryAsync(name, cancellationToken);
            return Json(found with { History = history.ToDocuments() });
        }
        catch (UnreadableObjectException e)
        {
            // As the next pass over it will find it: what cannot be read is not told as if there were nothing.
            return Json(status.Foresee(found, e));
        }
    }

    private static async Task<IResult> CreateAsync(
        HttpRequest request,
        [AsParameters] DeployQuery query,
        EnvironmentWriter writer,
        CancellationToken cancellationToken
    )
    {
        var asked = query.With(await RequestBody.ReadAsync(request, "the payload", cancellationToken), name: null);
        if (asked.DryRun)
        {
            return Results.Json(await writer.PlanAsync(asked, cancellationToken), PlatformJson.Default.PlanDocument);
        }

        var created = await writer.WriteAsync(asked, WriteCondition.Absent, cancellationToken);
        request.HttpContext.Response.Headers.Location = $"{Path}/{created.EnvironmentName}";
        return Json(created, StatusCodes.Status201Created);
    }

    private static async Task<IResult> PutAsync(
        string name,
        HttpRequest request,
        [AsParameters] DeployQuery query,
        EnvironmentWriter writer,
        CancellationToken cancellationToken
    )
    {
        var asked = query.With(await RequestBody.ReadAsync(request, "the payload", cancellationToken), name);
        if (asked.DryRun)
        {
            return Results.Json(await writer.PlanAsync(asked, cancellationToken), PlatformJson.Default.PlanDocument);
        }

        var written = await writer.WriteAsync(asked, ConditionOf(request), cancellationToken);
        request.HttpContext.Response.Headers.ETag = $"\"{written.Revision}\"";
        return Json(written);
    }

    private static async Task<IResult> DeleteAsync(
        string name,
        HttpRequest request,
        EnvironmentFeed feed,
        ClaimStore claims,
        Reconciler reconciler,
        CancellationToken cancellationToken
    )
    {
        var known = feed.Find(name);
        if (known is null && await claims.GetAsync(name, cancellationToken) is null)
        {
            throw feed.NotFound(name);
        }

        await claims.DeleteAsync(name, ConditionOf(request), cancellationToken);
        return Json(reconciler.Request(name, revision: null), StatusCodes.Status202Accepted);
    }

    private static IResult Events(
        string name,
        EnvironmentFeed feed,
        TimeProvider time,
        CancellationToken cancellationToken
    ) =>
        feed.Find(name) is null ? throw feed.NotFound(name) : EnvironmentEvents.Of(feed, name, time, cancellationToken);

    private static WriteCondition ConditionOf(HttpRequest request)
    {
        var match = request.GetTypedHeaders().IfMatch;
        if (match is [var tag, ..] && tag.Tag.Value != "*")
        {
            return WriteCondition.Matches(tag.Tag.ToString().Trim('"'));
        }

        return request.GetTypedHeaders().IfNoneMatch is [{ Tag.Value: "*" }, ..]
            ? WriteCondition.Absent
            : WriteCondition.None;
    }

    private static IResult Json(EnvironmentDocument document, int status = StatusCodes.Status200OK) =>
        Results.Json(document, PlatformJson.Default.EnvironmentDocument, statusCode: status);

    private static IResult Json(EnvironmentListDocument document) =>
        Results.Json(document, PlatformJson.Default.EnvironmentListDocument);
}
