using PlatformLocal.Deployment.Manifests;

namespace PlatformLocal.Deployment.Tests.Manifests;

/// <summary>What a service's manifests become.</summary>
public sealed class ManifestRendererTests : RenderedManifests
{
    [Fact]
    public async Task Objects_get_namespace_labels_and_a_content_hash()
    {
        Files.Write("infrastructure/a.yaml", ConfigMap);

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
        Files.Write("infrastructure/a.yaml", ConfigMap);

        var first = (await RenderAsync()).Objects[0].ToJsonString();
        var second = (await RenderAsync()).Objects[0].ToJsonString();
        var other = (await RenderAsync(("GREETING", "hi"))).Objects[0].ToJsonString();

        second.Should().Be(first);
        other.Should().NotBe(first);
    }

    [Fact]
    public async Task The_image_of_a_version_with_a_build_has_a_tag_that_registries_can_have()
    {
        Files.Write(
            "infrastructure/a.yaml",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {i: \"${IMAGE}\", v: \"${SERVICE_VERSION}\"}}"
        );
        Version = "1.3.0+b.1";

        var settings = (await RenderAsync()).Objects[0];

        settings["data"]!
            .ToJsonString()
            .Should()
            .Be("""{"i":"localhost:5001/docker-releases/web:1.3.0_b.1","v":"1.3.0\u002Bb.1"}""");
        settings["metadata"]!["labels"]!["app.kubernetes.io/version"]!.ToString().Should().Be("1.3.0_b.1");
    }

    [Fact]
    public async Task A_service_with_secrets_gets_a_Secret()
    {
        Files.Write("infrastructure/a.yaml", ConfigMap);

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
    [InlineData("apiVersion: v1\nkind: Namespace\nmetadata: {name: other}", "Namespace 'other'", "leave it out")]
    [InlineData("apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}", "Widget 'w'", "does not know")]
    [InlineData(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}",
        "a second time",
        "line 1"
    )]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"${NAMESPACE\"}", "no closing brace", "a.yaml")]
    public async Task What_is_wrong_with_a_manifest_is_told_with_its_place(string yaml, string told, string alsoTold)
    {
        Files.Write("infrastructure/a.yaml", yaml);

        (await FaultAsync()).Should().Contain(told).And.Contain(alsoTold);
    }

    [Theory]
    [InlineData(
        "kind: Secret, stringData: {pin: 12345, country: no, mode: 0644, ok: fine, nothing: ~}",
        "stringData.pin: must be a text, and is the number 12345|stringData.country: must be a text, and is false|"
            + "stringData.mode: must be a text, and is the number 420"
    )]
    [InlineData("kind: Secret, data: {a: 1}", "data.a: must be a text, and is the number 1")]
    [InlineData(
        "kind: ConfigMap, data: {a: y, b: [x]}",
        "data.a: must be a text, and is true|data.b: must be a text, and is a list"
    )]
    [InlineData(
        "kind: Deployment, spec: {template: {metadata: {annotations: {port: 8080}}, spec: {containers: [{env: [{name: A, value: 1_000}], args: [-p, 80]}]}}}",
        "spec.template.metadata.annotations.port: must be a text|spec.template.spec.containers[0].env[0].value: must be a text, and is the number 1000|"
            + "spec.template.spec.containers[0].args[1]: must be a text"
    )]
    public async Task A_number_where_Kubernetes_has_a_text_is_a_fault_with_its_line(string item, string faults)
    {
        var version = item.StartsWith("kind: Deployment", StringComparison.Ordinal) ? "apps/v1" : "v1";
        Files.Write("infrastructure/a.yaml", $"# first\n{{apiVersion: {version}, metadata: {{name: a}}, {item}}}");

        var told = await FaultAsync();

        told.Should().Contain("a.yaml, line 2");
        foreach (var fault in faults.Split('|'))
        {
            told.Should().Contain(fault);
        }

        told.Should().NotContain("ok:").And.NotContain("nothing");
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public async Task A_fault_of_a_text_has_the_line_of_its_field(string end)
    {
        Files.Write(
            "infrastructure/a.yaml",
            string.Join(
                end,
                "# a comment",
                "",
                "---",
                "apiVersion: v1",
                "kind: ConfigMap",
                "metadata: {name: one}",
                "data:",
                "  script: |",
                "    first",
                "",
                "    third",
                "  port: 80",
                "--- # another",
                "apiVersion: v1",
                "kind: SecretList",
                "items:",
                "- metadata: {name: plain}",
                "- metadata:",
                "    name: two",
                "    labels: {fine: \"1\",",
                "      port: 1}",
                "  stringData:",
                "    mode: 0644",
                "    list:",
                "    - 1",
                "---",
                "apiVersion: v1",
                "kind: ConfigMap",
                "metadata:",
                "  name: 3",
                ""
            )
        );

        (await FaultAsync())
            .Should()
            .Contain("a.yaml, line 12: data.port: must be a text, and is the number 80: write it in quotes")
            .And.Contain(
                "a.yaml, line 21: metadata.labels.port: must be a text, and is the number 1: write it in quotes"
            )
            .And.Contain("a.yaml, line 23: stringData.mode: must be a text, and is the number 420: write it in quotes")
            .And.Contain("a.yaml, line 25: stringData.list: must be a text, and is a list")
            .And.Contain("a.yaml, line 30: metadata.name: must be a text, and is the number 3: write it in quotes");
    }

    [Theory]
    [InlineData(
        "kind: ConfigMap, metadata: {name: y}",
        "metadata.name: must be a text, and is true: write it in quotes"
    )]
    [InlineData("kind: on, metadata: {name: a}", "kind: must be a text, and is true: write it in quotes")]
    [InlineData(
        "kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: [{name: 7, env: [{name: n}]}]}}}",
        "containers[0].name: must be a text, and is the number 7: write it in quotes|containers[0].env[0].name: must be a text, and is false"
    )]
    public async Task A_name_that_yaml_takes_for_something_else_is_to_be_quoted(string item, string faults)
    {
        var version = item.StartsWith("kind: Deployment", StringComparison.Ordinal) ? "apps/v1" : "v1";
        Files.Write("infrastructure/a.yaml", $"# first\n{{apiVersion: {version}, {item}}}");

        var told = await FaultAsync();

        told.Should().Contain("a.yaml, line 2").And.NotContain("is required");
        foreach (var fault in faults.Split('|'))
        {
            told.Should().Contain(fault);
        }
    }

    [Fact]
    public async Task Where_an_object_can_be_edited_is_known_unless_its_version_comes_from_elsewhere()
    {
        Files.Write("infrastructure/a.yaml", "# first\n" + ConfigMap);

        var own = await RenderAsync();
        var fetched = await RenderAsync(service => service with { Origin = "registry.test/web@sha256:1" });

        own.Places[own.Objects.Single()].Should().EndWith("infrastructure/a.yaml, line 2");
        fetched.Places.Should().BeEmpty();
    }

    [Fact]
    public async Task All_refused_objects_are_told_at_once_with_file_and_line()
    {
        Files.Write(
            "infrastructure/a.yaml",
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: lonely}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: c}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: two, namespace: other}
            """
        );
        Files.Write("infrastructure/b.yaml", "{apiVersion: no.such/v1, kind: Thing, metadata: {name: x}}");

        (await FaultAsync())
            .Should()
            .Contain("4 faults")
            .And.Contain("a.yaml, line 1: Namespace 'lonely'")
            .And.Contain("a.yaml, line 5: ClusterRole 'c'")
            .And.Contain("spec.clusterKinds: {web: [ClusterRole]}")
            .And.Contain("a.yaml, line 9: ConfigMap 'two'")
            .And.Contain("spec.namespaces: [other]")
            .And.Contain("b.yaml, line 1: Thing 'x'");
    }

    [Fact]
    public async Task Faults_of_texts_and_of_namespaces_are_told_together_and_nothing_that_only_follows()
    {
        Files.Write(
            "infrastructure/a.yaml",
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: one}
            data: {color: [}
            """
        );
        Files.Write(
            "infrastructure/b.yaml",
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: two}
            data: {size: [1]}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: three, namespace: other}
            ---
            apiVersion: no.such/v1
            kind: Thing
            metadata: {name: x}
            """
        );

        (await FaultAsync())
            .Should()
            .Contain("a.yaml")
            .And.Contain("b.yaml, line 6: ConfigMap 'three'")
            .And.NotContain("Thing");
    }
}
