using PlatformLocal.Core.Documents;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Manifests;

/// <summary>Manifests that kubectl builds from a kustomization.</summary>
public sealed class KustomizedManifestsTests : RenderedManifests
{
    [Fact]
    public async Task A_kustomization_is_built_by_kubectl()
    {
        Assert.SkipUnless(Programs.Has("kubectl"), "kubectl is not on the PATH");
        Files.Write("infrastructure/a.yaml", ConfigMap);
        Files.Write("infrastructure/kustomization.yaml", "resources: [a.yaml]\nnamePrefix: my-\n");

        var settings = (await RenderAsync()).Objects.Should().ContainSingle().Subject;

        settings["metadata"]!["name"]!.ToString().Should().Be("my-settings");
        settings["data"]!["name"]!.ToString().Should().Be("shop");
    }

    [Fact]
    public async Task A_kustomization_that_kubectl_refuses_is_told_in_its_words()
    {
        Assert.SkipUnless(Programs.Has("kubectl"), "kubectl is not on the PATH");
        Files.Write("infrastructure/kustomization.yaml", "resources: [missing.yaml]\n");

        (await FaultAsync()).Should().Contain("kustomization.yaml").And.Contain("missing.yaml");
    }

    [Theory]
    [InlineData("value: \"${PORT}\"", "8080", "\"8080\"")]
    [InlineData("value: '${PORT}'", "yes", "\"yes\"")]
    [InlineData("value: \"${PORT}\"", "0644", "\"0644\"")]
    [InlineData("value: |-\n            ${PORT}", "1e3", "\"1e3\"")]
    public async Task A_quoted_variable_stays_a_text_through_a_kustomization(string value, string port, string expected)
    {
        Assert.SkipUnless(Programs.Has("kubectl"), "kubectl is not on the PATH");
        Files.Write(
            "infrastructure/a.yaml",
            $$"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: kvar}
            spec:
              replicas: ${REPLICAS_MAX}
              template:
                metadata:
                  labels: {app: kvar}
                spec:
                  containers:
                  - name: main
                    ports:
                    - containerPort: ${CONTAINER}
                    env:
                    - name: PORT
                      {{value}}
                    - name: PREFIXED
                      value: "2${CONTAINER}"
            """
        );
        Files.Write(
            "infrastructure/kustomization.yaml",
            "resources: [a.yaml]\nconfigMapGenerator: [{name: made, literals: [\"PORT=${PORT}\"]}]\n"
                + "patches: [{target: {kind: Deployment}, patch: \"- op: add\\n  path: /spec/minReadySeconds\\n  value: 1${CONTAINER}\\n\"}]"
        );

        var objects = (await RenderAsync(("PORT", port), ("CONTAINER", "80"))).Objects;

        var spec = objects.Single(o => (string?)o["kind"] == "Deployment")["spec"]!;
        spec["replicas"]!.ToJsonString().Should().Be("3");
        spec["minReadySeconds"]!.ToJsonString().Should().Be("180");
        var container = spec["template"]!["spec"]!["containers"]![0]!;
        container["env"]![0]!["value"]!.ToJsonString().Should().Be(expected);
        container["env"]![1]!["value"]!.ToJsonString().Should().Be("\"280\"");
        container["ports"]![0]!["containerPort"]!.ToJsonString().Should().Be("80");
        objects.Single(o => (string?)o["kind"] == "ConfigMap")["data"]!["PORT"]!.ToJsonString().Should().Be(expected);
    }

    [Theory]
    [InlineData("resources: [../../../outside]", "'../../../outside' leads out of the service's folder")]
    [InlineData("resources: [/etc]", "'/etc' leads out")]
    [InlineData("resources: [link]", "'link' leads out")]
    [InlineData("resources: [../base]", "'../../outside.yaml' leads out")]
    [InlineData("resources: ['https://example.com/a.yaml']", "is not fetched")]
    [InlineData("resources: ['github.com/org/repo//base?ref=v1', 'git@github.com:org/repo']", "2 faults")]
    [InlineData("components: ['ssh://git@example.com/repo']", "is not fetched")]
    [InlineData("patches: [{path: 'http://127.0.0.1:1/x'}]", "patches: 'http://127.0.0.1:1/x'")]
    [InlineData("configMapGenerator: [{name: a, files: ['k=../../../../etc/passwd']}]", "leads out")]
    [InlineData("secretGenerator: [{name: a, envs: ['http://169.254.169.254/latest']}]", "is not fetched")]
    [InlineData("openapi: {path: 'https://example.com/schema.json'}", "is not fetched")]
    [InlineData("generators: [made.yaml]", "'https://example.com/x' is no file")]
    public async Task A_kustomization_cannot_leave_the_folder_of_its_service(string kustomization, string told)
    {
        Files.Write("service/infrastructure/kustomization.yaml", kustomization);
        Files.Write("service/infrastructure/a.yaml", ConfigMap);
        Files.Write("service/infrastructure/made.yaml", "{kind: ConfigMapGenerator, files: ['https://example.com/x']}");
        Files.Write("service/base/kustomization.yaml", "resources: [../../outside.yaml]");
        Files.Write("outside.yaml", ConfigMap);
        Directory.CreateSymbolicLink(Path.Combine(Files.Path, "service/infrastructure/link"), Files.Path);

        var act = () => RenderAsync(service => service with { Folder = Path.Combine(Files.Path, "service") });

        (await act.Should().ThrowAsync<InvalidDocumentException>())
            .Which.Message.Should()
            .Contain(".yaml")
            .And.Contain(told);
    }

    [Fact]
    public async Task A_kustomization_may_be_made_of_others_in_the_folder_of_its_service()
    {
        Assert.SkipUnless(Programs.Has("kubectl"), "kubectl is not on the PATH");
        Files.Write("infrastructure/kustomization.yaml", "resources: [../base]\nnameSuffix: -dev\n");
        Files.Write("base/kustomization.yaml", "resources: [a.yaml]\n");
        Files.Write("base/a.yaml", ConfigMap);

        (await RenderAsync()).Objects[0]["metadata"]!["name"]!.ToString().Should().Be("settings-dev");
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc")]
    [InlineData("infrastructure/../../outside")]
    [InlineData("link")]
    public async Task Manifests_outside_of_the_services_folder_are_refused(string manifests)
    {
        Directory.CreateSymbolicLink(Path.Combine(Files.Path, "link"), "/etc");

        var act = () => RenderAsync(service => service with { Manifests = manifests });

        (await act.Should().ThrowAsync<InvalidDocumentException>())
            .Which.Message.Should()
            .Contain("leads out of the service's folder");
    }
}
