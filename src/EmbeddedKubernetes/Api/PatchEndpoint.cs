using EmbeddedKubernetes.Api.Requests;
using EmbeddedKubernetes.Objects;
using EmbeddedKubernetes.Patching;

namespace EmbeddedKubernetes.Api;

/// <summary>The four ways to patch an object.</summary>
internal sealed class PatchEndpoint(ClusterObjects objects)
{
    private const string ApplyYaml = "application/apply-patch+yaml";
    private const string Strategic = "application/strategic-merge-patch+json";

    public async Task<(WriteResult Result, WriteOptions Options)> ApplyAsync(ApiRequest request, RequestTarget target)
    {
        var (type, ns, name) = (target.Type, target.Namespace, target.Name!);
        var content = request.ContentType;
        var apply = content == ApplyYaml;
        if (apply && string.IsNullOrEmpty(request.Query("fieldManager")))
        {
            throw InvalidOptions(new FieldFaults().Required("fieldManager", "is required for apply patch"));
        }
        if (!apply && request.Query("force") is not null)
        {
            throw InvalidOptions(new FieldFaults().Forbidden("force", "may not be specified for non-apply patch"));
        }
        var options = request.WriteOptions(target.Part);
        if (
            content is not ("application/json-patch+json" or "application/merge-patch+json" or Strategic or ApplyYaml)
            || (content == Strategic && type.IsCustom)
        )
        {
            var accepted = type.IsCustom
                ? "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
                : "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml";
            throw ApiException.UnsupportedMedia(
                $"the body of the request was in an unknown format - accepted media types include: {accepted}"
            );
        }
        var patch = await request.ReadBodyAsync();
        if (apply)
        {
            var config =
                patch as JsonObject ?? throw ApiException.BadRequest("the applied configuration must be an object");
            return (objects.Apply(type, ns, name, config, options), options);
        }
        var result = objects.Modify(type, ns, name, live => Patch(content, live, patch, target), options);
        return (result, options);
    }

    private static JsonObject Patch(string content, JsonObject live, JsonNode? patch, RequestTarget target)
    {
        try
        {
            var patched = content switch
            {
                "application/json-patch+json" => JsonPatch.Apply(live, patch),
                "application/merge-patch+json" => MergePatch.Apply(live, AsObject(patch)),
                _ => StrategicMergePatch.Apply(live, AsObject(patch), target.Type.Schema),
            };
            return patched as JsonObject
                ?? throw new PatchException("the patch does not lead to an object", malformed: false);
        }
        catch (PatchException e) when (e.Malformed)
        {
            throw ApiException.BadRequest(e.Message);
        }
        catch (PatchException e)
        {
            throw new ApiException(
                422,
                "Invalid",
                "the server rejected our request due to an error in our request: " + e.Message,
                new JsonObject()
            );
        }
    }

    private static ApiException InvalidOptions(FieldFaults faults) =>
        faults.ToException("PatchOptions", "meta.k8s.io", "");

    private static JsonObject AsObject(JsonNode? patch) =>
        patch as JsonObject ?? throw ApiException.BadRequest("the patch must be an object");
}
