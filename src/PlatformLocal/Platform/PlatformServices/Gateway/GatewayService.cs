using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Platform.PlatformServices.Gateway;

/// <summary>Envoy Gateway with the kinds of the Gateway API: the way into the cluster, as GatewayClass <c>platform</c>.</summary>
internal static class GatewayService
{
    public static PlatformService Definition { get; } =
        new("gateway", "Gateway API, by Envoy Gateway", "Gateway")
        {
            ManifestsAt = new Uri(
                "https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.6.1/standard-install.yaml"
            ),
            Charts =
            [
                new("gateway-helm", "oci://docker.io/envoyproxy/gateway-helm", "v1.9.0")
                {
                    Release = "envoy-gateway",
                    Namespace = "envoy-gateway-system",
                    // It brings the Gateway API's kinds of the experimental channel.
                    KeepsKinds = true,
                },
            ],
            HasManifests = true,
            Images = ["docker.io/envoyproxy/gateway:v1.9.0", "docker.io/envoyproxy/envoy:distroless-v1.39.0"],
            Probes =
            [
                new StatusProbe("gateway.networking.k8s.io/v1", "GatewayClass", "platform", Status)
                {
                    Namespace = null,
                },
            ],
        };

    /// <summary>What the controller says: a class that it has not accepted has no Gateways.</summary>
    internal static ObjectReadiness Status(JsonObject gatewayClass)
    {
        var accepted = gatewayClass.Condition("Accepted");
        return accepted.Text("status") == "True" ? ObjectReadiness.Current("is accepted")
            : accepted is null ? ObjectReadiness.InProgress("no controller has accepted it yet")
            : ObjectReadiness.InProgress(ReadinessRules.Describe(accepted));
    }
}
