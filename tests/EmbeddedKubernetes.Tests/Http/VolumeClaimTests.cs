using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

public sealed class VolumeClaimTests(SharedCluster shared)
{
    private const string Claim = """
        {"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"SIZE"}}MORE}}
        """;

    private static string With(string size, string more = "") =>
        Claim.Replace("SIZE", size, StringComparison.Ordinal).Replace("MORE", more, StringComparison.Ordinal);

    [Fact]
    public async Task A_bound_claim_keeps_class_and_volume_when_an_update_leaves_them_out_and_may_only_grow()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/persistentvolumeclaims";
        (await shared.Api.PostAsync(path, With("1Gi"))).Code.Should().Be(201);
        var bound = await shared.Api.UntilAsync(
            path + "/data",
            a => a.Body!["status"]?["phase"]?.GetValue<string>() == "Bound"
        );

        var grown = await shared.Api.PutAsync(path + "/data", With("2Gi"));
        grown.Code.Should().Be(200, "{0}", grown);
        grown.Body!["spec"]!["storageClassName"]!.GetValue<string>().Should().Be("standard");
        grown.Body!["spec"]!["volumeName"]!
            .GetValue<string>()
            .Should()
            .Be(bound.Body!["spec"]!["volumeName"]!.GetValue<string>());

        var shrunk = await shared.Api.PutAsync(path + "/data", With("1Gi"));
        shrunk.Code.Should().Be(422);
        shrunk.Body!["details"]!["causes"]![0]!["field"]!
            .GetValue<string>()
            .Should()
            .Be("spec.resources.requests.storage");

