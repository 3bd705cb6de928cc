using System.Text.Json.Nodes;
using EmbeddedKubernetes;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.PlatformServices;
using PlatformLocal.Platform.PlatformServices.Installation;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.Steps;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.PlatformServices;

/// <summary>The installation on an embedded cluster: new enough for Flux, and with controllers for workloads.</summary>
public sealed class EmbeddedServiceStepsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Charts_and_manifests_are_installed_shown_and_taken_back()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(
            new EmbeddedClusterOptions { PodStartDelay = TimeSpan.Zero },
            Token
        );
        using var client = KubernetesClient.FromKubeconfig(cluster.KubeconfigPath);
        await using var driver = new FluxDriver(client) { PlaysWorkloads = false };
        using var folder = new TemporaryFolder();
        var choice = PlatformServiceSelection.Of(
            "monitoring,kong,postgres,redis,cedar-agent",
            DeliveryKinds.Flux,
            new PlatformServiceSettings
            {
                FluxManifests = ServicesServer.WriteFluxManifests(folder, ServicesServer.PublishedFluxKinds()),
            }
        );
        var steps = new PlatformServiceSteps(
            choice,
            _ => Task.FromResult(KubernetesClient.FromKubeconfig(cluster.KubeconfigPath)),
            new ServiceInstallationOptions
            {
                Interval = TimeSpan.FromMilliseconds(20),
                Timeout = TimeSpan.FromSeconds(20),
            }
        );
        var runner = new StepRunner(new StepGraph(steps.After()), TimeProvider.System);

        var before = await PlatformServiceStatus.ReadAsync(client, choice, Token);
        await runner.RunAsync(Token);
        await runner.RunAsync(Token);
        var installed = await PlatformServiceStatus.ReadAsync(client, choice, Token);
        await steps.RemoveAsync(_ => { }, Token);

        before.Should().OnlyContain(s => !s.Ready && s.Message.Contains("is not there"));
        installed.Should().HaveCount(5).And.OnlyContain(s => s.Ready);
        installed
            .Select(s => $"{s.Name} {s.Version} {s.By}")
            .Should()
            .Contain(["kong 3.4.1 flux", "redis 7.4.5 direct"]);
        (await client.ListAsync("apps/v1", "Deployment", PlatformService.Namespace, null, Token))
            .Items.Should()
            .BeEmpty();
        (await client.FindAsync(new("v1", "Namespace", null, "flux-system"), Token)).Should().BeNull();
    }

    [Fact]
    public async Task What_charts_leave_behind_goes_unless_somebody_uses_it()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions(), Token);
        using var client = KubernetesClient.FromKubeconfig(cluster.KubeconfigPath);
        await using var driver = new FluxDriver(client) { PlaysWorkloads = false };
        driver.Besides = () => AcceptGatewayClassAsync(client);
        using var folder = new TemporaryFolder();
        var kinds = folder.Write(
            "kinds.yaml",
            string.Join(
                "\n---\n",
                Kind("gatewayclasses.gateway.networking.k8s.io", "GatewayClass", "Cluster"),
                Kind("envoyproxies.gateway.envoyproxy.io", "EnvoyProxy", "Namespaced")
            )
        );
        var choice = PlatformServiceSelection.Of(
            "gateway",
            DeliveryKinds.Flux,
            new PlatformServiceSettings
            {
                FluxManifests = ServicesServer.WriteFluxManifests(folder, ServicesServer.PublishedFluxKinds()),
                Changes = new Dictionary<string, PlatformServiceChange> { ["gateway"] = new() { Manifests = kinds } },
            }
        );
        var steps = new PlatformServiceSteps(
            choice,
            _ => Task.FromResult(KubernetesClient.FromKubeconfig(cluster.KubeconfigPath)),
            new ServiceInstallationOptions
            {
                Interval = TimeSpan.FromMilliseconds(20),
                Timeout = TimeSpan.FromSeconds(20),
            }
        );
        await new StepRunner(new StepGraph(steps.After()), TimeProvider.System).RunAsync(Token);
        var made = await client.GetAsync(new("v1", "Namespace", null, "envoy-gateway-system"), Token);
        // What the chart would have made.
        await ApplyAsync(client, Kind("backends.gateway.envoyproxy.io", "Backend", "Namespaced", "envoy-gateway"));
        await ApplyAsync(
            client,
            Kind("tlsroutes.gateway.networking.k8s.io", "TLSRoute", "Namespaced", "envoy-gateway")
        );
        await ApplyAsync(client, Kind("things.example.test", "Thing", "Namespaced"));
        await ApplyAsync(client, Role("envoy-gateway-certgen", "envoy-gateway"));
        await ApplyAsync(client, Role("somebody-else", "another-release"));
        await ApplyAsync(
            client,
            """{"apiVersion":"gateway.networking.k8s.io/v1","kind":"TLSRoute","metadata":{"name":"shop","namespace":"default"}}"""
        );
        var said = new List<string>();

        await steps.RemoveAsync(said.Add, Token);

        made.Label("platform.local/system")
            .Should()
            .Be("platform", "environments admit what comes from such namespaces");
        (await NamesAsync(client, "apiextensions.k8s.io/v1", "CustomResourceDefinition"))
            .Should()
            .BeEquivalentTo("things.example.test", "tlsroutes.gateway.networking.k8s.io");
        (await NamesAsync(client, "rbac.authorization.k8s.io/v1", "ClusterRole"))
            .Should()
            .Contain("somebody-else")
            .And.NotContain("envoy-gateway-certgen");
        (await client.FindAsync(new("v1", "Namespace", null, "envoy-gateway-system"), Token)).Should().BeNull();
        said.Should()
            .ContainSingle(s => s.StartsWith("leaves the kind"))
            .Which.Should()
            .Be(
                "leaves the kind tlsroutes.gateway.networking.k8s.io: TLSRoute default/shop is of it, which the platform did not make"
            );
    }

    private static async Task AcceptGatewayClassAsync(KubernetesClient client)
    {
        const string apiVersion = "gateway.networking.k8s.io/v1";
        if (
            await client.Resources.FindAsync(apiVersion, "GatewayClass", Token) is not null
            && await client.FindAsync(new(apiVersion, "GatewayClass", null, "platform"), Token) is { } found
            && found["status"] is null
        )
        {
            found["status"] = JsonNode.Parse(
                """{"conditions":[{"type":"Accepted","status":"True","reason":"Accepted"}]}"""
            );
            await client.ReplaceAsync(found, null, Token);
        }
    }

    private static async Task<IEnumerable<string?>> NamesAsync(
        KubernetesClient client,
        string apiVersion,
        string kind
    ) => (await client.ListAsync(apiVersion, kind, null, null, Token)).Items.Select(i => i.Metadata().Text("name"));

    private static Task ApplyAsync(KubernetesClient client, string item) =>
        client.ApplyAsync((JsonObject)JsonNode.Parse(item)!, new WriteOptions { Force = true }, Token);

    private static string Role(string name, string release) =>
        """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","rules":[],"metadata":{"name":"NAME",
             "labels":{"app.kubernetes.io/instance":"RELEASE","app.kubernetes.io/managed-by":"Helm"},
             "annotations":{"helm.sh/hook":"pre-install"}}}
            """.Replace("NAME", name, StringComparison.Ordinal).Replace("RELEASE", release, StringComparison.Ordinal);

    // With the labels that Flux puts on the kinds of a chart.
    private static string Kind(string name, string kind, string scope, string release = "none") =>
        """
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"NAME",
             "annotations":{"api-approved.kubernetes.io":"https://example.test/approved"},
             "labels":{"helm.toolkit.fluxcd.io/name":"RELEASE","helm.toolkit.fluxcd.io/namespace":"platform-system"}},
             "spec":{"group":"GROUP","scope":"SCOPE",
             "names":{"kind":"KIND","listKind":"KINDList","plural":"PLURAL","singular":"SINGULAR"},
             "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":
             {"type":"object","x-kubernetes-preserve-unknown-fields":true}}},
             {"name":"v1alpha1","served":true,"storage":false,"schema":{"openAPIV3Schema":
             {"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
            """.Replace("NAME", name, StringComparison.Ordinal).Replace(
            "RELEASE",
            release,
            StringComparison.Ordinal
        ).Replace("GROUP", name[(name.IndexOf('.') + 1)..], StringComparison.Ordinal).Replace(
            "PLURAL",
            name.Split('.')[0],
            StringComparison.Ordinal
        ).Replace("SINGULAR", kind.ToLowerInvariant(), StringComparison.Ordinal).Replace(
            "SCOPE",
            scope,
            StringComparison.Ordinal
        ).Replace("KIND", kind, StringComparison.Ordinal);
}
