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
            Memory = 1024,
        };
}
