using System.Buffers;
using EmbeddedKubernetes.Api.Requests;

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
    public static Task WriteAsync(
        ApiRequest request,
        ResourceType type,
        IReadOnlyList<StoredObject> items,
        JsonObject metadata
    )
    {
        if (TableRequest.IsWanted(request))
        {
            var table = new TableWriter(type, request, request.Time).Many(items.Select(type.Present), metadata);
            return ApiResponse.WriteAsync(request.Http, 200, table);
        }
        return TableRequest.IsMetadataWanted(request)
            ? WriteAsync(
                request,
                Head("PartialObjectMetadataList", "meta.k8s.io/v1", metadata),
                items.Select(i => PartialMetadata.Of(type.Present(i)).ToUtf8())
            )
            : WriteAsync(
                request,
                Head(type.ListKind, type.ApiVersion, metadata),
                items.Select(i => type.IsCustom ? Whole(type, i) : WithoutKind(type, i))
            );
    }

    private static JsonObject Head(string kind, string apiVersion, JsonObject metadata) =>
        new()
        {
            ["kind"] = kind,
            ["apiVersion"] = apiVersion,
            ["metadata"] = metadata,
        };

    private static Task WriteAsync(ApiRequest request, JsonObject head, IEnumerable<byte[]> items)
    {
        var list = new ArrayBufferWriter<byte>(16 * 1024);
        list.Write(head.ToUtf8().AsSpan()[..^1]);
        list.Write(",\"items\":["u8);
        var first = true;
        foreach (var item in items)
        {
            list.Write(first ? ""u8 : ","u8);
            list.Write(item);
            first = false;
        }
        list.Write("]}"u8);
        return ApiResponse.WriteAsync(request.Http, 200, list.WrittenMemory, ApiResponse.Json);
    }

    private static byte[] Whole(ResourceType type, StoredObject stored) =>
        type.NeedsConversion ? type.Present(stored).ToUtf8() : stored.Json;

    // Items of built-in kinds go without; nearly all stored objects begin with them.
    private static byte[] WithoutKind(ResourceType type, StoredObject stored)
    {
        if (!type.NeedsConversion && stored.Json.AsSpan().StartsWith(type.JsonBeginning))
        {
            var rest = stored.Json[(type.JsonBeginning.Length - 1)..];
            rest[0] = (byte)'{';
            return rest;
        }
        var value = type.Present(stored);
        value.Remove("apiVersion");
        value.Remove("kind");
        return value.ToUtf8();
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
