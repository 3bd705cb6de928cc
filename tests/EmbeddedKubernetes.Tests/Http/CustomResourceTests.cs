using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

public sealed class CustomResourceTests(SharedCluster shared)
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private static string Definition(string group) =>
        $$$"""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"gadgets.{{{group}}}"},
            "spec":{"group":"{{{group}}}","scope":"Namespaced","names":{"plural":"gadgets","kind":"Gadget","shortNames":["gd"]},"versions":[
            {"name":"v1","served":true,"storage":true,"subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"} },
            "additionalPrinterColumns":[{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"},{"name":"Size","type":"integer","jsonPath":".spec.replicas"}],
            "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"replicas":{"type":"integer"},
            "parts":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],"items":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"weight":{"type":"integer"} } } } } },
            "status":{"type":"object","x-kubernetes-preserve-unknown-fields":true} } } } },
            {"name":"v1alpha1","served":true,"storage":false,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true} } }]} }
            """;

    [Fact]
    public async Task A_definition_is_served_at_once_in_all_versions_with_columns_and_scale()
    {
        var made = await shared.Api.PostAsync(Definitions, Definition("one.example.com"));
        made.Code.Should().Be(201);
        made.Body!["status"]!["conditions"]!.ToJsonString().Should().Contain("Established");
        const string path = "/apis/one.example.com/v1/namespaces/default/gadgets";
        (
            await shared.Api.PostAsync(
                path,
                """{"apiVersion":"one.example.com/v1","kind":"Gadget","metadata":{"name":"g"},"spec":{"replicas":2}}"""
            )
        )
            .Code.Should()
            .Be(201);
        var alpha = await shared.Api.GetAsync("/apis/one.example.com/v1alpha1/namespaces/default/gadgets/g");
        alpha.Body!["apiVersion"]!.GetValue<string>().Should().Be("one.example.com/v1alpha1");
        await shared.Api.SendAsync(
            "PATCH",
            path + "/g/status",
            """{"status":{"conditions":[{"type":"Ready","status":"True"}]}}""",
            ApiClient.MergePatch
        );
        var table = await shared.Api.SendAsync("GET", path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        table.Body!["rows"]![0]!["cells"]!.ToJsonString().Should().Be("""["g","True",2]""");
        (await shared.Api.GetAsync(path + "/g/scale")).Body!["spec"]!["replicas"]!.GetValue<int>().Should().Be(2);
        (await shared.Api.DeleteAsync($"{Definitions}/gadgets.one.example.com")).Code.Should().Be(200);
        await shared.Api.UntilAsync(path, a => a.Code == 404);
    }

    [Fact]
    public async Task Lists_of_custom_resources_are_applied_by_their_keys()
    {
        await shared.Api.PostAsync(Definitions, Definition("two.example.com"));
        const string path = "/apis/two.example.com/v1/namespaces/default/gadgets/g";
        static string Gadget(string parts) =>
            $$"""{"apiVersion":"two.example.com/v1","kind":"Gadget","metadata":{"name":"g"},"spec":{"parts":{{parts}} } }""";
        await shared.Api.ApplyAsync(path, Gadget("""[{"name":"a","weight":1}]"""), "one");
        await shared.Api.ApplyAsync(path, Gadget("""[{"name":"b","weight":2}]"""), "two");
        var conflict = await shared.Api.ApplyAsync(path, Gadget("""[{"name":"b","weight":3}]"""), "one");
        conflict.Code.Should().Be(409);
        conflict.Body!["details"]!["causes"]![0]!["field"]!
            .GetValue<string>()
            .Should()
            .Be(""".spec.parts[name="b"].weight""");
        var left = await shared.Api.ApplyAsync(path, Gadget("[]"), "one");
        left.Body!["spec"]!["parts"]!.ToJsonString().Should().Be("""[{"name":"b","weight":2}]""");
    }
}
