using EmbeddedKubernetes.Objects;

namespace EmbeddedKubernetes.Api.Requests;

/// <summary>Reads DeleteOptions from the body and the query.</summary>
internal static class DeleteRequest
{
    /// <exception cref="ApiException">An option has an unknown value.</exception>
    public static async Task<DeleteOptions> ReadAsync(ApiRequest request)
    {
        var body = await request.ReadBodyAsync() as JsonObject;
        var propagation = body.Str("propagationPolicy") ?? request.Query("propagationPolicy");
        if (
            propagation is null
            && (body.At("orphanDependents") is not null || request.Query("orphanDependents") is not null)
        )
        {
            propagation =
                body.Flag("orphanDependents") || request.QueryFlag("orphanDependents") ? "Orphan" : "Background";
        }
        if (propagation is not (null or "Orphan" or "Background" or "Foreground"))
        {
            throw ApiException.BadRequest(
                $"DeleteOptions is invalid: propagationPolicy: Unsupported value: \"{propagation}\": supported values: \"Background\", \"Foreground\", \"Orphan\""
            );
        }
        var dryRun = body.Arr("dryRun") is { Count: > 0 } asked ? asked[0].AsString() : request.Query("dryRun");
        return new()
        {
            Propagation = propagation,
            DryRun = ApiRequest.IsDryRun(dryRun),
            Uid = body.Str("preconditions", "uid"),
            ResourceVersion = body.Str("preconditions", "resourceVersion"),
        };
    }
}
