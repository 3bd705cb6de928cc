using System.Text.Json.Nodes;
using EmbeddedKubernetes.Api.Requests;
using EmbeddedKubernetes.Json;
using EmbeddedKubernetes.Resources;
using EmbeddedKubernetes.Storage;

namespace EmbeddedKubernetes.Api.Tables;

/// <summary>Writes one object in the form the client wants.</summary>
internal static class ObjectAnswer
{
    public static Task WriteAsync(ApiRequest request, ResourceType type, StoredObject stored)
    {
        // What is stored is what is shown, but for tables and other versions.
        return type.NeedsConversion || TableRequest.IsWanted(request) || TableRequest.IsMetadataWanted(request)
            ? WriteAsync(request, type, type.Present(stored), 200)
            : ApiResponse.WriteAsync(request.Http, 200, stored.Json, ApiResponse.Json);
    }

    public static Task WriteAsync(ApiRequest request, ResourceType type, JsonObject value, int code)
    {
        if (TableRequest.IsWanted(request))
        {
            value = new TableWriter(type, request, request.Time).Single(value);
        }
        else if (TableRequest.IsMetadataWanted(request))
        {
            value = PartialMetadata.Of(value);
        }
        return ApiResponse.WriteAsync(request.Http, code, value);
    }
}

/// <summary>Writes a list in the form the client wants.</summary>
internal static class ListAnswer
{
    public static Task WriteAsync(ApiRequest request, ResourceType type, List<JsonObject> items, JsonObject metadata)
    {
        if (TableRequest.IsWanted(request))
        {
            return ApiResponse.WriteAsync(
                request.Http,
                200,
                new TableWriter(type, request, request.Time).Many(items, metadata)
            );
        }
        var partial = TableRequest.IsMetadataWanted(request);
        var array = new JsonArray();
        foreach (var item in items)
        {
            if (partial)
            {
                array.Add((JsonNode)PartialMetadata.Of(item));
                continue;
            }
            if (!type.IsCustom)
            {
                item.Remove("apiVersion");
                item.Remove("kind");
            }
            array.Add((JsonNode)item);
        }
        var list = new JsonObject
        {
            ["kind"] = partial ? "PartialObjectMetadataList" : type.ListKind,
            ["apiVersion"] = partial ? "meta.k8s.io/v1" : type.ApiVersion,
            ["metadata"] = metadata,
            ["items"] = array,
        };
        return ApiResponse.WriteAsync(request.Http, 200, list);
    }
}

internal static class PartialMetadata
{
    public static JsonObject Of(JsonObject value) =>
        new()
        {
            ["kind"] = "PartialObjectMetadata",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = value.Obj("metadata")?.DeepClone(),
        };
}
