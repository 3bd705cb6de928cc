using static PlatformLocal.Platform.PlatformServices.Secrets.SecretValue;

namespace PlatformLocal.Platform.PlatformServices.Monitoring;

/// <summary>Prometheus and Grafana, without alerts.</summary>
internal static class MonitoringService
{
    public static PlatformService Definition { get; } =
        new("monitoring", "metrics: Prometheus and Grafana", "Monitoring")
        {
            Charts =
            [
                new(
                    "kube-prometheus-stack",
                    "oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack",
                    "88.5.3"
                )
                {
                    Release = "monitoring",
                },
            ],
            Secrets = [new("grafana-credentials", ("user", Text("admin")), ("password", Hexadecimal(20)))],
            // Prometheus' own comes from its operator.
            Images =
            [
                "docker.io/grafana/grafana:13.2.0",
                "ghcr.io/jkroepke/kube-webhook-certgen:1.8.7",
                "quay.io/kiwigrid/k8s-sidecar:2.10.1",
                "quay.io/prometheus-operator/prometheus-operator:v0.93.1",
                "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0",
            ],
        };
}
