using PlatformLocal.Server.Reconciliation;
using PlatformLocal.Server.Status;

namespace PlatformLocal.Server.Endpoints;

/// <summary>The resource <c>/api/v1/registry-events</c>: what registries of the CNCF project Distribution notify of.</summary>
internal static class RegistryEventEndpoints
{
    public const string Path = "/api/v1/registry-events";

    public static void MapRegistryEvents(this IEndpointRouteBuilder routes) =>
        routes
            .MapPost(Path, PostAsync)
            .WithTags("registry")
            .WithSummary("A registry's notification: environments with an image whose tag was pushed are updated.")
            .Accepts<JsonObject>("application/vnd.docker.distribution.events.v2+json", "application/json")
            .Produces<RegistryEventsDocument>(StatusCodes.Status202Accepted)
            .Produces<ProblemDocument>(StatusCodes.Status400BadRequest, ProblemAnswers.ContentType);

    private static async Task<IResult> PostAsync(
        HttpRequest request,
        ClaimCompiler compiler,
        ServiceResolution resolution,
        EnvironmentFeed feed,
        Reconciler reconciler,
        CancellationToken cancellationToken
    )
    {
        const string document = "the notification";
        var envelope = await RequestBody.ReadAsync(request, document, cancellationToken);
        if (envelope["events"] is not JsonArray events)
        {
            throw new InvalidDocumentException(document, [new Fault("events", "is required, as a list of events")]);
        }

        // Registries tell of every pull and every layer as well.
        var pushed = events.Select(PushedIn).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var environments = new List<string>();
        if (pushed.Count > 0)
        {
            var workspace = compiler.ReadWorkspace().Workspace;
            var services = pushed.SelectMany(p => resolution.Expire(workspace, p)).ToHashSet(StringComparer.Ordinal);
            environments.AddRange(
                feed.All.Where(e => e.Services.Any(s => services.Contains(s.Name))).Select(e => e.EnvironmentName)
            );
        }

        environments.ForEach(reconciler.RequestUpdate);
        return Results.Json(
            new RegistryEventsDocument(environments),
            PlatformJson.Default.RegistryEventsDocument,
            statusCode: StatusCodes.Status202Accepted
        );
    }

    /// <summary>The repository in which a tag was pushed.</summary>
    private static string? PushedIn(JsonNode? source) =>
        source is JsonObject single
        && single.Text("action") == "push"
        && single.Child("target") is { } target
        && target.Text("tag") is { Length: > 0 }
            ? target.Text("repository")
            : null;
}
