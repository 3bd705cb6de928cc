using PlatformLocal.Platform.PlatformServices.Secrets;

namespace PlatformLocal.Platform.PlatformServices.Authentik;

/// <summary>Authentik: sign-in for people, on the platform's own PostgreSQL.</summary>
internal static class AuthentikService
{
    public static PlatformService Definition { get; } =
        new()
        {
            Name = "authentik",
            Summary = "sign-in",
            Folder = "Authentik",
            DependsOn = ["postgres"],
            Charts =
            [
                new HelmChart
                {
                    Release = "authentik",
                    Chart = "authentik",
                    Repository = new Uri("https://charts.goauthentik.io"),
                    Version = "2026.8.0",
                },
            ],
            Secrets =
            [
                new GeneratedSecret(
                    "authentik-secrets",
                    new Dictionary<string, SecretValue>(StringComparer.Ordinal)
                    {
                        ["AUTHENTIK_SECRET_KEY"] = SecretValue.Base64(40),
                        ["AUTHENTIK_BOOTSTRAP_PASSWORD"] = SecretValue.Hexadecimal(20),
                        ["AUTHENTIK_POSTGRESQL__HOST"] = SecretValue.Text("postgres.platform-system.svc"),
                        ["AUTHENTIK_POSTGRESQL__NAME"] = SecretValue.Text("authentik"),
                        ["AUTHENTIK_POSTGRESQL__USER"] = SecretValue.Text("authentik"),
                        ["AUTHENTIK_POSTGRESQL__PASSWORD"] = SecretValue.Composed("{postgres-credentials/authentik}"),
                    }
                ),
            ],
            Images = ["ghcr.io/goauthentik/server:2026.8.0"],
            Memory = 1024,
        };
}
