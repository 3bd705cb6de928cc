using PlatformLocal.Platform.PlatformServices.Secrets;

namespace PlatformLocal.Platform.PlatformServices.Redis;

/// <summary>Redis: the cache and queue of Infisical, one server that keeps nothing.</summary>
internal static class RedisService
{
    public static PlatformService Definition { get; } =
        new()
        {
            Name = "redis",
            Summary = "cache of infisical",
            Folder = "Redis",
            Version = "7.4.5",
            HasManifests = true,
            Secrets =
            [
                new GeneratedSecret(
                    "redis-credentials",
                    new Dictionary<string, SecretValue>(StringComparer.Ordinal)
                    {
                        ["password"] = SecretValue.Hexadecimal(20),
                        // The server reads its password from a file, so that no command line shows it.
                        ["redis.conf"] = SecretValue.Composed("requirepass {redis-credentials/password}\n"),
                    }
                ),
            ],
            Images = ["docker.io/library/redis:7.4.5"],
            Memory = 64,
            Timeout = TimeSpan.FromMinutes(5),
        };
}
