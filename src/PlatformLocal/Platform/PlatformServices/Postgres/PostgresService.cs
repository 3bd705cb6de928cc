using PlatformLocal.Platform.PlatformServices.Secrets;

namespace PlatformLocal.Platform.PlatformServices.Postgres;

/// <summary>PostgreSQL: one server with a database and a role for each service that needs one.</summary>
internal static class PostgresService
{
    public static PlatformService Definition { get; } =
        new()
        {
            Name = "postgres",
            Summary = "database of infisical and authentik",
            Folder = "Postgres",
            Version = "17.6",
            HasManifests = true,
            Secrets =
            [
                new GeneratedSecret(
                    "postgres-credentials",
                    new Dictionary<string, SecretValue>(StringComparer.Ordinal)
                    {
                        ["postgres"] = SecretValue.Hexadecimal(20),
                        ["infisical"] = SecretValue.Hexadecimal(20),
                        ["authentik"] = SecretValue.Hexadecimal(20),
                    }
                ),
            ],
            Images = ["docker.io/library/postgres:17.6"],
            Memory = 128,
            Timeout = TimeSpan.FromMinutes(5),
        };
}
