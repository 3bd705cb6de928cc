using static PlatformLocal.Platform.PlatformServices.Secrets.SecretValue;

namespace PlatformLocal.Platform.PlatformServices.Postgres;

/// <summary>PostgreSQL: one server with a database and a role for each service that needs one.</summary>
internal static class PostgresService
{
    public static PlatformService Definition { get; } =
        new("postgres", "database of infisical and authentik", "Postgres")
        {
            Version = "17.6",
            HasManifests = true,
            Secrets =
            [
                new(
                    "postgres-credentials",
                    ("postgres", Hexadecimal(20)),
                    ("infisical", Hexadecimal(20)),
                    ("authentik", Hexadecimal(20))
                ),
            ],
            Images = ["docker.io/library/postgres:17.6"],
            Timeout = TimeSpan.FromMinutes(5),
        };
}
