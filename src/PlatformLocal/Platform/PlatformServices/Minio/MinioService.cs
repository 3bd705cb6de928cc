using PlatformLocal.Platform.PlatformServices.Secrets;

namespace PlatformLocal.Platform.PlatformServices.Minio;

/// <summary>MinIO: the object store, one server with one drive.</summary>
internal static class MinioService
{
    public static PlatformService Definition { get; } =
        new()
        {
            Name = "minio",
            Summary = "object store (S3)",
            Folder = "Minio",
            Charts =
            [
                new HelmChart
                {
                    Release = "minio",
                    Chart = "minio",
                    Repository = new Uri("https://charts.min.io/"),
                    Version = "5.4.0",
                },
            ],
            Secrets =
            [
                new GeneratedSecret(
                    "minio-credentials",
                    new Dictionary<string, SecretValue>(StringComparer.Ordinal)
                    {
                        ["rootUser"] = SecretValue.Text("platform"),
                        ["rootPassword"] = SecretValue.Hexadecimal(20),
                    }
                ),
                new GeneratedSecret(
                    "minio-platform-api",
                    new Dictionary<string, SecretValue>(StringComparer.Ordinal)
                    {
                        ["accessKey"] = SecretValue.Text("platform-api"),
                        ["secretKey"] = SecretValue.Hexadecimal(20),
                    }
                ),
            ],
            ObjectStore = new ObjectStoreAccess(
                new Uri("http://minio.platform-system:9000"),
                "minio-platform-api",
                "accessKey",
                "secretKey"
            ),
            Images = ["quay.io/minio/minio:RELEASE.2024-12-18T13-15-44Z"],
            Memory = 256,
            // The chart has no probes: its pod is ready before the server serves.
            Probes = [new HttpProbe("minio", "9000", "/minio/health/ready")],
        };
}
