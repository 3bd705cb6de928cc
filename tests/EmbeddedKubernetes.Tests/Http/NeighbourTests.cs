using System.Text.Json.Nodes;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

/// <summary>Pods that keep others off the node, images whose names are none, and the kinds that came last.</summary>
public sealed class NeighbourTests(SharedCluster shared)
{
    private const string Apart =
        """ "affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"@","labelSelector":{"matchLabels":{"app":"x"}}}]}}, """;

    [Theory]
    [InlineData(
        "",
        """ "ports":[{"containerPort":80,"hostPort":18080}] """,
        "",
        """ "ports":[{"containerPort":81,"hostPort":18080}] """,
        "didn't have free ports for the requested pod ports"
    )]
    [InlineData(Apart, "", Apart, "", "didn't match pod anti-affinity rules")]
    [InlineData("", "", Apart, "", "didn't match pod anti-affinity rules")]
    [InlineData(Apart, "", "", "", "didn't satisfy existing pods anti-affinity rules")]
    public async Task A_pod_that_another_keeps_off_the_node_waits_until_that_is_gone(
        string first,
        string firstContainer,
        string second,
        string secondContainer,
        string why
    )
    {
        var ns = await shared.NewNamespaceAsync();
        await MakeAsync(ns, "first", first, firstContainer);
        await UntilAsync(ns, "first", IsReady);
        await MakeAsync(ns, "second", second, secondContainer);
        var pod = await UntilAsync(ns, "second", p => Unschedulable(p) is not null);
        Unschedulable(pod)
            .Should()
            .Be(
                $"0/1 nodes are available: 1 node(s) {why}. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
            );
        await shared.Api.DeleteAsync($"/api/v1/namespaces/{ns}/pods/first?gracePeriodSeconds=0");
        await UntilAsync(ns, "second", IsReady);
    }

    [Fact]
    public async Task Pods_of_other_namespaces_protocols_and_topologies_are_not_in_the_way()
    {
        var ns = await shared.NewNamespaceAsync();
        var other = await shared.NewNamespaceAsync();
        await MakeAsync(ns, "first", Apart, """ "ports":[{"containerPort":80,"hostPort":18081}] """);
        await UntilAsync(ns, "first", IsReady);
        await MakeAsync(
            other,
            "second",
            Apart,
            """ "ports":[{"containerPort":80,"hostPort":18081,"protocol":"UDP"}] """
        );
        await UntilAsync(other, "second", IsReady);
        await MakeAsync(other, "third", Apart.Replace("@", "some/zone", StringComparison.Ordinal), "", "y");
        await UntilAsync(other, "third", IsReady);
    }

