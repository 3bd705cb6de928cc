using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Kubernetes;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>What a ready environment tells beside that it is.</summary>
public sealed class RemarkTests
{
    private const string Shop = """{"environment_name":"shop","services":{"auth":"2.0.0"}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_made_again_is_counted_and_named_as_such()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        var objects = ObjectsOf(platform);
        var text = await File.ReadAllTextAsync(objects, Token);
        await File.WriteAllTextAsync(
            objects,
            text.Replace(
                    "metadata: {name: auth}",
                    "metadata: {name: auth, annotations: {platform.local/recreate: enabled}}"
                )
                .Replace("app: auth", "app: other"),
            Token
        );

        var shop = await platform.DeployAsync(Shop);

        shop.Changes!.Recreated.Should().Be(1);
        shop.Changes.ToString().Should().MatchRegex("^[0-9]+ objects, 1 updated, 1 recreated and [0-9]+ unchanged$");
        shop.Services.Single()
            .Message.Should()
            .StartWith("deleted and made again Deployment auth: ")
            .And.EndWith("cannot be changed");
        (await platform.Api.GetAsync("shop", Token)).Changes!.Recreated.Should().Be(1);
    }

    [Fact]
    public async Task What_is_no_longer_wanted_and_held_is_told_until_it_is_gone()
    {
        await using var platform = await TestPlatform.StartAsync();
        var objects = ObjectsOf(platform);
        var text = await File.ReadAllTextAsync(objects, Token);
        await File.WriteAllTextAsync(
            objects,
            text + "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, finalizers: [example.test/hold]}\n",
            Token
        );
        await platform.DeployAsync(Shop);
        await File.WriteAllTextAsync(objects, text, Token);

        var shop = await platform.DeployAsync(Shop);
        using var cluster = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);
        await cluster.PatchAsync(
            new ObjectReference("v1", "ConfigMap", "env-shop", "held"),
            PatchKind.Merge,
            new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } },
            null,
            Token
        );
        var freed = await platform.Api.GetAsync("shop", Token);

        shop.Phase.Should().Be(EnvironmentPhase.Ready);
        shop.Warnings.Should()
            .ContainSingle()
            .Which.Should()
            .StartWith(
                "ConfigMap env-shop/held is no longer wanted, is being deleted and waits for the finalizer example.test/hold."
            );
        freed.Warnings.Should().BeEmpty();
    }

    [Fact]
    public async Task What_is_wanted_and_held_is_no_part_of_a_ready_environment_and_is_made_again()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        using var cluster = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);
        var held = new ObjectReference("v1", "ConfigMap", "env-shop", "auth");
        await HoldAsync(cluster, held, "example.test/hold");
        await cluster.DeleteAsync(held, new DeleteOptions(), Token);

        var shop = await platform.Api.GetAsync("shop", Token);
        var listed = (await platform.Api.ListAsync("", Token)).Environments.Single();
        await platform.WaitAsync("shop", e => e!.Message?.Contains("auth: waits for ConfigMap auth") == true);
        await HoldAsync(cluster, held);
        var again = await platform.WaitAsync("shop", e => e!.Phase == EnvironmentPhase.Ready);

        shop.Phase.Should().Be(EnvironmentPhase.Delivering);
        shop.Requested.Should().BeGreaterThan(shop.Completed);
        shop.ReadySince.Should().BeNull();
        shop.Services.Single()
            .Causes.Should()
            .Equal(
                new CauseDocument(
                    "ConfigMap auth",
                    "Terminating",
                    "is being deleted and waits for the finalizer example.test/hold"
                )
            );
        shop.Conditions.Single(c => c.Type == ConditionTypes.Ready)
            .Should()
            .Match<ConditionDocument>(c => c.Status == "Unknown" && c.Message == shop.Message);
        shop.Message.Should().StartWith("0 of 1 ready. auth: waits until what is being deleted is gone");
        listed.Phase.Should().NotBe(EnvironmentPhase.Ready);
        again!.Changes!.Recreated.Should().Be(1);
        (await cluster.FindAsync(held, Token)).IsTerminating().Should().BeFalse();
    }

    [Fact]
    public async Task What_the_environment_has_beside_its_services_and_is_held_is_told_while_it_is_ready()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        using var cluster = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);
        var held = new ObjectReference("networking.k8s.io/v1", "NetworkPolicy", "env-shop", "platform-allow-dns");
        await HoldAsync(cluster, held, "example.test/hold");
        await cluster.DeleteAsync(held, new DeleteOptions(), Token);

        var shop = await platform.Api.GetAsync("shop", Token);
        await HoldAsync(cluster, held);
        var healed = await platform.DeployAsync(Shop);

        shop.Phase.Should().Be(EnvironmentPhase.Ready);
        shop.Warnings.Should()
            .Equal(
                "NetworkPolicy platform-allow-dns is being deleted and waits for the finalizer example.test/hold: when it is gone, it is made again."
            );
        healed.Changes!.Created.Should().Be(1);
        (await platform.Api.GetAsync("shop", Token)).Warnings.Should().BeEmpty();
    }

    [Fact]
    public async Task A_damaged_inventory_is_told_once_and_with_the_way_out()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        using var cluster = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);
        await cluster.PatchAsync(
            new ObjectReference("v1", "ConfigMap", "env-shop", "platform-inventory"),
            PatchKind.Merge,
            new JsonObject { ["data"] = new JsonObject { ["objects.json"] = "[{" } },
            null,
            Token
        );

        var ready = await platform.Api.GetAsync("shop", Token);
        var failed = await platform.DeployAsync(Shop);

        const string told =
            "The ConfigMap env-shop/platform-inventory, which says what was delivered for shop, is damaged, what it holds is no JSON.";
        ready
            .Warnings.Should()
            .ContainSingle()
            .Which.Should()
            .StartWith($"Whether all that shop brings is in force cannot be told. {told} Forget what was delivered")
            .And.EndWith("kubectl -n env-shop delete configmap platform-inventory");
        failed.Phase.Should().Be(EnvironmentPhase.Failed);
        failed.Message.Should().Be(told);
        failed.Warnings.Should().BeEmpty();
        failed.NextStep.Should().EndWith("kubectl -n env-shop delete configmap platform-inventory");
    }

    private static Task HoldAsync(KubernetesClient cluster, ObjectReference what, params string[] finalizers) =>
        cluster.PatchAsync(
            what,
            PatchKind.Merge,
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["finalizers"] = new JsonArray([.. finalizers.Select(f => (JsonNode?)f)]),
                },
            },
            null,
            Token
        );

    private static string ObjectsOf(TestPlatform platform) =>
        Path.Combine(platform.Workspace, "services", "auth", "infrastructure", "objects.yaml");
}
