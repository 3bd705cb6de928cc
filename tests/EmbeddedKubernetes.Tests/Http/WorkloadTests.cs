using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

public sealed class WorkloadTests(SharedCluster shared)
{
    [Fact]
    public async Task A_deployment_rolls_out_rolls_on_and_tells_its_revision()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/apis/apps/v1/namespaces/{ns}/deployments";
        await shared.Api.PostAsync(path, Workloads.Deployment("web", "i:1", 3));
        await shared.Api.UntilAsync(
            path + "/web",
            a => Is(a, "Available") && Reason(a, "Progressing") == "NewReplicaSetAvailable"
        );
        await shared.Api.SendAsync(
            "PATCH",
            path + "/web",
            """{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"i:2"}]}}}}""",
            ApiClient.StrategicPatch
        );
        var done = await shared.Api.UntilAsync(
            path + "/web",
            a =>
                a.Body!["status"]!["observedGeneration"]!.GetValue<int>() == 2
                && Reason(a, "Progressing") == "NewReplicaSetAvailable"
        );
        done.Body!["metadata"]!["annotations"]!["deployment.kubernetes.io/revision"]!
            .GetValue<string>()
            .Should()
            .Be("2");
        var pods = await shared.Api.GetAsync($"/api/v1/namespaces/{ns}/pods");
        pods.Body!["items"]!
            .AsArray()
            .Should()
            .HaveCount(3)
            .And.OnlyContain(p => p!["spec"]!["containers"]![0]!["image"]!.GetValue<string>() == "i:2");
    }

    [Fact]
    public async Task A_deployment_whose_image_fails_exceeds_its_deadline()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/apis/apps/v1/namespaces/{ns}/deployments";
        await shared.Api.PostAsync(
            path,
            Workloads.Deployment(
                "bad",
                "i:fail-1@sha256:" + new string('a', 64),
                1,
                """ "progressDeadlineSeconds":1, """
            )
        );
        await shared.Api.UntilAsync(path + "/bad", a => Reason(a, "Progressing") == "ProgressDeadlineExceeded");
        var pods = await shared.Api.GetAsync($"/api/v1/namespaces/{ns}/pods");
        pods.Body!["items"]![0]!["status"]!["containerStatuses"]![0]!["state"]!["waiting"]!["reason"]!
            .GetValue<string>()
            .Should()
            .Be("CrashLoopBackOff");
    }

    [Fact]
    public async Task An_image_that_is_missing_cannot_be_pulled()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i:missing-1"}]}}"""
        );
        await shared.Api.UntilAsync(
            $"/api/v1/namespaces/{ns}/pods/p",
            a =>
                a.Body!["status"]!["containerStatuses"]?[0]!["state"]!["waiting"]?["reason"]?.GetValue<string>()
                == "ImagePullBackOff"
        );
    }

    [Fact]
    public async Task A_new_replica_set_is_made_in_its_first_size_and_told_once()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/apis/apps/v1/namespaces/{ns}/deployments",
            Workloads.Deployment("sized", "i:1", 3)
        );
        await shared.Api.UntilAsync(
            $"/apis/apps/v1/namespaces/{ns}/deployments/sized",
            a => a.Body!["status"]?["availableReplicas"]?.GetValue<int>() == 3
        );
        var sets = await shared.Api.GetAsync($"/apis/apps/v1/namespaces/{ns}/replicasets");
        sets.Body!["items"]!.AsArray().Should().ContainSingle();
        sets.Body["items"]![0]!["metadata"]!["generation"]!.GetValue<int>().Should().Be(1, "it was never rescaled");
        var events = await shared.Api.GetAsync($"/api/v1/namespaces/{ns}/events");
        events.Body!["items"]!
            .AsArray()
            .Where(e => e!["reason"]!.GetValue<string>() == "ScalingReplicaSet")
            .Select(e => e!["message"]!.GetValue<string>())
            .Should()
            .ContainSingle()
            .Which.Should()
            .StartWith("Scaled up replica set sized-")
            .And.EndWith("from 0 to 3");
    }

    [Fact]
    public async Task A_stateful_set_has_numbered_pods_with_bound_claims()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/apis/apps/v1/namespaces/{ns}/statefulsets",
            """
            {"metadata":{"name":"db"},"spec":{"replicas":2,"serviceName":"db","selector":{"matchLabels":{"app":"db"}},
            "template":{"metadata":{"labels":{"app":"db"}},"spec":{"containers":[{"name":"c","image":"i:1","volumeMounts":[{"name":"data","mountPath":"/d"}]}]}},
            "volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}]}}
            """
        );
        await shared.Api.UntilAsync(
            $"/apis/apps/v1/namespaces/{ns}/statefulsets/db",
            a => a.Body!["status"]?["readyReplicas"]?.GetValue<int>() == 2
        );
        await shared.Api.UntilAsync(
            $"/api/v1/namespaces/{ns}/persistentvolumeclaims/data-db-1",
            a => a.Code == 200 && a.Body!["status"]?["phase"]?.GetValue<string>() == "Bound"
        );
        (await shared.Api.GetAsync($"/api/v1/namespaces/{ns}/pods/db-0")).Body!["spec"]!["volumes"]![0]![
            "persistentVolumeClaim"
        ]!["claimName"]!
            .GetValue<string>()
            .Should()
            .Be("data-db-0");
    }

    [Fact]
    public async Task Jobs_complete_and_daemon_sets_run_once()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/apis/batch/v1/namespaces/{ns}/jobs",
            """{"metadata":{"name":"j"},"spec":{"completions":2,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i:1"}]}}}}"""
        );
        await shared.Api.PostAsync(
            $"/apis/apps/v1/namespaces/{ns}/daemonsets",
            """
            {"metadata":{"name":"ds"},"spec":{"selector":{"matchLabels":{"app":"ds"}},"template":{"metadata":{"labels":{"app":"ds"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}}}}
            """
        );
        await shared.Api.UntilAsync(
            $"/apis/batch/v1/namespaces/{ns}/jobs/j",
            a => Is(a, "Complete") && a.Body!["status"]!["succeeded"]!.GetValue<int>() == 2
        );
        await shared.Api.UntilAsync(
            $"/apis/apps/v1/namespaces/{ns}/daemonsets/ds",
            a => a.Body!["status"]?["numberAvailable"]?.GetValue<int>() == 1
        );
    }

    [Fact]
    public async Task Endpoints_hold_the_ready_pods_of_a_service()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/services",
            """{"metadata":{"name":"web"},"spec":{"selector":{"app":"web"},"ports":[{"port":80,"targetPort":8080}]}}"""
        );
        await shared.Api.PostAsync($"/apis/apps/v1/namespaces/{ns}/deployments", Workloads.Deployment("web", "i:1", 2));
        await shared.Api.UntilAsync(
            $"/api/v1/namespaces/{ns}/endpoints/web",
            a => a.Code == 200 && a.Body!["subsets"]?[0]!["addresses"]?.AsArray().Count == 2
        );
        var slices = await shared.Api.UntilAsync(
            $"/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dweb",
            a => a.Body!["items"]!.AsArray().Count == 1 && a.Body["items"]![0]!["endpoints"]?.AsArray().Count == 2
        );
        slices.Body!["items"]![0]!["ports"]![0]!["port"]!.GetValue<int>().Should().Be(8080);
    }

    [Theory]
    [InlineData("Background", true)]
    [InlineData("Foreground", true)]
    [InlineData("Orphan", false)]
    public async Task Deleting_an_owner_takes_or_leaves_what_it_owns(string policy, bool gone)
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/apis/apps/v1/namespaces/{ns}/deployments/d";
        await shared.Api.PostAsync(path[..^2], Workloads.Deployment("d", "i:1", 2));
        await shared.Api.UntilAsync(path, a => Is(a, "Available"));
        await shared.Api.DeleteAsync(path, $$"""{"propagationPolicy":"{{policy}}"}""");
        await shared.Api.UntilAsync(path, a => a.Code == 404);
        var sets = await shared.Api.UntilAsync(
            $"/apis/apps/v1/namespaces/{ns}/replicasets",
            a => a.Body!["items"]!.AsArray().Count == (gone ? 0 : 1)
        );
        await shared.Api.UntilAsync(
            $"/api/v1/namespaces/{ns}/pods",
            a => a.Body!["items"]!.AsArray().Count == (gone ? 0 : 2)
        );
        if (!gone)
        {
            sets.Body!["items"]![0]!["metadata"]!["ownerReferences"].Should().BeNull();
        }
    }

    [Fact]
    public async Task Deleting_a_namespace_empties_it_and_waits_for_finalizers()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync($"/apis/apps/v1/namespaces/{ns}/deployments", Workloads.Deployment("d", "i:1", 2));
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/configmaps",
            """{"metadata":{"name":"held","finalizers":["example.com/hold"]}}"""
        );
        (await shared.Api.DeleteAsync($"/api/v1/namespaces/{ns}")).Body!["status"]!["phase"]!
            .GetValue<string>()
            .Should()
            .Be("Terminating");
        await shared.Api.UntilAsync($"/api/v1/namespaces/{ns}/pods", a => a.Body!["items"]!.AsArray().Count == 0);
        (await shared.Api.PostAsync($"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"name":"late"}}"""))
            .Code.Should()
            .Be(403);
        (await shared.Api.GetAsync($"/api/v1/namespaces/{ns}")).Code.Should().Be(200);
        await shared.Api.SendAsync(
            "PATCH",
            $"/api/v1/namespaces/{ns}/configmaps/held",
            """{"metadata":{"finalizers":null}}""",
            ApiClient.MergePatch
        );
        await shared.Api.UntilAsync($"/api/v1/namespaces/{ns}", a => a.Code == 404);
    }

    private static bool Is(Answer answer, string condition) =>
        Find(answer, condition)?["status"]?.GetValue<string>() == "True";

    private static string? Reason(Answer answer, string condition) =>
        Find(answer, condition)?["reason"]?.GetValue<string>();

    private static System.Text.Json.Nodes.JsonNode? Find(Answer answer, string condition) =>
        answer
            .Body?["status"]?["conditions"]?.AsArray()
            .FirstOrDefault(c => c!["type"]!.GetValue<string>() == condition);
}