    [Theory]
    [InlineData("Example:1", "invalid reference format: repository name (library/Example) must be lowercase")]
    [InlineData("a:b:c", "invalid reference format")]
    [InlineData("http://host/a", "invalid reference format")]
    [InlineData("host/a@sha256:1", "invalid reference format")]
    [InlineData("${IMAGE}", "invalid reference format")]
    public async Task An_image_whose_name_is_none_is_stored_and_never_pulled(string image, string fault)
    {
        var ns = await shared.NewNamespaceAsync();
        var made = await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            $$$"""{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"{{{image}}}"}]}}"""
        );
        made.Code.Should().Be(201);
        var pod = await UntilAsync(ns, "p", p => Waiting(p)?["message"] is not null);
        Waiting(pod)!["reason"]!.GetValue<string>().Should().Be("InvalidImageName");
        Waiting(pod)!["message"]!
            .GetValue<string>()
            .Should()
            .Be($"Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {fault}");
        pod["status"]!["phase"]!.GetValue<string>().Should().Be("Pending");
    }

    [Theory]
    [InlineData("a")]
    [InlineData("localhost:5001/a/b:1.2_3")]
    [InlineData(
        "registry.example.com/a__b/c-d.e:v1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    )]
    [InlineData("HOST/a:1")]
    [InlineData("[::1]:5000/a:1")]
    public async Task Every_name_of_the_grammar_is_taken(string image)
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            $$$"""{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"{{{image}}}"}]}}"""
        );
        await UntilAsync(ns, "p", IsReady);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task A_claim_grows_with_its_volume_when_its_class_lets_it(string allowed)
    {
        var ns = await shared.NewNamespaceAsync();
        var claim = $"/api/v1/namespaces/{ns}/persistentvolumeclaims/data";
        await shared.Api.PostAsync(
            "/apis/storage.k8s.io/v1/storageclasses",
            $$"""{"metadata":{"name":"grows-{{allowed}}"},"provisioner":"x","allowVolumeExpansion":{{allowed}}}"""
        );
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/persistentvolumeclaims",
            $$$"""{"metadata":{"name":"data"},"spec":{"storageClassName":"grows-{{{allowed}}}","accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"} } } }"""
        );
        await shared.Api.UntilAsync(claim, a => a.Body!["status"]?["phase"]?.GetValue<string>() == "Bound");
        var answer = await shared.Api.SendAsync(
            "PATCH",
            claim,
            """{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}""",
            ApiClient.MergePatch
        );
        if (allowed == "false")
        {
            answer.Code.Should().Be(403);
            answer.Body!["message"]!
                .GetValue<string>()
                .Should()
                .Be(
                    "persistentvolumeclaims \"data\" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
                );
            return;
        }
        answer.Code.Should().Be(200);
        var grown = await shared.Api.UntilAsync(
            claim,
            a => a.Body!["status"]!["capacity"]!["storage"]!.GetValue<string>() == "2Gi"
        );
        var volume = grown.Body!["spec"]!["volumeName"]!.GetValue<string>();
        (await shared.Api.GetAsync("/api/v1/persistentvolumes/" + volume)).Body!["spec"]!["capacity"]!["storage"]!
            .GetValue<string>()
            .Should()
            .Be("2Gi");
    }

    [Fact]
    public async Task Of_services_that_ask_for_one_port_at_once_one_gets_it()
    {
        var ns = await shared.NewNamespaceAsync();
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 16)
                .Select(i =>
                    shared.Api.PostAsync(
                        $"/api/v1/namespaces/{ns}/services",
                        $$$"""{"metadata":{"name":"s{{{i}}}"},"spec":{"type":"NodePort","clusterIP":"10.96.77.{{{i + 1}}}","ports":[{"port":80,"nodePort":31999}]}}"""
                    )
                )
        );
        answers.Count(a => a.Code == 201).Should().Be(1);
        answers.Where(a => a.Code != 201).Should().OnlyContain(a => a.Code == 422);
    }

    [Fact]
    public async Task A_service_that_is_one_of_nodes_no_longer_gives_its_port_back()
    {
        var ns = await shared.NewNamespaceAsync();
        const string body =
            """{"metadata":{"name":"@"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":31998}]}}""";
        var path = $"/api/v1/namespaces/{ns}/services";
        await shared.Api.PostAsync(path, body.Replace("@", "a", StringComparison.Ordinal));
        var changed = await shared.Api.SendAsync(
            "PATCH",
            path + "/a",
            """{"spec":{"type":"ClusterIP"}}""",
            ApiClient.MergePatch
        );
        changed.Code.Should().Be(200, "{0}", changed);
        changed.Body!["spec"]!["ports"]![0]!.AsObject().Should().NotContainKey("nodePort");
        changed.Body["spec"]!.AsObject().Should().NotContainKey("externalTrafficPolicy");
        (await shared.Api.PostAsync(path, body.Replace("@", "b", StringComparison.Ordinal))).Code.Should().Be(201);
    }

    [Fact]
    public async Task A_pod_gets_what_the_range_of_its_namespace_says()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/limitranges",
            """{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","max":{"cpu":"1"},"default":{"memory":"1Gi"},"defaultRequest":{"cpu":"300m"}}]}}"""
        );
        await MakeAsync(ns, "p", "", "");
        var pod = await UntilAsync(ns, "p", IsReady);
        // As kube-apiserver answers the same.
        pod["metadata"]!["annotations"]!["kubernetes.io/limit-ranger"]!
            .GetValue<string>()
            .Should()
            .Be("LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c");
        pod["spec"]!["containers"]![0]!["resources"]!
            .ToJsonString()
            .Should()
            .Be("""{"requests":{"cpu":"300m","memory":"1Gi"},"limits":{"cpu":"1","memory":"1Gi"}}""");
    }

    [Theory]
    [InlineData("/apis/resource.k8s.io/v1/deviceclasses", """{"spec":{"selectors":[{"cel":{"expression":"true"}}]}}""")]
    [InlineData(
        "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims",
        """{"spec":{"devices":{"requests":[{"name":"r","exactly":{"deviceClassName":"c","allocationMode":"ExactCount","count":1}}]}}}"""
    )]
    [InlineData(
        "/apis/resource.k8s.io/v1/namespaces/default/resourceclaimtemplates",
        """{"spec":{"spec":{"devices":{"requests":[{"name":"r","exactly":{"deviceClassName":"c","allocationMode":"ExactCount","count":1}}]}}}}"""
    )]
    [InlineData(
        "/apis/resource.k8s.io/v1/resourceslices",
        """{"spec":{"driver":"d","nodeName":"n","pool":{"name":"p","generation":1,"resourceSliceCount":1}}}"""
    )]
    [InlineData(
        "/apis/networking.k8s.io/v1/ipaddresses",
        """{"metadata":{"name":"10.1.2.3"},"spec":{"parentRef":{"resource":"services","namespace":"default","name":"s"}}}"""
    )]
    [InlineData("/apis/networking.k8s.io/v1/servicecidrs", """{"spec":{"cidrs":["10.7.0.0/16"]}}""")]
    public async Task The_kinds_that_came_last_are_stored_as_they_were_sent(string path, string body)
    {
        var sent = (JsonObject)JsonNode.Parse(body)!;
        sent["metadata"] ??= new JsonObject { ["name"] = "one" };
        var made = await shared.Api.PostAsync(path, sent.ToJsonString());
        made.Code.Should().Be(201, "{0}", made);
        var name = sent["metadata"]!["name"]!.GetValue<string>();
        var read = await shared.Api.GetAsync($"{path}/{name}");
        JsonNode.DeepEquals(read.Body!["spec"], sent["spec"]).Should().BeTrue("{0}", read);
        (await shared.Api.DeleteAsync($"{path}/{name}")).Code.Should().Be(200);
    }

    [Theory]
    [InlineData(
        "ipaddresses",
        """{"metadata":{"name":"10.1.2.03"},"spec":{"parentRef":{"resource":"services","name":"s"}}}"""
    )]
    [InlineData("ipaddresses", """{"metadata":{"name":"10.1.2.4"},"spec":{"parentRef":{"resource":"services"}}}""")]
    [InlineData("servicecidrs", """{"metadata":{"name":"x"},"spec":{"cidrs":["10.7.0.0"]}}""")]
    [InlineData("servicecidrs", """{"metadata":{"name":"x"},"spec":{}}""")]
    public async Task Addresses_that_are_none_are_refused(string plural, string body) =>
        (await shared.Api.PostAsync("/apis/networking.k8s.io/v1/" + plural, body)).Code.Should().Be(422);

    [Fact]
    public async Task A_protobuf_body_of_a_kind_without_that_form_is_told_to_come_as_json()
    {
        // Unknown{typeMeta{apiVersion "resource.k8s.io/v1", kind "DeviceClass"}, raw ""}
        byte[] version = [.. "resource.k8s.io/v1"u8];
        byte[] name = [.. "DeviceClass"u8];
        byte[] type = [0x0a, (byte)version.Length, .. version, 0x12, (byte)name.Length, .. name];
        byte[] body = [.. "k8s\0"u8, 0x0a, (byte)type.Length, .. type, 0x12, 0];
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/vnd.kubernetes.protobuf");
        using var answer = await shared.Api.Http.PostAsync(
            "/apis/resource.k8s.io/v1/deviceclasses",
            content,
            ApiClient.Cancel
        );
        ((int)answer.StatusCode).Should().Be(415);
        (await answer.Content.ReadAsStringAsync(ApiClient.Cancel)).Should().Contain("application/json");
    }

    private Task<Answer> MakeAsync(string ns, string name, string more, string container, string app = "x") =>
        shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            $$$"""
            {"metadata":{"name":"{{{name}}}","labels":{"app":"{{{app}}}"} },"spec":{ {{{more.Replace(
                "@",
                "kubernetes.io/hostname",
                StringComparison.Ordinal
            )}}}
            "containers":[{"name":"c","image":"i:1"{{{(container.Length > 0 ? "," + container : "")}}}}]}}
            """
        );

    private async Task<JsonObject> UntilAsync(string ns, string name, Func<JsonObject, bool> wanted) =>
        (
            await shared.Api.UntilAsync($"/api/v1/namespaces/{ns}/pods/{name}", a => a.Code == 200 && wanted(a.Object))
        ).Object;

    private static JsonNode? Condition(JsonObject pod, string type) =>
        pod["status"]?["conditions"]?.AsArray().FirstOrDefault(c => c!["type"]!.GetValue<string>() == type);

    private static bool IsReady(JsonObject pod) => Condition(pod, "Ready")?["status"]?.GetValue<string>() == "True";

    private static string? Unschedulable(JsonObject pod) =>
        Condition(pod, "PodScheduled")?["message"]?.GetValue<string>();

    private static JsonNode? Waiting(JsonObject pod) => pod["status"]?["containerStatuses"]?[0]!["state"]?["waiting"];
}
