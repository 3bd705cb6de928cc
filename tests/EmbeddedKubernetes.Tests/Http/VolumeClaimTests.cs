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
