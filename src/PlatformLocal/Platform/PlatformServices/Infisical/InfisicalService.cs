using PlatformLocal.Platform.PlatformServices.Secrets;

namespace PlatformLocal.Platform.PlatformServices.Infisical;

/// <summary>Infisical: the secret store, on the platform's own PostgreSQL and Redis.</summary>
internal static class InfisicalService
{
    public static PlatformService Definition { get; } =
        new()
        {
            Name = "infisical",
            Summary = "secret store",
            Folder = "Infisical",
            DependsOn = ["postgres", "redis"],
            Charts =
            [
                new HelmChart
                {
                    Release = "infisical",
                    Chart = "infisical-standalone",
                    Repository = new Uri("https://dl.cloudsmith.io/public/infisical/helm-charts/helm/charts/"),
                    Version = "1.7.5",
                },
            ],
            Secrets =
            [
                new GeneratedSecret(
                    "infisical-secrets",
                    new Dictionary<string, SecretValue>(StringComparer.Ordinal)
                    {
                        ["ENCRYPTION_KEY"] = SecretValue.Hexadecimal(16),
                        ["AUTH_SECRET"] = SecretValue.Base64(32),
                        ["SITE_URL"] = SecretValue.Text("http://infisical.platform-system.svc:8080"),
                        ["DB_CONNECTION_URI"] = SecretValue.Composed(
                            "postgresql://infisical:{postgres-credentials/infisical}@postgres.platform-system.svc:5432/infisical"
                        ),
                        ["REDIS_URL"] = SecretValue.Composed(
                            "redis://:{redis-credentials/password}@redis.platform-system.svc:6379"
                        ),
                    }
                ),
            ],
            Images = ["docker.io/infisical/infisical:v0.165.8"],
            Memory = 512,
            // Its migrations run when it starts.
            Probes = [new HttpProbe("infisical", "8080", "/api/status")],
        };
}
