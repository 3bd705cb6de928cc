using System.Text.Json.Nodes;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.PlatformServices;
using PlatformLocal.Platform.PlatformServices.Flux;
using PlatformLocal.Platform.PlatformServices.Selection;

namespace PlatformLocal.Platform.Tests.PlatformServices;

/// <summary>What is written for a cluster, judged by a real API server with Flux's real kinds.</summary>
[Collection(nameof(ServicesServer))]
public sealed class FluxObjectsTests(ServicesServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> WithCharts() =>
        [.. PlatformServiceCatalogue.All.Where(s => s.NeedsFlux).Select(s => s.Name)];

    public static TheoryData<string> WithManifests() =>
        [.. PlatformServiceCatalogue.All.Where(s => s.HasManifests && !s.NeedsFlux).Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(WithCharts))]
    public async Task Sources_and_releases_are_of_their_kinds_in_every_field(string name)
    {
        using var client = await server.ConnectWithKindsAsync(Token);
        var chosen = new SelectedService(PlatformServiceCatalogue.Find(name)!, PlatformServiceChange.None);

        foreach (var chart in chosen.Service.Charts)
        {
            await AcceptsWholeAsync(client, FluxObjects.Source(chosen, chart));
            await AcceptsWholeAsync(client, FluxObjects.Release(chosen, chart));
        }
    }

    [Theory]
    [MemberData(nameof(WithManifests))]
    public async Task Own_manifests_are_accepted_in_every_field(string name)
    {
        using var client = await server.ConnectWithKindsAsync(Token);
        var chosen = new SelectedService(PlatformServiceCatalogue.Find(name)!, PlatformServiceChange.None);

        foreach (var item in chosen.Manifests())
        {
            await AcceptsWholeAsync(client, item);
        }
    }

    [Fact]
    public async Task A_field_that_a_kind_does_not_have_is_found()
    {
        using var client = await server.ConnectWithKindsAsync(Token);
        var chosen = new SelectedService(PlatformServiceCatalogue.Find("minio")!, PlatformServiceChange.None);
        var release = FluxObjects.Release(chosen, chosen.Service.Charts[0]);
        release["spec"]!["install"]!["retryStrategy"] = "RetryOnFailure";

        var accept = () => AcceptsWholeAsync(client, release);

        await accept.Should().ThrowAsync<Exception>().WithMessage("*spec.install.retryStrategy*");
    }

    [Fact]
    public void A_release_has_its_own_name_tries_again_and_waits_for_what_it_depends_on()
    {
        var chosen = new SelectedService(
            PlatformServiceCatalogue.Find("elasticsearch")!,
            new PlatformServiceChange { Version = "0.21.0" }
        );

        var releases = chosen.Service.Charts.Select(c => FluxObjects.Release(chosen, c)["spec"]!).ToList();

        releases[0]["chart"]!["spec"]!["version"]!.GetValue<string>().Should().Be("3.5.0");
        releases[1]["chart"]!["spec"]!["version"]!.GetValue<string>().Should().Be("0.21.0");
        releases[1]["dependsOn"]!.ToJsonString().Should().Be("""[{"name":"eck-operator"}]""");
        releases.Select(r => (string?)r["releaseName"]).Should().Equal("eck-operator", "elasticsearch");
        releases
            .SelectMany(r => new[] { "install", "upgrade" }.Select(w => (string?)r[w]!["strategy"]!["name"]))
            .Should()
            .OnlyContain(s => s == "RetryOnFailure");
    }

    [Fact]
    public void A_chart_in_a_registry_is_taken_by_its_tag_into_its_namespace()
    {
        var chosen = new SelectedService(PlatformServiceCatalogue.Find("cert-manager")!, PlatformServiceChange.None);
        var chart = chosen.Service.Charts[0];

        var source = FluxObjects.Source(chosen, chart);
        var release = FluxObjects.Release(chosen, chart)["spec"]!;

        source["kind"]!.GetValue<string>().Should().Be("OCIRepository");
        source["spec"]!["ref"]!["tag"]!.GetValue<string>().Should().Be("v1.21.1");
        release["chartRef"]!.ToJsonString().Should().Be("""{"kind":"OCIRepository","name":"cert-manager"}""");
        release["targetNamespace"]!.GetValue<string>().Should().Be("cert-manager");
    }

    [Theory]
    [InlineData("elasticsearch", "oci://mirror.example.com/charts/eck-elasticsearch", "0.20.0")]
    [InlineData("gateway", "oci://mirror.example.com/charts/gateway-helm", "v1.9.0")]
    public void A_registry_of_the_workspace_has_all_charts_by_their_names(string name, string url, string version)
    {
        var mirror = new ChartRegistry("oci://mirror.example.com/charts") { IsInsecure = true, Secret = "mirror" };

        var chosen = PlatformServiceSelection
            .Of(name, DeliveryKinds.Flux, new PlatformServiceSettings { Charts = mirror })
            .Services[^1];

        var source = FluxObjects.Source(chosen, chosen.Service.Charts[^1]);
        source["kind"]!.GetValue<string>().Should().Be("OCIRepository");
        source["spec"]!["url"]!.GetValue<string>().Should().Be(url);
        source["spec"]!["ref"]!["tag"]!.GetValue<string>().Should().Be(version);
        source["spec"]!["insecure"]!.GetValue<bool>().Should().BeTrue();
        source["spec"]!["secretRef"]!["name"]!.GetValue<string>().Should().Be("mirror");
        FluxObjects.Release(chosen, chosen.Service.Charts[^1])["spec"]!["chartRef"]!["kind"]!
            .GetValue<string>()
            .Should()
            .Be("OCIRepository");
    }

    [Fact]
    public void Kinds_that_are_to_stay_are_not_applied_by_the_server_which_would_replace_them()
    {
        var gateway = new SelectedService(PlatformServiceCatalogue.Find("gateway")!, PlatformServiceChange.None);
        var kong = new SelectedService(PlatformServiceCatalogue.Find("kong")!, PlatformServiceChange.None);

        var kept = FluxObjects.Release(gateway, gateway.Service.Charts[0])["spec"]!;
        var replaced = FluxObjects.Release(kong, kong.Service.Charts[0])["spec"]!;

        kept["install"]!["serverSideApply"]!.GetValue<bool>().Should().BeFalse();
        kept["upgrade"]!["serverSideApply"]!.GetValue<string>().Should().Be("disabled");
        kept["install"]!["crds"]!.GetValue<string>().Should().Be("Create");
        replaced["install"]!.AsObject().Should().NotContainKey("serverSideApply");
    }

    [Fact]
    public void Flux_gives_its_verdict_before_nobody_waits_for_it_any_longer()
    {
        foreach (var service in PlatformServiceCatalogue.All.Where(s => s.NeedsFlux))
        {
            var chosen = new SelectedService(service, PlatformServiceChange.None);
            var seconds = double.Parse(
                FluxObjects.Release(chosen, service.Charts[0])["spec"]!["timeout"]!.GetValue<string>().TrimEnd('s'),
                System.Globalization.CultureInfo.InvariantCulture
            );

            seconds.Should().BeInRange(60, service.Timeout.TotalSeconds - 30);
        }
    }

    [Fact]
    public void Flux_is_installed_without_what_nothing_needs_and_ends_an_action_when_its_release_goes()
    {
        var manifests = new[] { "helm-controller", "kustomize-controller", "image-reflector-controller" }
            .Select(name => new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = "Deployment",
                ["metadata"] = new JsonObject { ["name"] = name },
                ["spec"] = new JsonObject
                {
                    ["template"] = new JsonObject
                    {
                        ["spec"] = new JsonObject
                        {
                            ["containers"] = new JsonArray(
                                new JsonObject { ["args"] = new JsonArray("--log-level=info") }
                            ),
                        },
                    },
                },
            })
            .ToList();

        var adapted = FluxRelease.Adapted(manifests);

        adapted
            .Select(m => string.Join(' ', m["spec"]!["template"]!["spec"]!["containers"]![0]!["args"]!.AsArray()))
            .Should()
            .Equal(
                "--log-level=info --feature-gates=CancelHealthCheckOnNewRevision=true",
                "--log-level=info --feature-gates=CancelHealthCheckOnNewRevision=true --requeue-dependency=5s --concurrent=20"
            );
    }

    // Older servers refuse fields that a kind does not have; newer ones leave them out of what they answer.
    private static async Task AcceptsWholeAsync(KubernetesClient client, JsonObject item)
    {
        var applied = await client.ApplyAsync(item, new WriteOptions { Force = true, DryRun = true }, Token);

        Lost(item, applied.Item, "").Should().BeEmpty($"{ObjectReference.Of(item)} should have them");
    }

    private static IEnumerable<string> Lost(JsonNode? sent, JsonNode? stored, string path) =>
        (sent, stored) switch
        {
            (JsonObject a, JsonObject b) => a.SelectMany(p =>
                b.ContainsKey(p.Key) ? Lost(p.Value, b[p.Key], $"{path}.{p.Key}") : [$"{path}.{p.Key}"]
            ),
            (JsonArray a, JsonArray b) when a.Count <= b.Count => a.SelectMany((e, i) => Lost(e, b[i], $"{path}[{i}]")),
            (JsonObject or JsonArray, _) => [path],
            _ => [],
        };
}