        var moved = await shared.Api.PutAsync(path + "/data", With("2Gi", ""","storageClassName":"other" """));
        moved.Code.Should().Be(422);
        moved.Body!["message"]!.GetValue<string>().Should().Contain("spec is immutable after creation");
    }

    [Fact]
    public async Task A_volume_made_by_hand_is_bound_by_one_of_the_claims_that_wait_for_it()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/persistentvolumeclaims";
        foreach (var name in (string[])["early", "late"])
        {
            var claim = With("1Gi", $$""","storageClassName":"by-hand-{{ns}}" """)
                .Replace("\"data\"", $"\"{name}\"", StringComparison.Ordinal);
            (await shared.Api.PostAsync(path, claim)).Code.Should().Be(201);
        }
        var volume = $$$"""
            {"metadata":{"name":"NAME-{{{ns}}}"},"spec":{"capacity":{"storage":"2Gi"},"accessModes":["ReadWriteOnce"],
             "storageClassName":"by-hand-{{{ns}}}","hostPath":{"path":"/by-hand"}MORE}}
            """;
        string Named(string name, string more = "") =>
            volume.Replace("NAME", name, StringComparison.Ordinal).Replace("MORE", more, StringComparison.Ordinal);

        // One names its claim, the other takes whoever is left.
        var reserved = $$""","claimRef":{"namespace":"{{ns}}","name":"late"} """;
        (await shared.Api.PostAsync("/api/v1/persistentvolumes", Named("reserved", reserved))).Code.Should().Be(201);
        (await shared.Api.PostAsync("/api/v1/persistentvolumes", Named("free"))).Code.Should().Be(201);
        foreach (var (claim, wanted) in ((string, string)[])[("late", "reserved"), ("early", "free")])
        {
            var bound = await shared.Api.UntilAsync(
                $"{path}/{claim}",
                a => a.Body!["status"]?["phase"]?.GetValue<string>() == "Bound"
            );
            bound.Body!["spec"]!["volumeName"]!.GetValue<string>().Should().Be($"{wanted}-{ns}");
        }
    }

    [Fact]
    public async Task A_claim_that_a_pod_uses_goes_when_the_pod_is_gone_and_its_volume_with_it()
    {
        var ns = await shared.NewNamespaceAsync();
        var claim = $"/api/v1/namespaces/{ns}/persistentvolumeclaims/data";
        var volume = await BoundAsync(ns);
        (await PodAsync(ns, "user")).Code.Should().Be(201);
        await shared.Api.UntilAsync($"/api/v1/namespaces/{ns}/pods/user", a => Phase(a) == "Running");

        (await shared.Api.DeleteAsync(claim)).Code.Should().Be(200);
        (await PodAsync(ns, "late")).Code.Should().Be(201);
        var late = await shared.Api.UntilAsync(
            $"/api/v1/namespaces/{ns}/pods/late",
            a => $"{a.Body!["status"]?["conditions"]}".Contains("is being deleted", StringComparison.Ordinal)
        );
        var kept = await shared.Api.GetAsync(claim);
        var table = await shared.Api.SendAsync("GET", claim, accept: "application/json;as=Table;v=v1;g=meta.k8s.io");

        table.Body!["rows"]![0]!["cells"]![1]!.GetValue<string>().Should().Be("Terminating");
        kept.Code.Should().Be(200);
        kept.Body!["metadata"]!["deletionTimestamp"].Should().NotBeNull();
        kept.Body!["metadata"]!["finalizers"]!.ToJsonString().Should().Be("""["kubernetes.io/pvc-protection"]""");
        Phase(late).Should().Be("Pending");
        (await shared.Api.DeleteAsync($"/api/v1/namespaces/{ns}/pods/user?gracePeriodSeconds=0")).Code.Should().Be(200);
        await shared.Api.UntilAsync(claim, a => a.Code == 404);
        await shared.Api.UntilAsync(volume, a => a.Code == 404);
    }

    [Fact]
    public async Task A_claim_that_only_pods_without_a_node_name_goes_at_once()
    {
        var ns = await shared.NewNamespaceAsync();
        var claim = $"/api/v1/namespaces/{ns}/persistentvolumeclaims/data";
        await BoundAsync(ns);
        (await PodAsync(ns, "nowhere", ""","nodeSelector":{"no":"where"} """)).Code.Should().Be(201);

        (await shared.Api.DeleteAsync(claim)).Code.Should().Be(200);

        await shared.Api.UntilAsync(claim, a => a.Code == 404);
    }

    [Fact]
    public async Task A_volume_that_is_bound_goes_when_its_claim_is_gone_and_a_protection_taken_away_comes_back()
    {
        var ns = await shared.NewNamespaceAsync();
        var volume = await BoundAsync(ns);
        const string off = """{"metadata":{"finalizers":null}}""";
        (await shared.Api.SendAsync("PATCH", volume, off, ApiClient.MergePatch)).Code.Should().Be(200);
        await shared.Api.UntilAsync(
            volume,
            a => a.Body!["metadata"]!["finalizers"]?.ToJsonString() == """["kubernetes.io/pv-protection"]"""
        );

        (await shared.Api.DeleteAsync(volume)).Code.Should().Be(200);
        var kept = await shared.Api.GetAsync(volume);
        (await shared.Api.DeleteAsync($"/api/v1/namespaces/{ns}/persistentvolumeclaims/data")).Code.Should().Be(200);

        kept.Body!["metadata"]!["deletionTimestamp"].Should().NotBeNull();
        await shared.Api.UntilAsync(volume, a => a.Code == 404);
    }

    [Fact]
    public async Task A_namespace_goes_with_its_claims_and_their_users()
    {
        var ns = await shared.NewNamespaceAsync();
        await BoundAsync(ns);
        (await PodAsync(ns, "user")).Code.Should().Be(201);
        await shared.Api.UntilAsync($"/api/v1/namespaces/{ns}/pods/user", a => Phase(a) == "Running");

        (await shared.Api.DeleteAsync($"/api/v1/namespaces/{ns}")).Code.Should().Be(200);

        await shared.Api.UntilAsync($"/api/v1/namespaces/{ns}", a => a.Code == 404);
    }

    /// <summary>Makes the claim <c>data</c> and waits until it is bound.</summary>
    /// <returns>The path of its volume.</returns>
    private async Task<string> BoundAsync(string ns)
    {
        var path = $"/api/v1/namespaces/{ns}/persistentvolumeclaims";
        (await shared.Api.PostAsync(path, With("1Gi"))).Code.Should().Be(201);
        var bound = await shared.Api.UntilAsync(path + "/data", a => Phase(a) == "Bound");
        return $"/api/v1/persistentvolumes/{bound.Body!["spec"]!["volumeName"]}";
    }

    private Task<Answer> PodAsync(string ns, string name, string more = "") =>
        shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/pods",
            $$$"""
            {"metadata":{"name":"{{{name}}}"},"spec":{"containers":[{"name":"c","image":"i:1"}],
             "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}]{{{more}}}}}
            """
        );

    private static string? Phase(Answer answer) => answer.Body!["status"]?["phase"]?.GetValue<string>();

    [Fact]
    public async Task A_claim_without_modes_or_size_is_refused()
    {
        var ns = await shared.NewNamespaceAsync();
        var refused = await shared.Api.PostAsync(
            $"/api/v1/namespaces/{ns}/persistentvolumeclaims",
            """{"metadata":{"name":"data"},"spec":{}}"""
        );
        refused.Code.Should().Be(422);
        refused.Body!["message"]!
            .GetValue<string>()
            .Should()
            .Contain("spec.accessModes")
            .And.Contain("spec.resources[storage]");
    }
}
