using System.Text.Json.Nodes;
using PlatformLocal.Kubernetes;

namespace PlatformLocal.Tests.Kubernetes;

public sealed class RealClusterTests(RealApiServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_version_is_read()
    {
        using KubernetesClient client = await server.ConnectAsync();

        ServerVersion version = await client.GetVersionAsync(Token);

        version.Major.Should().Be(1);
        version.Minor.Should().BeGreaterThanOrEqualTo(20);
    }

    [Fact]
    public async Task Applying_twice_changes_nothing_the_second_time()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string target = await NewNamespaceAsync(client);
        JsonObject map = ConfigMap(target, "settings", "a", "1");

        ApplyResult first = await client.ApplyAsync(map, new WriteOptions { Force = true }, Token);
        ApplyResult second = await client.ApplyAsync(map, new WriteOptions { Force = true }, Token);

        first.IsCreated.Should().BeTrue();
        second.IsCreated.Should().BeFalse();
        second.Item.ResourceVersion().Should().Be(first.Item.ResourceVersion());
    }

    internal static async Task<string> NewNamespaceAsync(KubernetesClient client)
    {
        JsonObject made = await client.CreateAsync(
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Namespace",
                ["metadata"] = new JsonObject { ["generateName"] = "test-" },
            },
            options: null,
            Token
        );
        return made.Metadata().Text("name")!;
    }

    internal static JsonObject ConfigMap(string target, string name, string key, string value) =>
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = target },
            ["data"] = new JsonObject { [key] = value },
        };
}
