using static PlatformLocal.Platform.PlatformServices.Secrets.SecretValue;

namespace PlatformLocal.Platform.PlatformServices.Authentik;

/// <summary>Authentik: sign-in for people, on the platform's own PostgreSQL.</summary>
internal static class AuthentikService
{
    public static PlatformService Definition { get; } =
        new("authentik", "sign-in", "Authentik")
        {
            DependsOn = ["postgres"],
            Charts = [new("authentik", "https://charts.goauthentik.io", "2026.8.0")],
            Secrets =
            [
                new(
                    "authentik-secrets",
                    ("AUTHENTIK_SECRET_KEY", Base64(40)),
                    ("AUTHENTIK_BOOTSTRAP_PASSWORD", Hexadecimal(20)),
                    ("AUTHENTIK_POSTGRESQL__HOST", Text("postgres.platform-system.svc")),
                    ("AUTHENTIK_POSTGRESQL__NAME", Text("authentik")),
                    ("AUTHENTIK_POSTGRESQL__USER", Text("authentik")),
                    ("AUTHENTIK_POSTGRESQL__PASSWORD", Composed("{postgres-credentials/authentik}"))
                ),
            ],
            Images = ["ghcr.io/goauthentik/server:2026.8.0"],
        };
}
