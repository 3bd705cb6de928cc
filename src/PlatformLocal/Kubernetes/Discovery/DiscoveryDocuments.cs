namespace PlatformLocal.Kubernetes.Discovery;

/// <summary>Reads what API servers say about the kinds they serve.</summary>
internal static class DiscoveryDocuments
{
    /// <summary>Asks for everything at once; servers that cannot do so (before 1.26) answer in the old form.</summary>
    public const string Accept =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
        + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
        + "application/json";

    /// <summary>The kinds of each group version in an <c>APIGroupDiscoveryList</c>; those the server calls stale are left out.</summary>
    public static IEnumerable<(string ApiVersion, ResourceMapping[] Kinds)> ReadAggregated(JsonObject document)
    {
        foreach (JsonObject group in document.Items("items"))
        {
            string name = group.Metadata().Text("name") ?? "";
            foreach (JsonObject version in group.Items("versions"))
            {
                if (version.Text("freshness") != "Stale")
                {
                    string apiVersion = ApiGroup.Join(name, version.Text("version") ?? "");
                    yield return (
                        apiVersion,
                        [.. version.Items("resources").Select(item => Aggregated(apiVersion, item))]
                    );
                }
            }
        }
    }

    /// <summary>The group versions of an <c>APIVersions</c> or <c>APIGroupList</c>.</summary>
    public static IEnumerable<string> ReadVersions(JsonObject document) =>
        document.Text("kind") == "APIVersions"
            ? document.Texts("versions")
            : document
                .Items("groups")
                .SelectMany(group => group.Items("versions"))
                .Select(version => version.Text("groupVersion"))
                .OfType<string>();

    /// <summary>The kinds of an <c>APIResourceList</c>.</summary>
    public static ResourceMapping[] ReadResources(string apiVersion, JsonObject document) =>
        [
            .. document
                .Items("resources")
                .Where(item => item.Text("name")?.Contains('/', StringComparison.Ordinal) == false)
                .Select(item => new ResourceMapping
                {
                    ApiVersion = apiVersion,
                    Kind = item.Text("kind") ?? "",
                    Plural = item.Text("name")!,
                    IsNamespaced = item.Flag("namespaced") ?? false,
                    ShortNames = [.. item.Texts("shortNames")],
                }),
        ];

    private static ResourceMapping Aggregated(string apiVersion, JsonObject item) =>
        new()
        {
            ApiVersion = apiVersion,
            Kind = item.Child("responseKind").Text("kind") ?? "",
            Plural = item.Text("resource") ?? "",
            IsNamespaced = item.Text("scope") == "Namespaced",
            ShortNames = [.. item.Texts("shortNames")],
        };
}
