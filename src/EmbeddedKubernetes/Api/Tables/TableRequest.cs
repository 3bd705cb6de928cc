using EmbeddedKubernetes.Api.Requests;

namespace EmbeddedKubernetes.Api.Tables;

/// <summary>The forms besides plain objects a client may ask for.</summary>
internal static class TableRequest
{
    public static bool IsWanted(ApiRequest request) => Preferred(request) == "Table";

    /// <summary>Only the metadata of objects is wanted.</summary>
    public static bool IsMetadataWanted(ApiRequest request) =>
        Preferred(request) is "PartialObjectMetadata" or "PartialObjectMetadataList";

    // The first media type that can be served counts; everything but these two forms is plain JSON.
    private static string Preferred(ApiRequest request)
    {
        foreach (var type in request.Accept.Split(','))
        {
            if (type.Contains("as=Table", StringComparison.Ordinal) && type.Contains("json", StringComparison.Ordinal))
            {
                return "Table";
            }
            if (
                type.Contains("as=PartialObjectMetadata", StringComparison.Ordinal)
                && type.Contains("json", StringComparison.Ordinal)
            )
            {
                return "PartialObjectMetadata";
            }
            if (
                type.Trim().Split(';')[0] is "application/json" or "*/*"
                && !type.Contains("as=", StringComparison.Ordinal)
            )
            {
                return "";
            }
        }
        return "";
    }
}
