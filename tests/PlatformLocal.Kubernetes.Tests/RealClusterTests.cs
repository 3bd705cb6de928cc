using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Testing;

namespace PlatformLocal.Kubernetes.Tests;

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
        string target = await ClusterObjects.NewNamespaceAsync(client);
        JsonObject map = ClusterObjects.ConfigMap(target, "settings", "a", "1");

        ApplyResult first = await client.ApplyAsync(map, new WriteOptions { Force = true }, Token);
        ApplyResult second = await client.ApplyAsync(map, new WriteOptions { Force = true }, Token);

        first.IsCreated.Should().BeTrue();
        second.IsCreated.Should().BeFalse();
        second.Item.ResourceVersion().Should().Be(first.Item.ResourceVersion());
    }

    [Fact]
    public async Task Fields_of_another_manager_are_a_conflict_unless_forced()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string target = await ClusterObjects.NewNamespaceAsync(client);
        await client.ApplyAsync(
            ClusterObjects.ConfigMap(target, "a", "k", "1"),
            new WriteOptions { FieldManager = "first" },
            Token
        );
        JsonObject other = ClusterObjects.ConfigMap(target, "a", "k", "2");

        Func<Task> polite = () => client.ApplyAsync(other, new WriteOptions { FieldManager = "second" }, Token);

        KubernetesException fault = (await polite.Should().ThrowAsync<KubernetesException>()).Which;
        fault.IsConflict.Should().BeTrue();
        fault.Kind.Should().Be(FailureKind.Conflict);
        fault.Message.Should().Contain("\"first\"").And.Contain(".data.k");
        ApplyResult forced = await client.ApplyAsync(
            other,
            new WriteOptions { FieldManager = "second", Force = true },
            Token
        );
        forced.Item.Child("data").Text("k").Should().Be("2");
    }

    [Fact]
    public async Task An_invalid_object_is_told_with_its_fields()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string target = await ClusterObjects.NewNamespaceAsync(client);
        JsonObject service = (JsonObject)
            JsonNode.Parse("""{"apiVersion":"v1","kind":"Service","spec":{"type":"Nonsense","ports":[{"port":0}]}}""")!;
        service["metadata"] = new JsonObject { ["name"] = "a", ["namespace"] = target };

        KubernetesException fault = (
            await client.Invoking(c => c.CreateAsync(service, null, Token)).Should().ThrowAsync<KubernetesException>()
        ).Which;

        fault.IsInvalid.Should().BeTrue();
        fault.Kind.Should().Be(FailureKind.InvalidInput);
        fault.Causes.Select(cause => cause.Field).Should().Contain(["spec.ports[0].port", "spec.type"]);
        fault.NextStep.Should().StartWith("Correct ").And.Contain("spec.ports[0].port");
    }

    [Fact]
    public async Task What_credentials_do_not_allow_is_not_allowed()
    {
        using KubernetesClient admin = await server.ConnectAsync();
        using var reader = new KubernetesClient(
            admin.Connection with
            {
                Credentials = new PlatformLocal.Kubernetes.Configuration.ClusterCredentials { Token = "reader" },
            }
        );
        using var nobody = new KubernetesClient(
            admin.Connection with
            {
                Credentials = new PlatformLocal.Kubernetes.Configuration.ClusterCredentials { Token = "wrong" },
            }
        );

        KubernetesException forbidden = (
            await reader
                .Invoking(c => c.ListAsync("v1", "Secret", "default", null, Token))
                .Should()
                .ThrowAsync<KubernetesException>()
        ).Which;
        KubernetesException unauthorized = (
            await nobody
                .Invoking(c => c.ListAsync("v1", "Secret", "default", null, Token))
                .Should()
                .ThrowAsync<KubernetesException>()
        ).Which;

        forbidden.IsForbidden.Should().BeTrue();
        forbidden.Kind.Should().Be(FailureKind.NotAllowed);
        unauthorized.IsUnauthorized.Should().BeTrue();
    }

    [Fact]
    public async Task Objects_are_created_read_replaced_patched_and_deleted()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string target = await ClusterObjects.NewNamespaceAsync(client);
        var reference = new ObjectReference("v1", "ConfigMap", target, "a");

        JsonObject made = await client.CreateAsync(ClusterObjects.ConfigMap(target, "a", "k", "1"), null, Token);
        Func<Task> again = () => client.CreateAsync(ClusterObjects.ConfigMap(target, "a", "k", "1"), null, Token);
        (await again.Should().ThrowAsync<KubernetesException>()).Which.IsAlreadyExists.Should().BeTrue();
        JsonObject stale = (JsonObject)made.DeepClone();
        made["data"] = new JsonObject { ["k"] = "2" };
        await client.ReplaceAsync(made, null, Token);
        Func<Task> replaceStale = () => client.ReplaceAsync(stale, null, Token);
        (await replaceStale.Should().ThrowAsync<KubernetesException>()).Which.IsConflict.Should().BeTrue();
        JsonArray operations =
        [
            new JsonObject
            {
                ["op"] = "add",
                ["path"] = "/data/json",
                ["value"] = "3",
            },
        ];
        await client.PatchAsync(reference, PatchKind.Json, operations, null, Token);
        var fields = new JsonObject
        {
            ["data"] = new JsonObject { ["merge"] = "4", ["k"] = null },
        };
        await client.PatchAsync(reference, PatchKind.Merge, fields, null, Token);
        await client.PatchAsync(
            reference,
            PatchKind.Strategic,
            new JsonObject { ["data"] = new JsonObject { ["s"] = "5" } },
            null,
            Token
        );
        JsonObject read = await client.GetAsync(reference, Token);

        read.Child("data")!.ToJsonString().Should().Be("""{"json":"3","merge":"4","s":"5"}""");
        var another = new DeleteOptions { Uid = "11111111-1111-1111-1111-111111111111" };
        Func<Task> wrong = () => client.DeleteAsync(reference, another, Token);
        (await wrong.Should().ThrowAsync<KubernetesException>()).Which.IsConflict.Should().BeTrue();
        (await client.DeleteAsync(reference, new DeleteOptions { Uid = read.Uid() }, Token)).Should().BeTrue();
        (await client.DeleteAsync(reference, null, Token)).Should().BeFalse();
        (await client.FindAsync(reference, Token)).Should().BeNull();
    }

    [Fact]
    public async Task A_dry_run_stores_nothing()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string target = await ClusterObjects.NewNamespaceAsync(client);

        ApplyResult tried = await client.ApplyAsync(
            ClusterObjects.ConfigMap(target, "a", "k", "1"),
            new WriteOptions { DryRun = true },
            Token
        );

        tried.Item.Uid().Should().NotBeNull();
        (await client.FindAsync(new ObjectReference("v1", "ConfigMap", target, "a"), Token)).Should().BeNull();
    }

    [Fact]
    public async Task Lists_are_read_in_pages_and_collections_deleted()
    {
        using KubernetesClient client = await server.ConnectAsync(new KubernetesClientOptions { PageSize = 2 });
        string target = await ClusterObjects.NewNamespaceAsync(client);
        foreach (int i in Enumerable.Range(0, 7))
        {
            JsonObject map = ClusterObjects.ConfigMap(target, $"m{i}", "k", "1");
            map.Metadata()!["labels"] = new JsonObject { ["odd"] = (i % 2 == 1) ? "yes" : "no" };
            await client.CreateAsync(map, null, Token);
        }

        var odd = new ListOptions { LabelSelector = "odd=yes", MetadataOnly = true };
        ObjectList all = await client.ListAsync("v1", "ConfigMap", target, null, Token);
        ObjectList some = await client.ListAsync("v1", "ConfigMap", target, odd, Token);
        await client.DeleteCollectionAsync("v1", "ConfigMap", target, odd, null, Token);
        ObjectList rest = await client.ListAsync("v1", "ConfigMap", target, null, Token);

        all.Items.Should().HaveCount(7);
        some.Items.Select(item => item.Metadata().Text("name")).Should().Equal("m1", "m3", "m5");
        some.Items.Should().OnlyContain(item => item.Child("data") == null && item.Text("kind") == "ConfigMap");
        rest.Items.Should().HaveCount(4);
    }

    [Fact]
    public async Task A_watch_from_a_known_state_tells_what_came_later()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string target = await ClusterObjects.NewNamespaceAsync(client);
        await client.CreateAsync(ClusterObjects.ConfigMap(target, "a", "k", "1"), null, Token);
        ObjectList known = await client.ListAsync("v1", "ConfigMap", target, null, Token);
        await client.CreateAsync(ClusterObjects.ConfigMap(target, "b", "k", "1"), null, Token);
        await client.DeleteAsync(new ObjectReference("v1", "ConfigMap", target, "a"), null, Token);
        var from = new WatchOptions { ResourceVersion = known.ResourceVersion };
        var told = new List<string>();

        await foreach (WatchEvent change in client.WatchAsync("v1", "ConfigMap", target, from, Token))
        {
            told.Add($"{change.Kind} {change.Item.Metadata().Text("name")}");
            if (change.Kind == WatchEventKind.Deleted)
            {
                break;
            }
        }

        told.Should().Equal("Added b", "Deleted a");
    }

    [Fact]
    public async Task A_kind_that_is_defined_later_is_found_and_a_misspelled_one_suggested()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string group = $"g{Guid.NewGuid():N}.example";
        (await client.Resources.FindAsync($"{group}/v1", "Gadget", Token)).Should().BeNull();
        await client.CreateAsync(ClusterObjects.Definition(group, "Gadget"), null, Token);
        await ClusterObjects.WaitEstablishedAsync(client, $"gadgets.{group}");

        ResourceMapping? mapping = null;
        while (mapping is null)
        {
            mapping = await client.Resources.FindAsync($"{group}/v1", "Gadget", Token);
        }
        Func<Task> misspelled = async () => await client.Resources.MapAsync($"{group}/v1", "Gadgett", Token);

        mapping.Plural.Should().Be("gadgets");
        (await misspelled.Should().ThrowAsync<UnknownKindException>())
            .Which.Nearest.Should()
            .Contain($"{group}/v1 Gadget");
    }

    [Fact]
    public async Task The_log_of_a_pod_that_does_not_exist_is_not_found()
    {
        using KubernetesClient client = await server.ConnectAsync();

        Func<Task> read = () => client.ReadLogsAsync("default", "none", null, Token);

        (await read.Should().ThrowAsync<KubernetesException>()).Which.IsNotFound.Should().BeTrue();
    }
}
