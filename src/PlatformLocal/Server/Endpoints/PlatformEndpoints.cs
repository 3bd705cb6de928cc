using PlatformLocal.Platform.PlatformServices.Installation;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Server.Reconciliation;
using PlatformLocal.Server.Status;

namespace PlatformLocal.Server.Endpoints;

/// <summary>The resource <c>/api/v1/platform</c> and the probes.</summary>
internal static class PlatformEndpoints
{
    public static void MapPlatform(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => Results.Text("ok\n")).WithTags("probes");
        routes.MapGet("/readyz", ReadyAsync).WithTags("probes");
        var group = routes.MapGroup("/api/v1/platform").WithTags("platform");
        group.MapGet("/", GetAsync).WithSummary("The platform and its parts.").Produces<PlatformDocument>();
        group
            .MapPost("/stop", Stop)
            .WithSummary("End the serving process; everything is kept.")
            .Produces(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ReadyAsync(
        KubernetesClient kubernetes,
        IServiceProvider services,
        CancellationToken cancellationToken
    )
    {
        var election = services.GetService<LeaderElection>();
        var fault =
            election is { Current: null } ? "no replica leads"
            : await kubernetes.IsReadyAsync(cancellationToken) ? null
            : "the cluster is not ready";
        return fault is null
            ? Results.Text("ok\n")
            : Results.Text(fault + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> GetAsync(
        ServeOptions options,
        ServedCluster cluster,
        KubernetesClient kubernetes,
        EnvironmentFeed feed,
        EnvironmentDeliveries deliveries,
        WorkspaceSource workspace,
        IServiceProvider services,
        HttpRequest request,
        CancellationToken cancellationToken
    )
    {
        var version = await kubernetes.GetVersionAsync(cancellationToken);
        var state = options.State;
        var choice = PlatformServiceSelection.Remembered(state.ReadSettings(), options.Workspace ?? "");
        var platform = new PlatformDocument
        {
            Name = state.Platform,
            Version = options.Version,
            Cluster = cluster.Kind,
            KubernetesVersion = version.GitVersion,
            Simulated = cluster.IsSimulated,
            Workspace = options.Workspace ?? workspace.Digest ?? "none uploaded yet",
            Kubeconfig = state.Kubeconfig,
            Started = cluster.Since,
            ProcessId = System.Environment.ProcessId,
            Parts =
            [
                new PartDocument("cluster", cluster.Kind, kubernetes.Connection.Server.ToString()),
                new PartDocument(PartDocument.PlatformApi, ApiKind(services), $"http://{request.Host}/"),
                options.Replica?.ObjectStore is { } s3
                    ? new PartDocument("object store", "S3", s3.Endpoint.ToString())
                    : new PartDocument("object store", "directory", state.Buckets),
                new PartDocument("search index", "memory", "rebuilt from the claims at start"),
                new PartDocument("secrets", "encrypted file", state.Secrets),
                deliveries.Default == DeliveryKind.Flux
                    ? new PartDocument("delivery", cluster.IsSimulated ? "flux, played" : "flux", "OCI artifacts")
                    : new PartDocument("delivery", "direct", "server-side apply"),
            ],
            Services = await PlatformServiceStatus.ReadAsync(kubernetes, choice, cancellationToken),
            Environments = feed
                .All.GroupBy(e => e.Phase)
                .ToDictionary(g => g.Key.ToString().ToLowerInvariant(), g => g.Count(), StringComparer.Ordinal),
        };
        return Results.Json(platform, PlatformJson.Default.PlatformDocument);
    }

    private static string ApiKind(IServiceProvider services) =>
        services.GetService<LeaderElection>()?.Current is { } leader
            ? $"HTTP, in the cluster; {leader.Identity} leads"
            : "HTTP";

    private static IResult Stop(IHostApplicationLifetime lifetime)
    {
        lifetime.StopApplication();
        return Results.StatusCode(StatusCodes.Status202Accepted);
    }
}
