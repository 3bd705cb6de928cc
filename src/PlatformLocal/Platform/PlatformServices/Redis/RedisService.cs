using static PlatformLocal.Platform.PlatformServices.Secrets.SecretValue;

namespace PlatformLocal.Platform.PlatformServices.Redis;

/// <summary>Redis: the cache and queue of Infisical, one server that keeps nothing.</summary>
internal static class RedisService
{
    public static PlatformService Definition { get; } =
        new("redis", "cache of infisical", "Redis")
        {
            Version = "7.4.5",
            HasManifests = true,
            Secrets =
            [
                new(
                    "redis-credentials",
                    ("password", Hexadecimal(20)),
                    // The server reads its password from a file, so that no command line shows it.
                    ("redis.conf", Composed("requirepass {redis-credentials/password}\n"))
                ),
            ],
            Images = ["docker.io/library/redis:7.4.5"],
            Timeout = TimeSpan.FromMinutes(5),
        };
}
