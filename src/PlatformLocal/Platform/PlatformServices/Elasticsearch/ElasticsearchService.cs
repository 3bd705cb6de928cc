using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Platform.PlatformServices.Elasticsearch;

/// <summary>Elasticsearch: the search index, one node, made by Elastic's operator (ECK).</summary>
internal static class ElasticsearchService
{
    private const string Repository = "https://helm.elastic.co";

    public static PlatformService Definition { get; } =
        new("elasticsearch", "search index", "Elasticsearch")
        {
            Charts =
            [
                new("eck-operator", Repository, "3.5.0") { ValuesFile = "operator-values.yaml" },
                new("eck-elasticsearch", Repository, "0.20.0")
                {
                    Release = "elasticsearch",
                    DependsOn = ["eck-operator"],
                },
            ],
            Images =
            [
                "docker.elastic.co/eck/eck-operator:3.5.0",
                "docker.elastic.co/elasticsearch/elasticsearch:9.5.0",
            ],
            // The release is ready as soon as the operator was asked.
            Probes =
            [
                new StatusProbe("elasticsearch.k8s.elastic.co/v1", "Elasticsearch", "es", Status)
                {
                    PodSelector = "elasticsearch.k8s.elastic.co/cluster-name=es",
                },
            ],
        };

    /// <summary>What the operator says: ready, and green or yellow (one node has no place for replicas).</summary>
    internal static ObjectReadiness Status(JsonObject elasticsearch)
    {
        var status = elasticsearch.Child("status");
        string phase = status.Text("phase") ?? "none yet";
        string health = status.Text("health") ?? "unknown";
        string message = $"phase {phase}, health {health}";
        return elasticsearch.Metadata().Number("generation") is { } generation
            && status.Number("observedGeneration") is { } observed
            && observed != generation
                ? ObjectReadiness.InProgress("the operator has not looked at the latest change yet")
            : phase == "Invalid" ? ObjectReadiness.Failed("the operator calls it invalid")
            : phase == "Ready" && health is "green" or "yellow" ? ObjectReadiness.Current(message)
            : ObjectReadiness.InProgress(message);
    }
}
