using EmbeddedKubernetes.Objects;

namespace EmbeddedKubernetes.Api.Requests;

/// <summary>Reads DeleteOptions from the body and the query.</summary>
internal static class DeleteRequest
{
    /// <exception cref="ApiException">An option has an unknown value.</exception>
    public static DeleteOptions Read(ApiRequest request, JsonObject? body)
    {
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
        if (!string.IsNullOrEmpty(dryRun) && dryRun != "All")
        {
            throw ApiException.BadRequest($"Invalid value: \"{dryRun}\": dryRun must be All");
        }
        return new()
        {
            Propagation = propagation,
            DryRun = dryRun == "All",
            Uid = body.Str("preconditions", "uid"),
            ResourceVersion = body.Str("preconditions", "resourceVersion"),
        };
    }
}
