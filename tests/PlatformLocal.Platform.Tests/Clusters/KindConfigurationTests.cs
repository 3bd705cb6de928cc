using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Core.Documents;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Clusters;

public sealed class KindConfigurationTests
{
    private static readonly string[] s_pools =
    [
        "general-restricted",
        "general-public",
        "memory",
        "storage",
        "spot",
        "ai",
    ];

    [Fact]
    public void The_node_pools_are_all_there_and_all_but_the_public_one_are_tainted()
    {
        var workers = Document(new KindClusterSpec { Platform = "shop", Configuration = "node-pools" })
            .Items("nodes")
            .Where(n => n.Text("role") == "worker")
            .ToList();

        workers.Select(w => w.Child("labels").Text("platform.local/node-pool")).Should().Equal(s_pools);
        foreach (var worker in workers)
        {
            string pool = worker.Child("labels").Text("platform.local/node-pool")!;
            var taints = worker
                .Texts("kubeadmConfigPatches")
                .Select(p => YamlText.ParseObject(p, "patch"))
                .SelectMany(p => p.Child("nodeRegistration").Items("taints"))
                .Select(t => $"{t.Text("key")}={t.Text("value")}");
            taints.Should().Equal(pool == "general-public" ? [] : [$"platform.local/node-pool={pool}"]);
        }
    }

    [Fact]
    public void The_same_wishes_make_the_same_configuration_and_others_another_one()
    {
        var spec = new KindClusterSpec { Platform = "shop", NodeImage = "kindest/node:v1.34.0" };
        string canonical = KindConfiguration.Of(spec).Canonical;

        KindConfiguration.Of(spec with { }).Canonical.Should().Be(canonical);
        foreach (
            var other in new[]
            {
                spec with
                {
                    NodeImage = "kindest/node:v1.35.0",
                },
                spec with
                {
                    Ports = [new KindPort(30080)],
                },
                spec with
                {
                    CertificateNames = ["a.example"],
                },
                spec with
                {
                    Configuration = "node-pools",
                },
            }
        )
        {
            KindConfiguration.Of(other).Canonical.Should().NotBe(canonical);
            KindConfiguration.Of(other).DifferencesFrom(canonical).Should().NotBeEmpty();
        }
    }

    [Fact]
    public void The_order_of_fields_in_a_file_makes_no_difference()
    {
        using var folder = new TemporaryFolder();
        string one = folder.Write(
            "1.yaml",
            "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes: [{role: control-plane, labels: {a: b}}]\n"
        );
        string two = folder.Write(
            "2.yaml",
            "nodes: [{labels: {a: b}, role: control-plane}]\napiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n"
        );

        Canonical(one).Should().Be(Canonical(two));

        static string Canonical(string file) =>
            KindConfiguration.Of(new KindClusterSpec { Platform = "shop", Configuration = file }).Canonical;
    }

    [Fact]
    public void An_unknown_configuration_and_a_file_of_something_else_are_refused()
    {
        using var folder = new TemporaryFolder();
        string pod = folder.Write("pod.yaml", "apiVersion: v1\nkind: Pod\n");

        var unknown = () => KindConfiguration.Of(new KindClusterSpec { Platform = "shop", Configuration = "large" });
        var wrong = () => KindConfiguration.Of(new KindClusterSpec { Platform = "shop", Configuration = pod });

        unknown.Should().Throw<PlatformException>().Which.NextStep.Should().Contain("local, node-pools");
        wrong.Should().Throw<InvalidDocumentException>().WithMessage("*kind.x-k8s.io/v1alpha4*");
    }

    [Theory]
    [InlineData("shop", "shop")]
    [InlineData(
        "a-platform-whose-name-is-as-long-as-names-can-be-12345",
        "a-platform-whose-name-is-as-long-as-????????"
    )]
    public void A_clusters_name_leaves_room_for_the_names_of_its_nodes(string platform, string pattern)
    {
        string cluster = KindClusterName.Of(platform);

        cluster.Should().Match(pattern);
        (KindClusterName.ControlPlaneOf(cluster) + "10").Length.Should().BeLessThanOrEqualTo(63);
        KindClusterName.Of(platform + "x").Should().NotBe(cluster);
    }

    private static JsonObject Document(KindClusterSpec spec) =>
        JsonNode.Parse(KindConfiguration.Of(spec).Text)!.AsObject();
}
