using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

/// <summary>Pods that fit no node stay pending and say why; those that fit run.</summary>
public sealed class PodPlacementTests(SharedCluster shared) : PodTests(shared)
{
    [Theory]
    [InlineData(""" "nodeSelector":{"disktype":"ssd-absent"}, """, "", "didn't match Pod's node affinity/selector")]
    [InlineData(
        """ "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"kubernetes.io/arch","operator":"NotIn","values":["amd64"]}]}]}}}, """,
        "",
        "didn't match Pod's node affinity/selector"
    )]
    [InlineData("", """ "resources":{"requests":{"cpu":"5000"}} """, "1 Insufficient cpu.")]
    [InlineData("", """ "resources":{"limits":{"memory":"10Ti"}} """, "1 Insufficient memory.")]
    [InlineData("", """ "resources":{"limits":{"nvidia.com/gpu":1}} """, "1 Insufficient nvidia.com/gpu.")]
    public async Task A_pod_that_fits_no_node_stays_pending(string more, string container, string why)
    {
        var ns = await Shared.NewNamespaceAsync();
        await Shared.Api.PostAsync($"/api/v1/namespaces/{ns}/pods", Pod(more, container));
        var pod = await UntilAsync(ns, p => Unschedulable(p) is not null);
        Unschedulable(pod).Should().Contain(why);
        Phase(pod).Should().Be("Pending");
        (pod["spec"]!["nodeName"]).Should().BeNull();
        (await EventAsync(ns, "FailedScheduling")).Should().Contain(why);
    }

    [Fact]
    public async Task A_selector_an_affinity_and_requests_that_the_node_meets_keep_nobody_waiting()
    {
        var ns = await Shared.NewNamespaceAsync();
        await Shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            Pod(
                """
                "nodeSelector":{"kubernetes.io/os":"linux"},
                "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
                {"matchExpressions":[{"key":"absent","operator":"Exists"}]},
                {"matchExpressions":[{"key":"kubernetes.io/arch","operator":"In","values":["amd64"]}],"matchFields":[{"key":"metadata.name","operator":"In","values":["embedded"]}]}]}}},
                """,
                """ "resources":{"requests":{"cpu":"500m","memory":"1Gi"}} """
            )
        );
        await UntilAsync(ns, IsReady);
    }

    [Fact]
    public async Task Labels_and_taints_of_the_node_decide_at_once()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(cancellationToken: ApiClient.Cancel);
        using var api = SharedCluster.ClientOf(cluster);
        const string node = "/api/v1/nodes/embedded";
        const string pods = "/api/v1/namespaces/default/pods";
        await PatchAsync("""{"spec":{"taints":[{"key":"k","value":"v","effect":"NoSchedule"}]}}""");
        await api.PostAsync(pods, Pod());
        await api.PostAsync(
            pods,
            Pod(""" "tolerations":[{"key":"k","operator":"Exists"}], """)
                .Replace("\"p\"", "\"q\"", StringComparison.Ordinal)
        );
        await api.UntilAsync(pods + "/q", a => IsReady(a.Object));
        await api.UntilAsync(
            pods + "/p",
            a => Unschedulable(a.Object)?.Contains("untolerated taint", StringComparison.Ordinal) == true
        );
        await PatchAsync("""{"spec":{"taints":null,"unschedulable":true}}""");
        await api.UntilAsync(
            pods + "/p",
            a => Unschedulable(a.Object)?.Contains("unschedulable", StringComparison.Ordinal) == true
        );
        await PatchAsync("""{"spec":{"unschedulable":null}}""");
        await api.UntilAsync(pods + "/p", a => IsReady(a.Object));
        const string sets = "/apis/apps/v1/namespaces/default/daemonsets";
        await api.PostAsync(
            sets,
            """
            {"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"d"}},"template":{"metadata":{"labels":{"a":"d"}},
            "spec":{"nodeSelector":{"disk":"ssd"},"containers":[{"name":"c","image":"i:1"}]}}}}
            """
        );
        await api.UntilAsync(
            sets + "/d",
            a => a.Body!["status"]?["observedGeneration"] is not null && Number(a, "desiredNumberScheduled") == 0
        );
        await PatchAsync("""{"metadata":{"labels":{"disk":"ssd"}}}""");
        await api.UntilAsync(sets + "/d", a => Number(a, "numberReady") == 1);

        async Task PatchAsync(string patch) =>
            (await api.SendAsync("PATCH", node, patch, ApiClient.MergePatch)).Code.Should().Be(200);
    }
}
