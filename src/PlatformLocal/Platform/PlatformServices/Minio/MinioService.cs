using static PlatformLocal.Platform.PlatformServices.Secrets.SecretValue;

namespace PlatformLocal.Platform.PlatformServices.Minio;

/// <summary>MinIO: the object store, one server with one drive.</summary>
internal static class MinioService
{
    public static PlatformService Definition { get; } =
        new("minio", "object store (S3)", "Minio")
        {
            Charts = [new("minio", "https://charts.min.io/", "5.4.0")],
            Secrets =
            [
                new("minio-credentials", ("rootUser", Text("platform")), ("rootPassword", Hexadecimal(20))),
                new("minio-platform-api", ("accessKey", Text("platform-api")), ("secretKey", Hexadecimal(20))),
            ],
            ObjectStore = new ObjectStoreAccess(
                new Uri("http://minio.platform-system:9000"),
                "minio-platform-api",
                "accessKey",
                "secretKey"
            ),
            Images =
            [
                "docker.io/pgsty/silo:RELEASE.2026-10-18T00-00-00Z",
                "quay.io/minio/mc:RELEASE.2024-11-21T17-21-54Z",
            ],
            // The chart has no probes: its pod is ready before the server serves.
            Probes = [new HttpProbe("minio", "9000", "/minio/health/ready")],
        };
}
