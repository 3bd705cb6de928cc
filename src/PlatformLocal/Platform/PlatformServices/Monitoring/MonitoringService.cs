using PlatformLocal.Platform.PlatformServices.Secrets;

namespace PlatformLocal.Platform.PlatformServices.Monitoring;

/// <summary>Prometheus and Grafana, without alerts.</summary>
internal static class MonitoringService
{
    public static PlatformService Definition { get; } =
        new()
        {
            Name = "monitoring",
            Summary = "metrics: Prometheus and Grafana",
            Folder = "Monitoring",
            Charts =
            [
                new HelmChart
                {
                    Release = "monitoring",
                    Chart = "kube-prometheus-stack",
                    Repository = new Uri("oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack"),
                    Version = "88.5.3",
                },
            ],
            Secrets =
            [
                new GeneratedSecret(
                    "grafana-credentials",
                    new Dictionary<string, SecretValue>(StringComparer.Ordinal)
                    {
                        ["user"] = SecretValue.Text("admin"),
                        ["password"] = SecretValue.Hexadecimal(20),
                    }
                ),
            ],
            Images = [],
            Memory = 1024,
        };
}
