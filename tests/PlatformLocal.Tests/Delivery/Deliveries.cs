using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using PlatformLocal.Delivery;
using PlatformLocal.Kubernetes;

namespace PlatformLocal.Tests.Delivery;

/// <summary>Requests and objects that tests deliver.</summary>
internal static class Deliveries
{
    public static DeliveryRequest Request(string environment, params ServiceDelivery[] services) =>
        new()
        {
            Environment = environment,
            Namespace = $"env-{environment}",
            Services = services,
        };

    public static string NewName() => $"t{Guid.NewGuid():N}"[..10];

    public static ServiceDelivery Service(string name, params JsonObject[] objects) =>
        new()
        {
            Name = name,
            Version = "1.0.0",
            DependsOn = [],
            Objects = objects,
            Timeout = TimeSpan.FromSeconds(20),
        };

    public static JsonObject Yamlish(string json) => (JsonObject)JsonNode.Parse(json)!;

    public static JsonObject ConfigMap(string name, string value = "1") =>
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = name },
            ["data"] = new JsonObject { ["key"] = value },
        };

    public static JsonObject Deployment(string name, string image = "registry.local/web:1") =>
        Yamlish(
            """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"NAME"},
             "spec":{"replicas":1,"selector":{"matchLabels":{"app":"NAME"}},
              "template":{"metadata":{"labels":{"app":"NAME"}},
               "spec":{"containers":[{"name":"app","image":"IMAGE"}]}}}}
            """.Replace("NAME", name, StringComparison.Ordinal).Replace("IMAGE", image, StringComparison.Ordinal)
        );

    public static JsonObject PortService(string name) =>
        Yamlish(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"NAME"},
             "spec":{"selector":{"app":"NAME"},"ports":[{"port":80,"protocol":"TCP"}]}}
            """.Replace("NAME", name, StringComparison.Ordinal)
        );

    public static JsonObject ReadyStatus(JsonObject deployment) =>
        new()
        {
            ["status"] = new JsonObject
            {
                ["observedGeneration"] = deployment.Metadata().Integer("generation"),
                ["replicas"] = 1,
                ["updatedReplicas"] = 1,
                ["readyReplicas"] = 1,
                ["availableReplicas"] = 1,
                ["conditions"] = new JsonArray(
                    new JsonObject
                    {
                        ["type"] = "Available",
                        ["status"] = "True",
                        ["reason"] = "MinimumReplicasAvailable",
                    },
                    new JsonObject
                    {
                        ["type"] = "Progressing",
                        ["status"] = "True",
                        ["reason"] = "NewReplicaSetAvailable",
                    }
                ),
            },
        };

    /// <summary>Stands in for the deployment controller: makes every deployment of a namespace ready when it appears.</summary>
    public static async Task KeepDeploymentsReadyAsync(
        KubernetesClient client,
        string target,
        CancellationToken cancellationToken,
        Func<JsonObject, bool>? which = null
    )
    {
        try
        {
            await foreach (
                WatchEvent change in client.WatchAsync("apps/v1", "Deployment", target, null, cancellationToken)
            )
            {
                bool isBehind =
                    change.Kind is WatchEventKind.Added or WatchEventKind.Modified
                    && change.Item.Child("status").Integer("observedGeneration")
                        != change.Item.Metadata().Integer("generation");
                if (isBehind && (which is null || which(change.Item)))
                {
                    await client.PatchAsync(
                        ObjectReference.Of(change.Item),
                        PatchKind.Merge,
                        ReadyStatus(change.Item),
                        new WriteOptions { Subresource = "status" },
                        cancellationToken
                    );
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The test is over.
        }
    }
}

/// <summary>Remembers everything a delivery told.</summary>
internal sealed class ProgressLog : IProgress<ServiceProgress>
{
    private readonly ConcurrentQueue<ServiceProgress> _all = new();

    public IReadOnlyList<ServiceProgress> All => [.. _all];

    public void Report(ServiceProgress value) => _all.Enqueue(value);

    public IEnumerable<ServicePhase> Phases(string service) =>
        All.Where(told => told.Service == service).Select(told => told.Phase);
}
