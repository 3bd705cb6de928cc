using static PlatformLocal.Platform.PlatformServices.Secrets.SecretValue;

namespace PlatformLocal.Platform.PlatformServices.Infisical;

/// <summary>Infisical: the secret store, on the platform's own PostgreSQL and Redis.</summary>
internal static class InfisicalService
{
    public static PlatformService Definition { get; } =
        new("infisical", "secret store", "Infisical")
        {
            DependsOn = ["postgres", "redis"],
            Charts =
            [
                new(
                    "infisical-standalone",
                    "https://dl.cloudsmith.io/public/infisical/helm-charts/helm/charts/",
                    "1.7.5"
                )
                {
                    Release = "infisical",
                },
            ],
            Secrets =
            [
                new(
                    "infisical-secrets",
                    ("ENCRYPTION_KEY", Hexadecimal(16)),
                    ("AUTH_SECRET", Base64(32)),
                    ("SITE_URL", Text("http://infisical.platform-system.svc:8080")),
                    (
                        "DB_CONNECTION_URI",
                        Composed(
                            "postgresql://infisical:{postgres-credentials/infisical}@postgres.platform-system.svc:5432/infisical"
                        )
                    ),
                    ("REDIS_URL", Composed("redis://:{redis-credentials/password}@redis.platform-system.svc:6379"))
                ),
            ],
            Images = ["docker.io/infisical/infisical:v0.165.8"],
            // Its migrations run when it starts.
            Probes = [new HttpProbe("infisical", "8080", "/api/status")],
        };
}
