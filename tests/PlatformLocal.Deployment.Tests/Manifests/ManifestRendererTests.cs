using PlatformLocal.Core;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;
using PlatformLocal.Core.Resolution;
using PlatformLocal.Core.Versions;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Deployment.Workspaces;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Manifests;

public sealed class ManifestRendererTests : IDisposable
{
    private const string ConfigMap = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {name: "${ENVIRONMENT_NAME}", replicas: "${REPLICAS_MIN}", greeting: "${GREETING:=hello}"}
        """;

    private readonly TemporaryFolder _folder = new();
    private string _version = "1.2.3";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Objects_get_namespace_labels_and_a_content_hash()
    {
        _folder.Write("infrastructure/a.yaml", ConfigMap);

        var settings = (await RenderAsync()).Objects.Should().ContainSingle().Subject;

        settings["metadata"]!["namespace"]!.ToString().Should().Be("env-shop");
        settings["metadata"]!["labels"]!
            .AsObject()
            .Select(l => $"{l.Key}={l.Value}")
            .Should()
            .BeEquivalentTo(
                "app.kubernetes.io/name=web",
                "app.kubernetes.io/instance=shop",
                "app.kubernetes.io/version=1.2.3",
                "app.kubernetes.io/managed-by=platform-local",
                "app.kubernetes.io/part-of=shop",
                "platform.local/environment=shop",
                "platform.local/service=web"
            );
        settings["metadata"]!["annotations"]![ManifestLabels.ContentHash]!.ToString().Should().StartWith("sha256:");
        settings["data"]!.ToJsonString().Should().Be("""{"name":"shop","replicas":"1","greeting":"hello"}""");
    }

    [Fact]
    public async Task The_same_input_gives_the_same_bytes_and_other_input_another_hash()
    {
        _folder.Write("infrastructure/a.yaml", ConfigMap);

        var first = (await RenderAsync()).Objects[0].ToJsonString();
        var second = (await RenderAsync()).Objects[0].ToJsonString();
        var other = (await RenderAsync(("GREETING", "hi"))).Objects[0].ToJsonString();

        second.Should().Be(first);
        other.Should().NotBe(first);
    }

    [Fact]
    public async Task A_number_stays_a_number_and_a_quoted_one_a_text()
    {
        _folder.Write(
            "infrastructure/a.yaml",
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: ${REPLICAS_MAX}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "${IMAGE}", env: [{name: MAX, value: "${REPLICAS_MAX}"}]}]}
            """
        );

        var web = (await RenderAsync()).Objects[0];

        web["spec"]!["replicas"]!.ToJsonString().Should().Be("3");
        var container = web["spec"]!["template"]!["spec"]!["containers"]![0]!;
        container["env"]![0]!["value"]!.ToJsonString().Should().Be("\"3\"");
        container["image"]!.ToString().Should().Be("localhost:5001/docker-releases/web:1.2.3");
        web["spec"]!["template"]!["metadata"]!["labels"]!
            .ToJsonString()
            .Should()
            .Be("""{"app":"web","platform.local/environment":"shop","platform.local/service":"web"}""");
    }

    [Fact]
    public async Task The_image_of_a_version_with_a_build_has_a_tag_that_registries_can_have()
    {
        _folder.Write(
            "infrastructure/a.yaml",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {i: \"${IMAGE}\", v: \"${SERVICE_VERSION}\"}}"
        );
        _version = "1.3.0+b.1";

        var settings = (await RenderAsync()).Objects[0];

        settings["data"]!
            .ToJsonString()
            .Should()
            .Be("""{"i":"localhost:5001/docker-releases/web:1.3.0_b.1","v":"1.3.0\u002Bb.1"}""");
        settings["metadata"]!["labels"]!["app.kubernetes.io/version"]!.ToString().Should().Be("1.3.0_b.1");
    }

    [Fact]
    public async Task A_variable_cannot_break_out_of_its_place()
    {
        _folder.Write("infrastructure/a.yaml", ConfigMap);

        var settings = (await RenderAsync(("GREETING", "x\", evil: \"y\nkind: Secret"))).Objects[0];

        settings["kind"]!.ToString().Should().Be("ConfigMap");
        settings["data"]!["greeting"]!.ToString().Should().Be("x\", evil: \"y\nkind: Secret");
    }

    [Fact]
    public async Task A_kustomization_is_built_by_kubectl()
    {
        Assert.SkipUnless(Programs.Has("kubectl"), "kubectl is not on the PATH");
        _folder.Write("infrastructure/a.yaml", ConfigMap);
        _folder.Write("infrastructure/kustomization.yaml", "resources: [a.yaml]\nnamePrefix: my-\n");

        var settings = (await RenderAsync()).Objects.Should().ContainSingle().Subject;

        settings["metadata"]!["name"]!.ToString().Should().Be("my-settings");
        settings["data"]!["name"]!.ToString().Should().Be("shop");
    }

    [Fact]
    public async Task A_kustomization_that_kubectl_refuses_is_told_in_its_words()
    {
        Assert.SkipUnless(Programs.Has("kubectl"), "kubectl is not on the PATH");
        _folder.Write("infrastructure/kustomization.yaml", "resources: [missing.yaml]\n");

        (await FaultAsync()).Should().Contain("kustomization.yaml").And.Contain("missing.yaml");
    }

    [Fact]
    public async Task A_service_with_secrets_gets_a_Secret()
    {
        _folder.Write("infrastructure/a.yaml", ConfigMap);

        var rendered = await RenderAsync(service => service with { Secrets = ["PASSWORD"] });

        var secret = rendered.Objects[0];
        secret["kind"]!.ToString().Should().Be("Secret");
        secret["metadata"]!["name"]!.ToString().Should().Be("web-secrets");
        secret["data"]!["PASSWORD"]!.ToString().Should().Be(Convert.ToBase64String("of shop"u8));
    }

    [Theory]
    [InlineData("a: [1", "a.yaml", "line 2")]
    [InlineData("kind: ConfigMap\nmetadata: {}", "apiVersion", "metadata.name")]
    [InlineData("just text", "a.yaml", "no object")]
    [InlineData(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: kube-system}",
        "kube-system",
        "its own, 'env-shop'"
    )]
    [InlineData("apiVersion: v1\nkind: Namespace\nmetadata: {name: other}", "Namespace 'other'", "whole cluster")]
    [InlineData("apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}", "Widget 'w'", "does not know")]
    [InlineData(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}",
        "a second time",
        "line 1"
    )]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"${NAMESPACE\"}", "no closing brace", "a.yaml")]
    public async Task What_is_wrong_with_a_manifest_is_told_with_its_place(string yaml, string told, string alsoTold)
    {
        _folder.Write("infrastructure/a.yaml", yaml);

        (await FaultAsync()).Should().Contain(told).And.Contain(alsoTold);
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc")]
    [InlineData("infrastructure/../../outside")]
    [InlineData("link")]
    public async Task Manifests_outside_of_the_services_folder_are_refused(string manifests)
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "link"), "/etc");

        var act = () => RenderAsync(service => service with { Manifests = manifests });

        (await act.Should().ThrowAsync<InvalidDocumentException>())
            .Which.Message.Should()
            .Contain("leads out of the service's folder");
    }

    [Fact]
    public async Task A_kind_that_the_environment_itself_defines_is_known()
    {
        _folder.Write(
            "infrastructure/a.yaml",
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: widgets.example.com}
            spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}}
            ---
            apiVersion: example.com/v1
            kind: Widget
            metadata: {name: w}
            """
        );

        var objects = (await RenderAsync()).Objects;

        objects.Select(o => (string?)o["metadata"]!["namespace"]).Should().Equal(null, "env-shop");
    }

    private async Task<string> FaultAsync()
    {
        var act = () => RenderAsync();
        return (await act.Should().ThrowAsync<InvalidDocumentException>()).Which.Message;
    }

    private Task<ServiceDelivery> RenderAsync(params (string Name, string Value)[] variables) =>
        RenderAsync(service => service, variables);

    private async Task<ServiceDelivery> RenderAsync(
        Func<ServiceDefinition, ServiceDefinition> change,
        params (string Name, string Value)[] variables
    )
    {
        var definition = change(
            new ServiceDefinition
            {
                Name = "web",
                Image = "docker-releases/web",
                DependsOn = new Dictionary<string, VersionConstraint>(),
                Manifests = "infrastructure",
                Folder = _folder.Path,
            }
        );
        var claim = new Claim
        {
            User = "anna",
            EnvironmentName = "shop",
            EnvironmentType = EnvironmentType.Dev,
            EnvironmentPool = "spot",
            CreationDate = DateTimeOffset.UnixEpoch,
            Services = new Dictionary<string, ServiceRequest>(),
            DeploymentMethod = DeploymentMethod.Minio,
            Variables = variables.ToDictionary(v => v.Name, v => v.Value),
        };
        var resolved = new ResolvedService
        {
            Definition = definition,
            Version = PlatformVersion.Parse(_version),
            IsDevVersion = false,
            Reason = "",
            DependsOn = [],
        };
        var workspace = new Workspace
        {
            Name = "test",
            Folder = _folder.Path,
            Domain = "test.localhost",
            Registry = "localhost:5001",
            Types = EnvironmentTypes.BuiltIn,
            Catalogue = new Catalogue(new Dictionary<string, CatalogueService>()),
        };
        var renderer = new ManifestRenderer(
            new KubectlKustomize(new ProgramRunner(TimeProvider.System)).BuildAsync,
            (_, kind, _) =>
                kind switch
                {
                    "Namespace" or "CustomResourceDefinition" => Task.FromResult(false),
                    "ConfigMap" or "Deployment" or "Secret" => Task.FromResult(true),
                    _ => throw new PlatformException($"No kind {kind}.") { Kind = FailureKind.InvalidInput },
                },
            (environment, _, _) =>
                Task.FromResult<IReadOnlyDictionary<string, string>>(
                    new Dictionary<string, string> { ["PASSWORD"] = $"of {environment}" }
                )
        );
        var rendered = await renderer.RenderAsync(
            claim,
            new ResolvedServices([resolved]),
            workspace,
            TestContext.Current.CancellationToken
        );
        return rendered.Request.Services.Should().ContainSingle().Subject;
    }
}
