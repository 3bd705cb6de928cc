using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using PlatformLocal.Client;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.Operations;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>A kind that two environments bring in two versions of its service.</summary>
public sealed class SharedKindTests
{
    private static readonly ObjectReference s_widgets = new(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        null,
        "widgets.shop.example.com"
    );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_environments_bring_one_kind_deploy_again_unchanged_and_leave_nothing_behind()
    {
        await using var platform = await StartAsync();

        await DeployAsync(platform, "one", "1.0.0");
        await DeployAsync(platform, "two", "2.0.0");
        var one = await DeployAsync(platform, "one", "1.0.0");
        var two = await DeployAsync(platform, "two", "2.0.0");
        var left = new[] { await DestroyAsync(platform, "one"), await DestroyAsync(platform, "two") };

        one.Phase.Should().Be(EnvironmentPhase.Ready);
        one.Changes.Should()
            .BeEquivalentTo(
                new
                {
                    Created = 0,
                    Updated = 0,
                    Pruned = 0,
                }
            );
        two.Changes.Should()
            .BeEquivalentTo(
                new
                {
                    Created = 0,
                    Updated = 0,
                    Pruned = 0,
                }
            );
        left.Should().OnlyContain(what => what.Count == 0);
        (await Kubernetes(platform).FindAsync(s_widgets, Token)).Should().BeNull();
    }

    [Fact]
    public async Task An_environment_says_that_what_it_brings_is_not_in_force()
    {
        await using var platform = await StartAsync();
        const string said =
            "CustomResourceDefinition widgets.shop.example.com: what one (op 1.0.0) brings is not in force: "
            + "that of two (op 2.0.0), which is newer, serves all.";
        var alone = await DeployAsync(platform, "one", "1.0.0");
        await DeployAsync(platform, "two", "2.0.0");

        var got = await platform.Api.GetAsync("one", Token);
        var again = await DeployAsync(platform, "one", "1.0.0");
        await DestroyAsync(platform, "two");
        var back = await platform.Api.GetAsync("one", Token);

        alone.Warnings.Should().BeEmpty();
        got.Warnings.Should().Contain(said);
        again.Warnings.Should().Contain(said);
        back.Warnings.Should().NotContain(said);
        (await Kubernetes(platform).GetAsync(s_widgets, Token)).Label("app.kubernetes.io/version").Should().Be("1.0.0");
    }

    [Fact]
    public async Task An_environment_can_be_destroyed_and_deployed_anew_with_its_kind()
    {
        await using var platform = await StartAsync();
        await DeployAsync(platform, "one", "1.0.0");
        await DestroyAsync(platform, "one");

        var again = await DeployAsync(platform, "one", "2.0.0");

        again.Phase.Should().Be(EnvironmentPhase.Ready);
    }

    [Fact]
    public async Task A_removal_says_what_stays_and_why()
    {
        await using var platform = await StartAsync();
        await DeployAsync(platform, "one", "1.0.0");
        var place = new ObjectReference("v1", "Namespace", null, "foreign");
        await Kubernetes(platform).CreateAsync(place.ToObject(), null, Token);
        var widget = new ObjectReference("shop.example.com/v1", "Widget", "foreign", "mine");
        await Kubernetes(platform).CreateAsync(widget.ToObject(), null, Token);

        var left = await DestroyAsync(platform, "one");

        left.Should()
            .ContainSingle()
            .Which.Should()
            .StartWith("CustomResourceDefinition widgets.shop.example.com stays: 1 of its objects")
            .And.Contain("foreign/mine");
        (await Kubernetes(platform).FindAsync(widget, Token)).Should().NotBeNull();
    }

    private static async Task<TestPlatform> StartAsync()
    {
        var platform = await TestPlatform.StartAsync();
        platform.WriteCatalogue("op: {versions: [1.0.0, 2.0.0]}", "use: {versions: [1.0.0]}");
        WriteManifest(
            platform,
            "op",
            "{}",
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: widgets.shop.example.com}
            spec:
              group: shop.example.com
              scope: Namespaced
              names: {plural: widgets, singular: widget, kind: Widget}
              versions:
              - name: v1
                served: true
                storage: true
                schema: {openAPIV3Schema: {type: object, description: "of ${SERVICE_VERSION}", properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
            """
        );
        WriteManifest(
            platform,
            "use",
            "{op: \"*\"}",
            "apiVersion: shop.example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 1}\n"
        );
        return platform;
    }

    private static void WriteManifest(TestPlatform platform, string service, string dependsOn, string manifest)
    {
        platform.WriteService(service, service, dependsOn);
        File.WriteAllText(
            Path.Combine(platform.Workspace, "services", service, "infrastructure", "objects.yaml"),
            manifest
        );
    }

    private static Task<EnvironmentDocument> DeployAsync(TestPlatform platform, string name, string version) =>
        platform.DeployAsync(
            new JsonObject
            {
                ["environment_name"] = name,
                ["services"] = new JsonObject { ["use"] = "1.0.0", ["op"] = version },
            }.ToJsonString()
        );

    private static Task<IReadOnlyList<string>> DestroyAsync(TestPlatform platform, string name) =>
        new DestroyEnvironment(platform.Api, TimeProvider.System).RunAsync(
            name,
            TimeSpan.FromSeconds(60),
            new Progress<EnvironmentDocument>(),
            Token
        );

    private static KubernetesClient Kubernetes(TestPlatform platform) =>
        platform.Services.GetRequiredService<KubernetesClient>();
}
