using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

public sealed class PruningTests(RealApiServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_must_not_be_lost_is_kept_and_told()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        var delivery = new DirectDelivery(client);
        JsonObject guarded = Annotated(ConfigMap("guarded"), "disabled");
        JsonObject disposable = Annotated(Claim("disposable"), "enabled");
        DeliveryRequest request = Request(
            name,
            Service("web", ConfigMap("plain"), guarded, Claim("data"), disposable, ConfigMap("taken"))
        );
        await BindClaimsAsync(
            client,
            request.Namespace,
            delivery.DeliverAsync(request, new ProgressLog(), Token),
            "data",
            "disposable"
        );
        var taken = new ObjectReference("v1", "ConfigMap", request.Namespace, "taken");
        var label = new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [DeliveryLabels.Environment] = "other" } },
        };
        await client.PatchAsync(taken, PatchKind.Merge, label, null, Token);
        DeliveryRequest empty = Request(name, Service("web"));

        DeliveryResult result = await delivery.DeliverAsync(empty, new ProgressLog(), Token);
        DeliveryResult again = await delivery.DeliverAsync(empty, new ProgressLog(), Token);

        result
            .Changes.Skip(1)
            .Select(change => $"{change.Change} {change.Name}")
            .Should()
            .BeEquivalentTo("Pruned plain", "Kept guarded", "Kept data", "Kept disposable");
        result
            .Changes.Single(change => change.Name == "disposable")
            .Note.Should()
            .Be(
                "it is being deleted and waits for the finalizer kubernetes.io/pvc-protection",
                "no controller runs here"
            );
        result.Changes.Single(change => change.Name == "data").Note.Should().Contain("platform.local/prune: enabled");
        again
            .Changes.Skip(1)
            .Select(change => $"{change.Change} {change.Name}")
            .Should()
            .BeEquivalentTo("Kept guarded", "Kept data", "Kept disposable");
        (await client.FindAsync(taken, Token)).Should().NotBeNull("somebody else has taken it over");
    }

    [Fact]
    public async Task What_a_failed_delivery_made_is_pruned_by_the_next()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        var delivery = new DirectDelivery(client);
        JsonObject bad = PortService("bad");
        bad.Child("spec")!["type"] = "Nonsense";
        Func<Task> deliver = () =>
            delivery.DeliverAsync(Request(name, Service("web", ConfigMap("made"), bad)), new ProgressLog(), Token);
        await deliver.Should().ThrowAsync<PlatformException>();

        DeliveryResult result = await delivery.DeliverAsync(
            Request(name, Service("web", ConfigMap("other"))),
            new ProgressLog(),
            Token
        );

        result.Changes.Should().Contain(change => change.Name == "made" && change.Change == ChangeKind.Pruned);
    }

    [Fact]
    public async Task An_object_that_moves_to_another_service_or_version_is_not_pruned()
    {
        using KubernetesClient client = await server.ConnectAsync();
        Assert.SkipWhen(
            await client.Resources.FindAsync("networking.k8s.io/v1beta1", "Ingress", Token) is null,
            "the API server has no kind in two versions"
        );
        string name = NewName();
        var delivery = new DirectDelivery(client);
        await delivery.DeliverAsync(
            Request(name, Service("web", ConfigMap("a"), Ingress("networking.k8s.io/v1beta1")), Service("api")),
            new ProgressLog(),
            Token
        );

        DeliveryResult result = await delivery.DeliverAsync(
            Request(name, Service("web"), Service("api", ConfigMap("a"), Ingress("networking.k8s.io/v1"))),
            new ProgressLog(),
            Token
        );

        result.Changes.Skip(1).Select(change => change.Change).Should().AllBeEquivalentTo(ChangeKind.Updated);
    }

    [Fact]
    public async Task A_large_inventory_is_spread_and_read_back_and_shrinks_again()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string target = await ClusterObjects.NewNamespaceAsync(client);
        var store = new InventoryStore(client, "platform-local", shardSize: 10_000);
        InventoryEntry[] entries =
        [
            .. Enumerable
                .Range(0, 2000)
                .Select(i => new InventoryEntry(
                    new ObjectReference("v1", "ConfigMap", target, $"object-{i}"),
                    $"service-{i % 50}",
                    $"{i * 7919}",
                    Convert.ToBase64String(
                        System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(i)).AsSpan(0, 12)
                    )
                )),
        ];
        Inventory large = Inventory.Of("shop", entries);

        await store.WriteAsync(large, target, Token);
        Inventory read = await store.ReadAsync("shop", target, Token);
        int maps = (await client.ListAsync("v1", "ConfigMap", target, null, Token)).Items.Count;
        await store.WriteAsync(Inventory.Of("shop", entries.Take(1500)), target, Token);
        Inventory changed = await store.ReadAsync("shop", target, Token);
        await store.WriteAsync(Inventory.Of("shop", entries.Take(2)), target, Token);
        ObjectList left = await client.ListAsync("v1", "ConfigMap", target, null, Token);

        read.Entries.Should().Equal(large.Entries);
        maps.Should().BeGreaterThan(2);
        changed.Entries.Should().HaveCount(1500);
        left.Items.Should().ContainSingle();
        (await store.ReadAsync("shop", target, Token)).Entries.Should().HaveCount(2);
    }

    [Fact]
    public async Task Five_thousand_objects_fit_into_one_inventory()
    {
        using KubernetesClient client = await server.ConnectAsync();
        string target = await ClusterObjects.NewNamespaceAsync(client);
        var store = new InventoryStore(client, "platform-local");
        Inventory large = Inventory.Of(
            "shop",
            Enumerable
                .Range(0, 5000)
                .Select(i => new InventoryEntry(
                    new ObjectReference("apps/v1", "Deployment", target, $"{Guid.NewGuid()}-with-a-rather-long-name"),
                    $"service-{i}",
                    $"{i * 7919}",
                    Convert.ToBase64String(
                        System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(i)).AsSpan(0, 12)
                    )
                ))
        );

        await store.WriteAsync(large, target, Token);

        (await store.ReadAsync("shop", target, Token)).Entries.Should().Equal(large.Entries);
    }

    [Theory]
    [InlineData("""{"format":"9"}""", "is of format 9, which this version does not know")]
    [InlineData("""{}""", "is damaged, it names no format")]
    [InlineData("""{"format":"1","objects.json":"["}""", "is damaged, what it holds is no JSON")]
    [InlineData("""{"format":"1","objects.json":"{}"}""", "is damaged, what it holds is no list")]
    [InlineData("""{"format":"1","objects.json":"null"}""", "is damaged, what it holds is no list")]
    [InlineData("""{"format":"1"}""", "is damaged, platform-inventory has no objects.json.gz")]
    [InlineData(
        """{"format":"1","objects.json":"[[1]]"}""",
        "is damaged, its entry 1 names no object, or one a second time"
    )]
    [InlineData(
        """{"format":"1","objects.json":"[[\"v1\"]]"}""",
        "is damaged, its entry 1 names no object, or one a second time"
    )]
    [InlineData(
        """{"format":"1","objects.json":"[null]"}""",
        "is damaged, its entry 1 names no object, or one a second time"
    )]
    [InlineData(
        """{"format":"1","objects.json":"[[\"v1\",\"Secret\",null,\"a\",\"\",null,null],[\"v1\",\"Secret\",null,\"a\",\"\",null,null]]"}""",
        "is damaged, its entry 2 names no object, or one a second time"
    )]
    [InlineData("""{"format":"1","objects.json.gz":"bm8gZ3ppcA=="}""", "is damaged, what it holds cannot be unpacked")]
    [InlineData(
        """{"format":"1","shards":"platform-inventory-x-1","objects.json.gz":"bm8="}""",
        "is damaged, its part platform-inventory-x-1 is missing"
    )]
    public async Task An_inventory_that_cannot_be_read_stops_the_delivery_in_plain_words(string data, string why)
    {
        using KubernetesClient client = await server.ConnectAsync();
        string name = NewName();
        DeliveryRequest request = Request(name, Service("web", ConfigMap("a")));
        await client.ApplyAsync(
            Yamlish(
                $$$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"env-{{{name}}}","labels":{"platform.local/environment":"{{{name}}}"} } }"""
            ),
            null,
            Token
        );
        JsonObject map = ConfigMap(InventoryStore.Name);
        map.Metadata()!["namespace"] = request.Namespace;
        var fields = (JsonObject)JsonNode.Parse(data)!;
        map["data"] = fields;
        if (fields.Remove("objects.json.gz", out JsonNode? packed))
        {
            map["binaryData"] = new JsonObject { ["objects.json.gz"] = packed };
        }
        await client.CreateAsync(map, null, Token);

        Func<Task> deliver = () => new DirectDelivery(client).DeliverAsync(request, new ProgressLog(), Token);

        PlatformException fault = (await deliver.Should().ThrowAsync<PlatformException>()).Which;
        fault
            .Message.Should()
            .Be($"The ConfigMap env-{name}/platform-inventory, which says what was delivered for {name}, {why}.");
        fault.NextStep.Should().EndWith($"kubectl -n env-{name} delete configmap platform-inventory");
    }

    private static async Task BindClaimsAsync(
        KubernetesClient client,
        string target,
        Task delivering,
        params string[] claims
    )
    {
        foreach (string claim in claims)
        {
            var reference = new ObjectReference("v1", "PersistentVolumeClaim", target, claim);
            while (!delivering.IsCompleted && await client.FindAsync(reference, Token) is null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
            }
            var bound = new JsonObject { ["status"] = new JsonObject { ["phase"] = "Bound" } };
            await client.PatchAsync(
                reference,
                PatchKind.Merge,
                bound,
                new WriteOptions { Subresource = "status" },
                Token
            );
        }
        await delivering;
    }

    private static JsonObject Annotated(JsonObject item, string prune)
    {
        item.Metadata()!["annotations"] = new JsonObject { [DeliveryLabels.Prune] = prune };
        return item;
    }

    private static JsonObject Claim(string name) =>
        Yamlish(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"NAME"},
             "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}
            """.Replace("NAME", name, StringComparison.Ordinal)
        );

    private static JsonObject Ingress(string apiVersion) =>
        Yamlish(
            (
                apiVersion.EndsWith("v1", StringComparison.Ordinal)
                    ? """{"kind":"Ingress","metadata":{"name":"web"},"spec":{"defaultBackend":{"service":{"name":"web","port":{"number":80}}}}}"""
                    : """{"kind":"Ingress","metadata":{"name":"web"},"spec":{"backend":{"serviceName":"web","servicePort":80}}}"""
            ).Replace("\"kind\"", $"\"apiVersion\":\"{apiVersion}\",\"kind\"", StringComparison.Ordinal)
        );
}
