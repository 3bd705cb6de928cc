using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

/// <summary>Containers that initialize, sidecars, and containers that cannot run beside others.</summary>
public sealed class ContainerOrderTests(SharedCluster shared) : PodTests(shared)
{
    [Fact]
    public async Task A_sidecar_goes_on_running_and_counts()
    {
        var ns = await Shared.NewNamespaceAsync();
        await Shared.Api.PostAsync(
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
        var ns = await Shared.NewNamespaceAsync();
        await Shared.Api.PostAsync(
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
        var ns = await Shared.NewNamespaceAsync();
        await Shared.Api.PostAsync(
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
        var ns = await Shared.NewNamespaceAsync();
        await Shared.Api.PostAsync(
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
}
