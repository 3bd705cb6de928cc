using PlatformLocal.Client;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Kubernetes;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>Environments that Flux delivers, on the embedded platform, which plays it.</summary>
public sealed class FluxDeliveryTests
{
    private const string Shop = """{"environment_name":"shop","services":{"web":"1.0.0"},"delivery":"flux"}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_deployed_upgraded_and_destroyed_and_nothing_is_left()
    {
        await using var platform = await TestPlatform.StartAsync();
        using var client = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);

        var deployed = await platform.DeployAsync(Shop);
        var first = await KustomizationsAsync(client);
        var asked = File.Exists(Path.Combine(platform.Bucket, "shop.flux.json"));
        var upgraded = await platform.DeployAsync(Shop.Replace("1.0.0", "1.1.0"));
        var second = await KustomizationsAsync(client);
        var web = await client.GetAsync(new ObjectReference("apps/v1", "Deployment", "env-shop", "web"), Token);
        await platform.Api.DeleteAsync("shop", Token);
        await platform.WaitAsync("shop", found => found is null);

        deployed.Phase.Should().Be(EnvironmentPhase.Ready, deployed.Message);
        deployed.Delivery.Should().Be(DeliveryKind.Flux);
        upgraded.Phase.Should().Be(EnvironmentPhase.Ready, upgraded.Message);
        first.Keys.Should().Equal("auth", "web");
        asked.Should().BeTrue();
        RevisionOf(first["web"]).Should().NotBe(RevisionOf(second["web"])).And.Be(RevisionOf(first["auth"]));
        Image(web).Should().EndWith("web:1.1.0");
        web.Label("kustomize.toolkit.fluxcd.io/name").Should().Be("web");
        (await KustomizationsAsync(client)).Should().BeEmpty();
        (await client.FindAsync(new ObjectReference("v1", "Namespace", null, "env-shop"), Token)).Should().BeNull();
        Directory.Exists(Path.Combine(platform.State.Folder, "registry", "deliveries")).Should().BeTrue();
        Directory
            .EnumerateFiles(Path.Combine(platform.State.Folder, "registry"), "*", SearchOption.AllDirectories)
            .Should()
            .BeEmpty("builds go with their environment");
        File.Exists(Path.Combine(platform.Bucket, "shop.flux.json")).Should().BeFalse();
    }

    [Fact]
    public async Task One_that_breaks_says_why_and_a_rollback_is_the_build_that_it_was()
    {
        await using var platform = await TestPlatform.StartAsync();
        using var client = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);
        await platform.DeployAsync(Shop);
        var first = await KustomizationsAsync(client);
        string restored = Break(platform, "web:fail-1");

        var broken = await platform.DeployAsync(Shop.Replace("1.0.0", "1.1.0"));
        File.WriteAllText(ManifestsOf(platform), restored);
        var back = await platform.RollBackAsync("shop", 1);
        var locked = await TestPlatform.DeployAsync(
            platform.Api,
            Shop,
            new DeployRequest
            {
                Claim = [],
                DeployOnlySpecified = true,
                Locked = true,
            }
        );

        broken.Phase.Should().Be(EnvironmentPhase.Failed);
        broken.Message.Should().Contain("CrashLoopBackOff");
        back.Phase.Should().Be(EnvironmentPhase.Ready, back.Message);
        locked.Phase.Should().Be(EnvironmentPhase.Ready, locked.Message);
        RevisionOf((await KustomizationsAsync(client))["web"]).Should().Be(RevisionOf(first["web"]));
    }

    [Fact]
    public async Task A_platform_that_ends_in_the_middle_goes_on_where_it_was()
    {
        await using var platform = await TestPlatform.StartAsync();
        string restored = Break(platform, "web:missing-1");
        await platform.Api.PutAsync("shop", RequestOf(Shop), null, Token);
        await platform.WaitAsync("shop", e => e?.Message?.Contains("cannot be pulled") == true);
        await platform.StopAsync();
        File.WriteAllText(ManifestsOf(platform), restored);

        await platform.ServeAsync();
        var after = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);

        after!.Delivery.Should().Be(DeliveryKind.Flux);
        await platform.StopAsync();
        await platform.ServeAsync();
        var again = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);
        again!.Changes.Should().BeNull("nothing was delivered");
        again.Delivery.Should().Be(DeliveryKind.Flux);
    }

    [Fact]
    public async Task The_workspace_chooses_unless_the_claim_does_and_the_claim_keeps_it()
    {
        await using var platform = await TestPlatform.StartAsync();
        platform.WritePlatform("{domain: test.localhost, delivery: flux}");
        const string claim = """{"environment_name":"shop","services":{"auth":"*"}}""";

        var ofWorkspace = await platform.DeployAsync(claim);
        var ofClaim = await platform.DeployAsync(claim.Replace("}}", "},\"delivery\":\"direct\"}"));
        var kept = await platform.DeployAsync(claim);

        ofWorkspace.Delivery.Should().Be(DeliveryKind.Flux);
        ofClaim.Delivery.Should().Be(DeliveryKind.Direct);
        ofClaim.Changes!.Pruned.Should().Be(0);
        kept.Delivery.Should().Be(DeliveryKind.Direct);
        File.Exists(Path.Combine(platform.Bucket, "shop.flux.json")).Should().BeFalse();
    }

    private static DeployRequest RequestOf(string payload) =>
        new()
        {
            Claim = (System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse(payload)!,
            DeployOnlySpecified = true,
        };

    private static string ManifestsOf(TestPlatform platform) =>
        Path.Combine(platform.Workspace, "services", "web", "infrastructure", "objects.yaml");

    /// <summary>Gives the service another image; what its manifests were.</summary>
    private static string Break(TestPlatform platform, string image)
    {
        string before = File.ReadAllText(ManifestsOf(platform));
        File.WriteAllText(ManifestsOf(platform), before.Replace("${IMAGE}", image));
        return before;
    }

    private static async Task<IReadOnlyDictionary<string, System.Text.Json.Nodes.JsonObject>> KustomizationsAsync(
        KubernetesClient client
    )
    {
        var all = await client.ListAsync(FluxKinds.KustomizeVersion, FluxKinds.Kustomization, "env-shop", null, Token);
        return all
            .Items.OrderBy(k => k.Metadata().Text("name"), StringComparer.Ordinal)
            .ToDictionary(k => k.Metadata().Text("name")!);
    }

    private static string? RevisionOf(System.Text.Json.Nodes.JsonObject kustomization) =>
        kustomization.Child("status").Text("lastAppliedRevision");

    private static string? Image(System.Text.Json.Nodes.JsonObject deployment) =>
        deployment.Child("spec").Child("template").Child("spec").Items("containers").Single().Text("image");
}
