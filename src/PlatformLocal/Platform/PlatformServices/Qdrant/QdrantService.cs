using PlatformLocal.Platform.PlatformServices.Secrets;

namespace PlatformLocal.Platform.PlatformServices.Qdrant;

/// <summary>Qdrant: the vector database, one node.</summary>
internal static class QdrantService
{
    public static PlatformService Definition { get; } =
        new()
        {
            Name = "qdrant",
            Summary = "vector database",
            Folder = "Qdrant",
            Charts =
            [
                new HelmChart
                {
                    Release = "qdrant",
                    Chart = "qdrant",
                    Repository = new Uri("https://qdrant.github.io/qdrant-helm"),
                    Version = "1.19.0",
                },
            ],
            Secrets =
            [
                new GeneratedSecret(
                    "qdrant-credentials",
                    new Dictionary<string, SecretValue>(StringComparer.Ordinal)
                    {
                        ["apiKey"] = SecretValue.Hexadecimal(20),
                    }
                ),
            ],
            Images = ["docker.io/qdrant/qdrant:v1.19.0-unprivileged"],
            Memory = 256,
            Probes = [new HttpProbe("qdrant", "6333", "/readyz")],
        };
}
