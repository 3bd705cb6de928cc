namespace PlatformLocal.Deployment.Tests.Manifests;

/// <summary>Variables in manifests: what they become, and what stays.</summary>
public sealed class SubstitutedManifestsTests : RenderedManifests
{
    [Fact]
    public async Task A_number_stays_a_number_and_a_quoted_one_a_text()
    {
        Files.Write(
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
    public async Task A_variable_cannot_break_out_of_its_place()
    {
        Files.Write("infrastructure/a.yaml", ConfigMap);

        var settings = (await RenderAsync(("GREETING", "x\", evil: \"y\nkind: Secret"))).Objects[0];

        settings["kind"]!.ToString().Should().Be("ConfigMap");
        settings["data"]!["greeting"]!.ToString().Should().Be("x\", evil: \"y\nkind: Secret");
    }

    [Fact]
    public async Task Names_that_are_no_variables_stay_and_are_told()
    {
        Files.Write(
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
        Warnings.Should().ContainSingle().Which.Should().Contain("${MC}").And.Contain("stays as it is");
    }

    [Fact]
    public async Task Faults_of_substitution_are_told_all_at_once_each_with_its_line()
    {
        Files.Write(
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
        Files.Write(
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
        Files.Write("infrastructure/a.yaml", ConfigMap);

        var settings = (await RenderAsync(service => service with { Substitutes = false })).Objects[0];

        settings["data"]!["name"]!.ToString().Should().Be("${ENVIRONMENT_NAME}");
    }
}
