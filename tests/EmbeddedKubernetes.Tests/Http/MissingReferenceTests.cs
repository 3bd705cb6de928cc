using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

/// <summary>Pods that refer to what is not there do not run, say why, and run when it comes.</summary>
public sealed class MissingReferenceTests(SharedCluster shared) : PodTests(shared)
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
        var ns = await Shared.NewNamespaceAsync();
        await Shared.Api.PostAsync(
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
        await Shared.Api.PostAsync(
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
        var ns = await Shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/{plural}";
        await Shared.Api.PostAsync(path, """{"metadata":{"name":"absent"},"data":{"other":"MQ=="}}""");
        await Shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            Pod(container: Env.Replace("@", kind, StringComparison.Ordinal))
        );
        (await EventAsync(ns, "Failed")).Should().Be($"Error: couldn't find key k in {told} {ns}/absent");
        await Shared.Api.SendAsync("PATCH", path + "/absent", """{"data":{"k":"MQ=="}}""", ApiClient.MergePatch);
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
        var ns = await Shared.NewNamespaceAsync();
        await Shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            Pod($""" "volumes":[{volume}], """, container: """ "volumeMounts":[{"name":"v","mountPath":"/v"}] """)
        );
        (await EventAsync(ns, "FailedMount")).Should().Be($"MountVolume.SetUp failed for volume \"v\" : {message}");
        var pod = await UntilAsync(ns, _ => true);
        Waiting(pod).Should().Be("ContainerCreating");
        IsReady(pod).Should().BeFalse();
        await Shared.Api.PostAsync($"/api/v1/namespaces/{ns}/{plural}", """{"metadata":{"name":"absent"}}""");
        await UntilAsync(ns, IsReady);
    }

    [Fact]
    public async Task Optional_references_are_never_missed()
    {
        var ns = await Shared.NewNamespaceAsync();
        await Shared.Api.PostAsync(
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
        var ns = await Shared.NewNamespaceAsync();
        await Shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            Pod(""" "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"absent"}}], """)
        );
        var pod = await UntilAsync(ns, p => Unschedulable(p) is not null);
        Phase(pod).Should().Be("Pending");
        Unschedulable(pod).Should().Contain("persistentvolumeclaim \"absent\" not found");
        (await EventAsync(ns, "FailedScheduling")).Should().StartWith("0/1 nodes are available: ");
        var storageClass = ns + "-class";
        await Shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/persistentvolumeclaims",
            $$$"""{"metadata":{"name":"absent"},"spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"{{{storageClass}}}","resources":{"requests":{"storage":"1Gi"} } } }"""
        );
        await UntilAsync(
            ns,
            p =>
                Unschedulable(p)?.Contains("unbound immediate PersistentVolumeClaims", StringComparison.Ordinal) == true
        );
        await Shared.Api.PostAsync(
            "/apis/storage.k8s.io/v1/storageclasses",
            $$$"""{"metadata":{"name":"{{{storageClass}}}"},"provisioner":"x"}"""
        );
        await UntilAsync(ns, IsReady);
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
        var ns = await Shared.NewNamespaceAsync();
        more = more.Replace("{0}", ns, StringComparison.Ordinal);
        why = why.Replace("{0}", ns, StringComparison.Ordinal);
        var refused = await Shared.Api.PostAsync($"/api/v1/namespaces/{ns}/pods", Pod(more));
        refused.Code.Should().Be(403);
        refused.Body!["message"]!.GetValue<string>().Should().Be($"pods \"p\" is forbidden: {why}");
        var path = $"/apis/apps/v1/namespaces/{ns}/deployments";
        await Shared.Api.PostAsync(
            path,
            Workloads
                .Deployment("d", "i:1", 2)
                .Replace("\"containers\"", more + "\"containers\"", StringComparison.Ordinal)
        );
        await Shared.Api.UntilAsync(path + "/d", a => Condition(a.Object, "ReplicaFailure") is not null);
        var deployment = (await Shared.Api.GetAsync(path + "/d")).Object;
        Condition(deployment, "ReplicaFailure")!["reason"]!.GetValue<string>().Should().Be("FailedCreate");
        (await EventAsync(ns, "FailedCreate")).Should().StartWith("Error creating: pods \"d-").And.EndWith(why);
        if (plural is not null)
        {
            await Shared.Api.PostAsync($"/api/v1/namespaces/{ns}/{plural}", """{"metadata":{"name":"absent"}}""");
        }
        else
        {
            await Shared.Api.PostAsync(
                "/apis/scheduling.k8s.io/v1/priorityclasses",
                $$$"""{"metadata":{"name":"{{{ns}}}-class"},"value":7}"""
            );
        }
        var done = await Shared.Api.UntilAsync(path + "/d", a => Number(a, "readyReplicas") == 2);
        Condition(done.Object, "ReplicaFailure").Should().BeNull();
        if (plural is null)
        {
            var pods = await Shared.Api.GetAsync($"/api/v1/namespaces/{ns}/pods");
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
        var ns = await Shared.NewNamespaceAsync();
        var path = $"{group}/namespaces/{ns}/{plural}";
        var selector =
            plural == "jobs" ? ""
            : plural == "replicationcontrollers" ? """ "selector":{"a":"b"}, """
            : """ "selector":{"matchLabels":{"a":"b"}}, """;
        var policy = plural == "jobs" ? """ "restartPolicy":"Never", """ : "";
        (
            await Shared.Api.PostAsync(
                path,
                $$$"""{"metadata":{"name":"o"},"spec":{{{{selector}}}"template":{"metadata":{"labels":{"a":"b"}},"spec":{{{{policy}}}"serviceAccountName":"absent","containers":[{"name":"c","image":"i:1"}]} } } }"""
            )
        )
            .Code.Should()
            .Be(201);
        (await EventAsync(ns, "FailedCreate")).Should().Contain("serviceaccount \"absent\" not found");
        await Shared.Api.PostAsync($"/api/v1/namespaces/{ns}/serviceaccounts", """{"metadata":{"name":"absent"}}""");
        await Shared.Api.UntilAsync(path + "/o", a => Number(a, done) == 1);
    }
}
