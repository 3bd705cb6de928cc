using System.Text.Json.Nodes;
using PlatformLocal.Kubernetes;

namespace PlatformLocal.Testing;

/// <summary>Objects that tests put into clusters.</summary>
public static class ClusterObjects
{
    public static JsonObject Definition(string group, string kind) =>
        (JsonObject)
            JsonNode.Parse(
                """
                {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
                 "metadata":{"name":"PLURAL.GROUP"},
                 "spec":{"group":"GROUP","scope":"Namespaced",
                  "names":{"kind":"KIND","plural":"PLURAL","singular":"SINGULAR"},
                  "versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},
                   "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
                """.Replace("PLURAL", $"{kind.ToLowerInvariant()}s", StringComparison.Ordinal).Replace(
                    "SINGULAR",
                    kind.ToLowerInvariant(),
                    StringComparison.Ordinal
                ).Replace("GROUP", group, StringComparison.Ordinal).Replace("KIND", kind, StringComparison.Ordinal)
            )!;

    public static async Task WaitEstablishedAsync(KubernetesClient client, string name)
    {
        var only = new WatchOptions { FieldSelector = $"metadata.name={name}" };
        await foreach (
            WatchEvent change in client.WatchAsync(
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                null,
                only,
                TestContext.Current.CancellationToken
            )
        )
        {
            if (change.Item.Condition("Established").Text("status") == "True")
            {
                return;
            }
        }
    }

    public static async Task<string> NewNamespaceAsync(KubernetesClient client)
    {
        JsonObject made = await client.CreateAsync(
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Namespace",
                ["metadata"] = new JsonObject { ["generateName"] = "test-" },
            },
            options: null,
            TestContext.Current.CancellationToken
        );
        return made.Metadata().Text("name")!;
    }

    public static JsonObject ConfigMap(string target, string name, string key, string value) =>
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = target },
            ["data"] = new JsonObject { [key] = value },
        };
}
