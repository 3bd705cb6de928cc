using static PlatformLocal.Platform.PlatformServices.Secrets.SecretValue;

namespace PlatformLocal.Platform.PlatformServices.RustFs;

/// <summary>RustFS: the object store for those who want one that is maintained, one server.</summary>
internal static class RustFsService
{
    public static PlatformService Definition { get; } =
        new("rustfs", "object store (S3), instead of minio", "RustFs")
        {
            Charts = [new("rustfs", "https://charts.rustfs.com/", "1.0.0-rc.3")],
            Secrets =
            [
                new(
                    "rustfs-credentials",
                    ("RUSTFS_ACCESS_KEY", Text("platform")),
                    ("RUSTFS_SECRET_KEY", Hexadecimal(20))
                ),
            ],
            Images = ["docker.io/rustfs/rustfs:1.0.0-rc.3", "docker.io/library/busybox:stable"],
        };
}
