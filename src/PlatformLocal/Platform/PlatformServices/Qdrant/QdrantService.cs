using static PlatformLocal.Platform.PlatformServices.Secrets.SecretValue;

namespace PlatformLocal.Platform.PlatformServices.Qdrant;

/// <summary>Qdrant: the vector database, one node.</summary>
internal static class QdrantService
{
    public static PlatformService Definition { get; } =
        new("qdrant", "vector database", "Qdrant")
        {
            Charts = [new("qdrant", "https://qdrant.github.io/qdrant-helm", "1.19.0")],
            Secrets = [new("qdrant-credentials", ("apiKey", Hexadecimal(20)))],
            Images = ["docker.io/qdrant/qdrant:v1.19.0-unprivileged"],
            Probes = [new HttpProbe("qdrant", "6333", "/readyz")],
        };
}
