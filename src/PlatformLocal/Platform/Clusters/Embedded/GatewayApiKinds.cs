namespace PlatformLocal.Platform.Clusters.Embedded;

/// <summary>The kinds of the Gateway API (v1), for clusters that run no gateway.</summary>
internal static class GatewayApiKinds
{
    /// <summary>The definitions, to be applied to the cluster.</summary>
    public static IReadOnlyList<JsonObject> Definitions()
    {
        const string name = "Clusters.Embedded.gateway-api.yaml";
        return EmbeddedFiles.Objects(EmbeddedFiles.Read(name), name);
    }
}
