namespace PlatformLocal.Deployment.Tests.Manifests;

/// <summary>Manifests as others publish them, with namespaces and kinds of the whole cluster.</summary>
public sealed class PublishedManifestsTests : RenderedManifests
{
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

    [Fact]
    public async Task Lists_of_any_type_are_taken_apart()
    {
        Files.Write(
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
    public async Task Published_manifests_are_moved_from_the_namespace_that_they_bring_into_that_of_the_environment()
    {
        Files.Write("infrastructure/a.yaml", Operator);
        ClusterKinds =
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
        Warnings
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
        Files.Write(
            "infrastructure/a.yaml",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: myproject}, spec: {namespace: myproject}}"
        );

        var rendered = await RenderAsync(service => service with { Namespaces = ["myproject"] });

        rendered.Objects[0]["metadata"]!["namespace"]!.ToString().Should().Be("env-shop");
    }

    [Fact]
    public async Task A_kind_that_the_environment_itself_defines_is_known()
    {
        Files.Write(
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
}
