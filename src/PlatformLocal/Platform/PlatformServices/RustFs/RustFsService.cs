using PlatformLocal.Platform.PlatformServices.Secrets;

namespace PlatformLocal.Platform.PlatformServices.RustFs;

/// <summary>RustFS: the object store for those who want one that is maintained, one server.</summary>
internal static class RustFsService
{
    public static PlatformService Definition { get; } =
        new()
        {
            Name = "rustfs",
            Summary = "object store (S3), instead of minio",
            Folder = "RustFs",
            Charts =
            [
                new HelmChart
                {
                    Release = "rustfs",
                    Chart = "rustfs",
                    Repository = new Uri("https://charts.rustfs.com/"),
                    Version = "1.0.0-rc.3",
                },
            ],
            Secrets =
            [
                new GeneratedSecret(
                    "rustfs-credentials",
                    new Dictionary<string, SecretValue>(StringComparer.Ordinal)
                    {
                        ["RUSTFS_ACCESS_KEY"] = SecretValue.Text("platform"),
                        ["RUSTFS_SECRET_KEY"] = SecretValue.Hexadecimal(20),
                    }
                ),
            ],
            Images = ["docker.io/rustfs/rustfs:1.0.0-rc.3"],
            Memory = 256,
        };
}
