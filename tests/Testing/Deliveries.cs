using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Kubernetes;

namespace PlatformLocal.Testing;

/// <summary>Requests and objects that tests deliver.</summary>
public static class Deliveries
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

    public static JsonObject DeploymentOf(string name, string image = "registry.local/web:1") =>
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
                ["observedGeneration"] = deployment.Metadata().Number("generation"),
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
                    && change.Item.Child("status").Number("observedGeneration")
                        != change.Item.Metadata().Number("generation");
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

    /// <summary>Makes the objects that the deployment controller and a node would make: a replica set and a pod.</summary>
    public static async Task MakePodAsync(KubernetesClient client, JsonObject deployment, string containerStatuses)
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        string target = deployment.Metadata().Text("namespace")!;
        string name = deployment.Metadata().Text("name")!;
        JsonObject set = Yamlish(
            """
            {"apiVersion":"apps/v1","kind":"ReplicaSet",
             "metadata":{"name":"NAME-1","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"NAME","uid":"UID"}]},
             "spec":{"selector":{"matchLabels":{"app":"NAME"}},"template":{"metadata":{"labels":{"app":"NAME"}},
              "spec":{"containers":[{"name":"app","image":"x"}]}}}}
            """.Replace("NAME", name, StringComparison.Ordinal).Replace(
                "UID",
                deployment.Uid(),
                StringComparison.Ordinal
            )
        );
        set.Metadata()!["namespace"] = target;
        JsonObject madeSet = await client.CreateAsync(set, null, token);
        JsonObject pod = Yamlish(
            """
            {"apiVersion":"v1","kind":"Pod",
             "metadata":{"name":"NAME-1-x","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"NAME-1","uid":"UID"}]},
             "spec":{"containers":[{"name":"app","image":"x"}]}}
            """.Replace("NAME", name, StringComparison.Ordinal).Replace("UID", madeSet.Uid(), StringComparison.Ordinal)
        );
        pod.Metadata()!["namespace"] = target;
        JsonObject madePod = await client.CreateAsync(pod, null, token);
        var status = new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["phase"] = "Pending",
                ["containerStatuses"] = JsonNode.Parse(containerStatuses),
            },
        };
        var onStatus = new WriteOptions { Subresource = "status" };
        await client.PatchAsync(ObjectReference.Of(madePod), PatchKind.Merge, status, onStatus, token);
    }

    /// <summary>Waits until an object is there.</summary>
    public static async Task<JsonObject> AppearAsync(KubernetesClient client, ObjectReference reference)
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        var only = new WatchOptions { FieldSelector = $"metadata.name={reference.Name}" };
        await foreach (
            WatchEvent change in client.WatchAsync(
                reference.ApiVersion,
                reference.Kind,
                reference.Namespace,
                only,
                token
            )
        )
        {
            if (change.Kind == WatchEventKind.Added)
            {
                return change.Item;
            }
        }
        throw new InvalidOperationException("a watch never ends by itself");
    }

    /// <summary>Stands in for the namespace controller: empties one namespace that is being deleted, and lets it go.</summary>
    public static async Task FinishNamespaceAsync(
        KubernetesClient client,
        string name,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var only = new WatchOptions { FieldSelector = $"metadata.name={name}" };
            await foreach (WatchEvent change in client.WatchAsync("v1", "Namespace", null, only, cancellationToken))
            {
                if (change.Kind is WatchEventKind.Added or WatchEventKind.Modified && change.Item.IsTerminating())
                {
                    await EmptyAsync(change.Item);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The test is over.
        }

        async Task EmptyAsync(JsonObject item)
        {
            try
            {
                await client.DeleteCollectionAsync("v1", "ConfigMap", name, null, null, cancellationToken);
                item.Child("spec")!["finalizers"] = new JsonArray();
                await client.ReplaceAsync(item, new WriteOptions { Subresource = "finalize" }, cancellationToken);
            }
            catch (KubernetesException fault) when (fault.IsNotFound || fault.IsConflict)
            {
                // It is gone, or changed: then the next event says so.
            }
        }
    }
}

/// <summary>Remembers everything a delivery told.</summary>
public sealed class ProgressLog : IProgress<ServiceProgress>
{
    private readonly ConcurrentQueue<ServiceProgress> _all = new();

    public IReadOnlyList<ServiceProgress> All => [.. _all];

    public void Report(ServiceProgress value) => _all.Enqueue(value);

    public IEnumerable<ServicePhase> Phases(string service) =>
        All.Where(told => told.Service == service).Select(told => told.Phase);
}
