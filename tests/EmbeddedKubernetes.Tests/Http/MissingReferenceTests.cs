using System.Text.Json.Nodes;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

/// <summary>Pods that refer to what is not there, or fit nowhere, do not run, say why, and run when it comes.</summary>
public sealed class MissingReferenceTests(SharedCluster shared)
{
    private const string Env = """ "env":[{"name":"X","valueFrom":{"@KeyRef":{"name":"absent","key":"k"}}}] """;
    private const string EnvFrom = """ "envFrom":[{"@Ref":{"name":"absent"}}] """;

    [Theory]
    [InlineData("secret", "secrets", Env, "secret \"absent\" not found")]
    [InlineData("secret", "secrets", EnvFrom, "secret \"absent\" not found")]
    [InlineData("configMap", "configmaps", Env, "configmap \"absent\" not found")]
    [InlineData("configMap", "configmaps", EnvFrom, "configmap \"absent\" not found")]
    public async Task A_container_without_the_source_of_a_variable_is_not_made_until_it_comes(
        string kind,
        string plural,
        string variables,
        string message
    )
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            Pod(container: variables.Replace("@", kind, StringComparison.Ordinal))
        );
        var pod = await UntilAsync(ns, p => Waiting(p) is { Length: > 0 } and not "ContainerCreating");
        Waiting(pod).Should().Be("CreateContainerConfigError");
        pod["status"]!["containerStatuses"]![0]!["state"]!["waiting"]!["message"]!
            .GetValue<string>()
            .Should()
            .Be(message);
        Phase(pod).Should().Be("Pending");
        IsReady(pod).Should().BeFalse();
        (await EventAsync(ns, "Failed")).Should().Be("Error: " + message);
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/{plural}",
            """{"metadata":{"name":"absent"},"data":{"k":"MQ=="}}"""
        );
        await UntilAsync(ns, IsReady);
    }

    [Theory]
    [InlineData("secret", "secrets", "Secret")]
    [InlineData("configMap", "configmaps", "ConfigMap")]
    public async Task A_key_that_is_missing_is_named_until_it_comes(string kind, string plural, string told)
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/{plural}";
        await shared.Api.PostAsync(path, """{"metadata":{"name":"absent"},"data":{"other":"MQ=="}}""");
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            Pod(container: Env.Replace("@", kind, StringComparison.Ordinal))
        );
        (await EventAsync(ns, "Failed")).Should().Be($"Error: couldn't find key k in {told} {ns}/absent");
        await shared.Api.SendAsync("PATCH", path + "/absent", """{"data":{"k":"MQ=="}}""", ApiClient.MergePatch);
        await UntilAsync(ns, IsReady);
    }

    [Theory]
    [InlineData("""{"secret":{"secretName":"absent"},"name":"v"}""", "secrets", "secret \"absent\" not found")]
    [InlineData("""{"configMap":{"name":"absent"},"name":"v"}""", "configmaps", "configmap \"absent\" not found")]
    [InlineData(
        """{"projected":{"sources":[{"configMap":{"name":"absent"}}]},"name":"v"}""",
        "configmaps",
        "configmap \"absent\" not found"
    )]
    public async Task A_volume_that_cannot_be_mounted_keeps_its_pod_back(string volume, string plural, string message)
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            Pod($""" "volumes":[{volume}], """, container: """ "volumeMounts":[{"name":"v","mountPath":"/v"}] """)
        );
        (await EventAsync(ns, "FailedMount")).Should().Be($"MountVolume.SetUp failed for volume \"v\" : {message}");
        var pod = await UntilAsync(ns, _ => true);
        Waiting(pod).Should().Be("ContainerCreating");
        IsReady(pod).Should().BeFalse();
        await shared.Api.PostAsync($"/api/v1/namespaces/{ns}/{plural}", """{"metadata":{"name":"absent"}}""");
        await UntilAsync(ns, IsReady);
    }

    [Fact]
    public async Task Optional_references_are_never_missed()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            Pod(
                """
                "volumes":[{"name":"s","secret":{"secretName":"absent","optional":true}},{"name":"c","configMap":{"name":"absent","optional":true}},
                {"name":"p","projected":{"sources":[{"secret":{"name":"absent","optional":true}}]}}],
                """,
                container: """
                "envFrom":[{"secretRef":{"name":"absent","optional":true}},{"configMapRef":{"name":"absent","optional":true}}],
                "env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"absent","key":"k","optional":true}}},{"name":"B","valueFrom":{"configMapKeyRef":{"name":"absent","key":"k","optional":true}}}]
                """
            )
        );
        await UntilAsync(ns, IsReady);
    }

    [Fact]
    public async Task A_pod_waits_for_its_claim_and_for_the_claims_volume()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            Pod(""" "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"absent"}}], """)
        );
        var pod = await UntilAsync(ns, p => Unschedulable(p) is not null);
        Phase(pod).Should().Be("Pending");
        Unschedulable(pod).Should().Contain("persistentvolumeclaim \"absent\" not found");
        (await EventAsync(ns, "FailedScheduling")).Should().StartWith("0/1 nodes are available: ");
        var storageClass = ns + "-class";
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/persistentvolumeclaims",
            $$$"""{"metadata":{"name":"absent"},"spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"{{{storageClass}}}","resources":{"requests":{"storage":"1Gi"} } } }"""
        );
        await UntilAsync(
            ns,
            p =>
                Unschedulable(p)?.Contains("unbound immediate PersistentVolumeClaims", StringComparison.Ordinal) == true
        );
        await shared.Api.PostAsync(
            "/apis/storage.k8s.io/v1/storageclasses",
            $$$"""{"metadata":{"name":"{{{storageClass}}}"},"provisioner":"x"}"""
        );
        await UntilAsync(ns, IsReady);
    }

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
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync($"/api/v1/namespaces/{ns}/pods", Pod(more, container));
        var pod = await UntilAsync(ns, p => Unschedulable(p) is not null);
        Unschedulable(pod).Should().Contain(why);
        Phase(pod).Should().Be("Pending");
        (pod["spec"]!["nodeName"]).Should().BeNull();
        (await EventAsync(ns, "FailedScheduling")).Should().Contain(why);
    }

    [Fact]
    public async Task A_selector_an_affinity_and_requests_that_the_node_meets_keep_nobody_waiting()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
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

    [Theory]
    [InlineData(
        """ "serviceAccountName":"absent", """,
        "serviceaccounts",
        "error looking up service account {0}/absent: serviceaccount \"absent\" not found"
    )]
    [InlineData(""" "priorityClassName":"{0}-class", """, null, "no PriorityClass with name {0}-class was found")]
    public async Task A_pod_whose_account_or_priority_is_missing_is_refused_until_it_comes(
        string more,
        string? plural,
        string why
    )
    {
        var ns = await shared.NewNamespaceAsync();
        more = more.Replace("{0}", ns, StringComparison.Ordinal);
        why = why.Replace("{0}", ns, StringComparison.Ordinal);
        var refused = await shared.Api.PostAsync($"/api/v1/namespaces/{ns}/pods", Pod(more));
        refused.Code.Should().Be(403);
        refused.Body!["message"]!.GetValue<string>().Should().Be($"pods \"p\" is forbidden: {why}");
        var path = $"/apis/apps/v1/namespaces/{ns}/deployments";
        await shared.Api.PostAsync(
            path,
            Workloads
                .Deployment("d", "i:1", 2)
                .Replace("\"containers\"", more + "\"containers\"", StringComparison.Ordinal)
        );
        await shared.Api.UntilAsync(path + "/d", a => Condition(a.Object, "ReplicaFailure") is not null);
        var deployment = (await shared.Api.GetAsync(path + "/d")).Object;
        Condition(deployment, "ReplicaFailure")!["reason"]!.GetValue<string>().Should().Be("FailedCreate");
        (await EventAsync(ns, "FailedCreate")).Should().StartWith("Error creating: pods \"d-").And.EndWith(why);
        if (plural is not null)
        {
            await shared.Api.PostAsync($"/api/v1/namespaces/{ns}/{plural}", """{"metadata":{"name":"absent"}}""");
        }
        else
        {
            await shared.Api.PostAsync(
                "/apis/scheduling.k8s.io/v1/priorityclasses",
                $$$"""{"metadata":{"name":"{{{ns}}}-class"},"value":7}"""
            );
        }
        var done = await shared.Api.UntilAsync(path + "/d", a => Number(a, "readyReplicas") == 2);
        Condition(done.Object, "ReplicaFailure").Should().BeNull();
        if (plural is null)
        {
            var pods = await shared.Api.GetAsync($"/api/v1/namespaces/{ns}/pods");
            pods.Body!["items"]![0]!["spec"]!["priority"]!.GetValue<int>().Should().Be(7);
        }
    }

    [Theory]
    [InlineData("/apis/apps/v1", "statefulsets", "readyReplicas")]
    [InlineData("/apis/apps/v1", "daemonsets", "numberReady")]
    [InlineData("/apis/batch/v1", "jobs", "succeeded")]
    [InlineData("/api/v1", "replicationcontrollers", "readyReplicas")]
    public async Task Every_owner_of_pods_says_that_they_are_refused(string group, string plural, string done)
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"{group}/namespaces/{ns}/{plural}";
        var selector =
            plural == "jobs" ? ""
            : plural == "replicationcontrollers" ? """ "selector":{"a":"b"}, """
            : """ "selector":{"matchLabels":{"a":"b"}}, """;
        var policy = plural == "jobs" ? """ "restartPolicy":"Never", """ : "";
        (
            await shared.Api.PostAsync(
                path,
                $$$"""{"metadata":{"name":"o"},"spec":{{{{selector}}}"template":{"metadata":{"labels":{"a":"b"}},"spec":{{{{policy}}}"serviceAccountName":"absent","containers":[{"name":"c","image":"i:1"}]} } } }"""
            )
        )
            .Code.Should()
            .Be(201);
        (await EventAsync(ns, "FailedCreate")).Should().Contain("serviceaccount \"absent\" not found");
        await shared.Api.PostAsync($"/api/v1/namespaces/{ns}/serviceaccounts", """{"metadata":{"name":"absent"}}""");
        await shared.Api.UntilAsync(path + "/o", a => Number(a, done) == 1);
    }

    [Fact]
    public async Task A_sidecar_goes_on_running_and_counts()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            Pod(
                """ "initContainers":[{"name":"once","image":"i:1"},{"name":"proxy","image":"envoy:1","restartPolicy":"Always"}], """
            )
        );
        var pod = await UntilAsync(ns, IsReady);
        var init = pod["status"]!["initContainerStatuses"]!.AsArray();
        init[0]!["state"]!["terminated"]!["reason"]!.GetValue<string>().Should().Be("Completed");
        init[1]!["state"]!["running"].Should().NotBeNull();
        init[1]!["ready"]!.GetValue<bool>().Should().BeTrue();
        (await CellsAsync(ns))[1].Should().Be("2/2");
    }

    [Fact]
    public async Task A_job_with_a_sidecar_completes_and_shows_none_ready()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            Pod(
                """ "restartPolicy":"Never","initContainers":[{"name":"proxy","image":"envoy:1","restartPolicy":"Always"}], """
            )
        );
        var pod = await UntilAsync(ns, p => Phase(p) == "Succeeded");
        pod["status"]!["initContainerStatuses"]![0]!["state"]!["terminated"].Should().NotBeNull();
        (await CellsAsync(ns)).Should().StartWith(["p", "0/2", "Completed"]);
    }

    [Theory]
    [InlineData("i:missing-1", "", "Init:ImagePullBackOff")]
    [InlineData("i:fail-1", "", "Init:CrashLoopBackOff")]
    [InlineData("i:1", """ ,"envFrom":[{"secretRef":{"name":"absent"}}] """, "Init:CreateContainerConfigError")]
    [InlineData(
        "i:1",
        """ ,"restartPolicy":"Always","envFrom":[{"secretRef":{"name":"absent"}}] """,
        "Init:CreateContainerConfigError"
    )]
    public async Task A_container_that_initializes_holds_the_others_back(string image, string more, string status)
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            Pod($$""" "initContainers":[{"name":"init","image":"{{image}}"{{more}}}], """)
        );
        var pod = await UntilAsync(
            ns,
            p =>
                p["status"]!["initContainerStatuses"]?[0]!["state"]!["waiting"]?["reason"]?.GetValue<string>()
                == status[5..]
        );
        Waiting(pod).Should().Be("PodInitializing");
        (await CellsAsync(ns))
            .Should()
            .StartWith(["p", more.Contains("Always", StringComparison.Ordinal) ? "0/2" : "0/1", status]);
    }

    [Fact]
    public async Task A_container_that_can_run_does_so_beside_one_that_cannot()
    {
        var ns = await shared.NewNamespaceAsync();
        await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            """
            {"metadata":{"name":"p"},"spec":{"containers":[{"name":"ok","image":"i:1"},
            {"name":"not","image":"i:1","envFrom":[{"secretRef":{"name":"absent"}}]}]}}
            """
        );
        await EventAsync(ns, "Failed");
        var pod = await UntilAsync(ns, _ => true);
        pod["status"]!["containerStatuses"]![0]!["state"]!["running"].Should().NotBeNull();
        (await CellsAsync(ns)).Should().StartWith(["p", "1/2", "CreateContainerConfigError"]);
    }

    private static string Pod(string more = "", string container = "") =>
        $$$"""{"metadata":{"name":"p"},"spec":{{{{more}}}"containers":[{"name":"c","image":"i:1"{{{(container.Length > 0 ? "," + container : "")}}}}]}}""";

    private async Task<JsonObject> UntilAsync(string ns, Func<JsonObject, bool> wanted) =>
        (await shared.Api.UntilAsync($"/api/v1/namespaces/{ns}/pods/p", a => a.Code == 200 && wanted(a.Object))).Object;

    private async Task<string> EventAsync(string ns, string reason)
    {
        var events = await shared.Api.UntilAsync(
            $"/api/v1/namespaces/{ns}/events",
            a => a.Body!["items"]!.AsArray().Any(e => e!["reason"]!.GetValue<string>() == reason)
        );
        return events.Body!["items"]!.AsArray().First(e => e!["reason"]!.GetValue<string>() == reason)![
            "message"
        ]!.GetValue<string>();
    }

    private async Task<string[]> CellsAsync(string ns)
    {
        var table = await shared.Api.SendAsync(
            "GET",
            $"/api/v1/namespaces/{ns}/pods",
            accept: "application/json;as=Table;v=v1;g=meta.k8s.io"
        );
        return [.. table.Body!["rows"]![0]!["cells"]!.AsArray().Select(c => c!.ToString())];
    }

    private static JsonNode? Condition(JsonObject value, string type) =>
        value["status"]?["conditions"]?.AsArray().FirstOrDefault(c => c!["type"]!.GetValue<string>() == type);

    private static bool IsReady(JsonObject pod) => Condition(pod, "Ready")?["status"]?.GetValue<string>() == "True";

    private static string Phase(JsonObject pod) => pod["status"]!["phase"]!.GetValue<string>();

    private static string? Waiting(JsonObject pod) =>
        pod["status"]!["containerStatuses"]?[0]!["state"]!["waiting"]?["reason"]?.GetValue<string>();

    private static string? Unschedulable(JsonObject pod) =>
        Condition(pod, "PodScheduled") is { } condition && condition["reason"]?.GetValue<string>() == "Unschedulable"
            ? condition["message"]!.GetValue<string>()
            : null;

    private static int? Number(Answer answer, string field) => answer.Body!["status"]?[field]?.GetValue<int>();
}
