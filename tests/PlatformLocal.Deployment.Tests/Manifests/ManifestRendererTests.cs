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

    private const string Operator = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: operators}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: operator, namespace: operators}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: operator}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: operator}
        subjects:
        - {kind: ServiceAccount, name: operator, namespace: operators}
        - {kind: ServiceAccount, name: other, namespace: elsewhere}
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingWebhookConfiguration
        metadata: {name: operator, annotations: {example.com/ca: operators/ca}}
        webhooks: [{name: a, clientConfig: {service: {name: operator, namespace: operators}}}]
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a, namespace: operators}
        data: {namespace: operators}
        """;

    private readonly TemporaryFolder _folder = new();
    private IReadOnlyList<string> _clusterKinds = [];
    private IReadOnlyList<string> _warnings = [];
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
        _folder.Write("infrastructure/a.yaml", yaml);

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
        _folder.Write("infrastructure/a.yaml", $"# first\n{{apiVersion: {version}, metadata: {{name: a}}, {item}}}");

        var told = await FaultAsync();

        told.Should().Contain("a.yaml, line 2");
        foreach (var fault in faults.Split('|'))
        {
            told.Should().Contain(fault);
        }

        told.Should().NotContain("ok:").And.NotContain("nothing");
    }

    [Theory]
    [InlineData("value: \"${PORT}\"", "8080", "\"8080\"")]
    [InlineData("value: '${PORT}'", "yes", "\"yes\"")]
    [InlineData("value: \"${PORT}\"", "0644", "\"0644\"")]
    [InlineData("value: |-\n            ${PORT}", "1e3", "\"1e3\"")]
    public async Task A_quoted_variable_stays_a_text_through_a_kustomization(string value, string port, string expected)
    {
        Assert.SkipUnless(Programs.Has("kubectl"), "kubectl is not on the PATH");
        _folder.Write(
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
        _folder.Write(
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

    [Fact]
    public async Task Names_that_are_no_variables_stay_and_are_told()
    {
        _folder.Write(
            "infrastructure/a.yaml",
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: scripts}
            data:
              init.sh: |
                MC=/usr/bin/mc
                ${MC} mb ${NAMESPACE}
                index=${HOSTNAME##*-}
              log4j2.properties: "rootLogger.level = ${env:LOG_LEVEL:-INFO}"
              blackbox.yml: "replacement: ${1}"
            """
        );

        var data = (await RenderAsync()).Objects[0]["data"]!;

        data["init.sh"]!.ToString().Should().Be("MC=/usr/bin/mc\n${MC} mb env-shop\nindex=${HOSTNAME##*-}\n");
        data["log4j2.properties"]!.ToString().Should().Be("rootLogger.level = ${env:LOG_LEVEL:-INFO}");
        data["blackbox.yml"]!.ToString().Should().Be("replacement: ${1}");
        _warnings.Should().ContainSingle().Which.Should().Contain("${MC}").And.Contain("stays as it is");
    }

    [Fact]
    public async Task Faults_of_substitution_are_told_all_at_once_each_with_its_line()
    {
        _folder.Write(
            "infrastructure/a.yaml",
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: scripts}
            data:
              init.sh: |
                echo fine
                echo ${NAMESPACE%%-*}
              other: "${NAMESPACE:0:3}"
              "${NAMESPACE^^}": key
            """
        );

        (await FaultAsync())
            .Should()
            .Contain("a.yaml")
            .And.Contain("line 7")
            .And.Contain("${NAMESPACE%%-*}")
            .And.Contain("line 8")
            .And.Contain("${NAMESPACE:0:3}")
            .And.Contain("line 9")
            .And.Contain("${NAMESPACE^^}");
    }

    [Theory]
    [InlineData("annotations")]
    [InlineData("labels")]
    public async Task An_object_can_be_left_out_of_substitution(string where)
    {
        string Item(string name, string metadata) =>
            $"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}{metadata}}}, data: {{a: \"$${{NAMESPACE}} ${{NAMESPACE}}\"}}}}";
        var off = $", {where}: {{kustomize.toolkit.fluxcd.io/substitute: disabled}}";
        _folder.Write(
            "infrastructure/a.yaml",
            $"{Item("one", off)}\n---\n{Item("two", "")}\n---\n{{kind: List, items: [{Item("three", "")}, {Item("four", off)}]}}"
        );

        var objects = (await RenderAsync()).Objects;

        objects
            .Select(o => $"{o["metadata"]!["name"]}: {o["data"]!["a"]}")
            .Should()
            .Equal(
                "one: $${NAMESPACE} ${NAMESPACE}",
                "two: ${NAMESPACE} env-shop",
                "three: ${NAMESPACE} env-shop",
                "four: $${NAMESPACE} ${NAMESPACE}"
            );
    }

    [Fact]
    public async Task A_service_can_be_left_out_of_substitution()
    {
        _folder.Write("infrastructure/a.yaml", ConfigMap);

        var settings = (await RenderAsync(service => service with { Substitutes = false })).Objects[0];

        settings["data"]!["name"]!.ToString().Should().Be("${ENVIRONMENT_NAME}");
    }

    [Fact]
    public async Task Lists_of_any_type_are_taken_apart()
    {
        _folder.Write(
            "infrastructure/a.yaml",
            """
            apiVersion: v1
            kind: ConfigMapList
            items:
            - apiVersion: v1
              kind: ConfigMap
              metadata: {name: one}
            - metadata: {name: two}
            ---
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: SecretList
              items: [{metadata: {name: three}}]
            ---
            {apiVersion: v1, kind: ConfigMapList, items: []}
            """
        );

        (await RenderAsync())
            .Objects.Select(o => $"{o["apiVersion"]} {o["kind"]} {o["metadata"]!["name"]}")
            .Should()
            .Equal("v1 ConfigMap one", "v1 ConfigMap two", "v1 Secret three");
    }

    [Fact]
    public async Task All_refused_objects_are_told_at_once_with_file_and_line()
    {
        _folder.Write(
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
        _folder.Write("infrastructure/b.yaml", "{apiVersion: no.such/v1, kind: Thing, metadata: {name: x}}");

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
        _folder.Write(
            "infrastructure/a.yaml",
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: one}
            data: {color: [}
            """
        );
        _folder.Write(
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

    [Fact]
    public async Task Published_manifests_are_moved_from_the_namespace_that_they_bring_into_that_of_the_environment()
    {
        _folder.Write("infrastructure/a.yaml", Operator);
        _clusterKinds =
        [
            "ClusterRole",
            "ClusterRoleBinding.rbac.authorization.k8s.io",
            "ValidatingWebhookConfiguration",
        ];

        var objects = (await RenderAsync()).Objects;

        objects.Should().NotContain(o => (string?)o["kind"] == "Namespace");
        objects
            .Select(o => $"{o["kind"]} {o["metadata"]!["namespace"]}")
            .Should()
            .Equal(
                "ServiceAccount env-shop",
                "ClusterRole ",
                "ClusterRoleBinding ",
                "ValidatingWebhookConfiguration ",
                "ConfigMap env-shop"
            );
        objects[2]["subjects"]!
            .AsArray()
            .Select(s => $"{s!["name"]} {s["namespace"]}")
            .Should()
            .Equal("operator env-shop", "other elsewhere");
        objects[3]["metadata"]!["annotations"]!["example.com/ca"]!.ToString().Should().Be("env-shop/ca");
        objects[3]["webhooks"]![0]!["clientConfig"]!["service"]!["namespace"]!.ToString().Should().Be("env-shop");
        objects[4]["data"]!["namespace"]!.ToString().Should().Be("operators", "what programs read is theirs");
        _warnings
            .Should()
            .Contain(w => w.Contains("written for the namespace operators"))
            .And.Contain(w =>
                w.Contains(
                    "web brings objects of the whole cluster, as the workspace allows: ClusterRole operator, "
                        + "ClusterRoleBinding operator, ValidatingWebhookConfiguration operator."
                )
            );
    }

    [Fact]
    public async Task A_namespace_that_the_service_names_stands_for_that_of_the_environment()
    {
        _folder.Write(
            "infrastructure/a.yaml",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: myproject}, spec: {namespace: myproject}}"
        );

        var rendered = await RenderAsync(service => service with { Namespaces = ["myproject"] });

        rendered.Objects[0]["metadata"]!["namespace"]!.ToString().Should().Be("env-shop");
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
        _folder.Write("service/infrastructure/kustomization.yaml", kustomization);
        _folder.Write("service/infrastructure/a.yaml", ConfigMap);
        _folder.Write(
            "service/infrastructure/made.yaml",
            "{kind: ConfigMapGenerator, files: ['https://example.com/x']}"
        );
        _folder.Write("service/base/kustomization.yaml", "resources: [../../outside.yaml]");
        _folder.Write("outside.yaml", ConfigMap);
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "service/infrastructure/link"), _folder.Path);

        var act = () => RenderAsync(service => service with { Folder = Path.Combine(_folder.Path, "service") });

        (await act.Should().ThrowAsync<InvalidDocumentException>())
            .Which.Message.Should()
            .Contain(".yaml")
            .And.Contain(told);
    }

    [Fact]
    public async Task A_kustomization_may_be_made_of_others_in_the_folder_of_its_service()
    {
        Assert.SkipUnless(Programs.Has("kubectl"), "kubectl is not on the PATH");
        _folder.Write("infrastructure/kustomization.yaml", "resources: [../base]\nnameSuffix: -dev\n");
        _folder.Write("base/kustomization.yaml", "resources: [a.yaml]\n");
        _folder.Write("base/a.yaml", ConfigMap);

        (await RenderAsync()).Objects[0]["metadata"]!["name"]!.ToString().Should().Be("settings-dev");
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
            ClusterKinds = new Dictionary<string, IReadOnlyList<string>> { ["web"] = _clusterKinds },
            Types = EnvironmentTypes.BuiltIn,
            Catalogue = new Catalogue(new Dictionary<string, CatalogueService>()),
        };
        var renderer = new ManifestRenderer(
            new KubectlKustomize(new ProgramRunner(TimeProvider.System)).BuildAsync,
            (_, kind, _) =>
                kind switch
                {
                    "Namespace"
                    or "CustomResourceDefinition"
                    or "ClusterRole"
                    or "ClusterRoleBinding"
                    or "ValidatingWebhookConfiguration" => Task.FromResult(false),
                    "ConfigMap" or "Deployment" or "Secret" or "ServiceAccount" => Task.FromResult(true),
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
        _warnings = rendered.Warnings;
        return rendered.Request.Services.Should().ContainSingle().Subject;
    }
}
