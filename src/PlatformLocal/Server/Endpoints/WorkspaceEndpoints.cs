using Microsoft.AspNetCore.Http.Features;

namespace PlatformLocal.Server.Endpoints;

/// <summary>The resource <c>/api/v1/workspace</c> of a platform that cannot see the folder.</summary>
internal static class WorkspaceEndpoints
{
    public static void MapWorkspace(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/workspace").WithTags("workspace");
        group
            .MapGet("/", (WorkspaceSource source) => Json(source))
            .WithSummary("Which workspace the platform has.")
            .Produces<WorkspaceDocument>();
        group
            .MapPut("/", PutAsync)
            .WithSummary("Hand over a workspace, as a tar file of at most 64 MiB.")
            .Accepts<byte[]>("application/x-tar")
            .Produces<WorkspaceDocument>()
            .Produces<ProblemDocument>(StatusCodes.Status400BadRequest, ProblemAnswers.ContentType);
    }

    private static async Task<IResult> PutAsync(
        HttpRequest request,
        WorkspaceSource source,
        CancellationToken cancellationToken
    )
    {
        if (!source.TakesUploads)
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"This platform reads its workspace from {source.Folder}.",
                "Change the files there."
            );
        }

        if (request.ContentLength is null or > WorkspaceArchive.MaximumBytes)
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"A workspace comes with its length, of at most {WorkspaceArchive.MaximumBytes / 1024 / 1024} MiB."
            );
        }

        request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = request.ContentLength;
        var content = new byte[(int)request.ContentLength.Value];
        await RequestBody.FillAsync(request, content, cancellationToken);
        source.Upload(WorkspaceArchive.Of(content));
        return Json(source);
    }

    private static IResult Json(WorkspaceSource source) =>
        Results.Json(
            new WorkspaceDocument { Digest = source.Digest, TakesUploads = source.TakesUploads },
            PlatformJson.Default.WorkspaceDocument
        );
}
