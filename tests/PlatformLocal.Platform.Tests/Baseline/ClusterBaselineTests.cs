using System.Text.Json.Nodes;
using EmbeddedKubernetes;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Configuration;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Baseline;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Baseline;

public sealed class ClusterBaselineTests(RealApiServer server)
{
    private const string PartOf = "app.kubernetes.io/part-of";

    private static readonly string[] s_namespaces = ["platform-system", "flux-system"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_Ansible_makes_on_a_real_api_server_our_client_leaves_as_it_is()
    {
        Assert.SkipUnless(AnsiblePlaybooks.IsInstalled, "ansible-playbook is not installed");
        using var client = await server.ConnectAsync();
        var told = new List<string>();

        int byAnsible = await OnServer(useAnsible: true).EnsureAsync(told.Add, Token);
        var made = await client.GetAsync(new ObjectReference("v1", "Namespace", null, "platform-system"), Token);
        int byUs = await ClusterBaseline.ApplyAsync(client, s_namespaces, Token);
        int again = await OnServer(useAnsible: true).EnsureAsync(told.Add, Token);

        byAnsible.Should().BeGreaterThan(0);
        told.Should().Contain("Ansible: Network policies and roles");
        made.Metadata().Items("managedFields").Single().Text("manager").Should().Be("platform-baseline");
        byUs.Should().Be(0);
        again.Should().Be(0);
    }

    [Fact]
    public async Task An_environment_made_by_the_playbook_is_that_of_a_delivery()
    {
        Assert.SkipUnless(AnsiblePlaybooks.IsInstalled, "ansible-playbook is not installed");
        using var client = await server.ConnectAsync();
        string name = $"t{Guid.NewGuid():N}"[..10];

        await new AnsiblePlaybooks(new ProgramRunner(TimeProvider.System)).RunAsync(
            new PlaybookRun
            {
                Playbook = Path.Combine(Repository.Root, "playbooks", "cluster-baseline.yml"),
                Variables = new JsonObject
                {
                    ["namespaces"] = new JsonArray(),
                    ["environments"] = new JsonArray(new JsonObject { ["name"] = name, ["type"] = "prod" }),
                },
                Cluster = new PlaybookCluster(server.Kubeconfig),
            },
            _ => { },
            Token
        );

        foreach (var wanted in EnvironmentBaseline.Objects(EnvironmentTypes.BuiltIn[EnvironmentType.Prod]))
        {
            var reference = ObjectReference.Of(wanted) with { Namespace = $"env-{name}" };
            wanted.Metadata()!["namespace"] = reference.Namespace;
            var before = await client.GetAsync(reference, Token);
            var after = await client.ApplyAsync(wanted, new WriteOptions { FieldManager = "platform-baseline" }, Token);
            after.Item.ResourceVersion().Should().Be(before.ResourceVersion(), $"{reference} is the same");
        }
    }

    [Fact]
    public async Task Without_Ansible_the_same_objects_are_applied_and_it_is_said()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using var client = KubernetesClient.FromKubeconfig(cluster.KubeconfigPath);
        var baseline = On(cluster.KubeconfigPath, ansible: null);

        int made = await baseline.EnsureAsync(_ => { }, Token);
        int again = await baseline.EnsureAsync(_ => { }, Token);

        made.Should().BeGreaterThan(10);
        again.Should().Be(0);
        (await baseline.IsThereAsync(Token)).Should().BeTrue();
        var policies = await client.ListAsync(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "flux-system",
            new ListOptions { LabelSelector = $"{PartOf}=platform-baseline" },
            Token
        );
        policies.Items.Select(p => p.Metadata().Text("name")).Should().Contain(["default-deny", "allow-dns"]);
    }

    [Fact]
    public async Task What_somebody_changed_or_removed_is_noticed_and_put_right()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using var client = KubernetesClient.FromKubeconfig(cluster.KubeconfigPath);
        var baseline = On(cluster.KubeconfigPath, ansible: null);
        await baseline.EnsureAsync(_ => { }, Token);
        var policy = new ObjectReference("networking.k8s.io/v1", "NetworkPolicy", "platform-system", "default-deny");

        await client.DeleteAsync(policy, null, Token);
        bool isThere = await baseline.IsThereAsync(Token);
        int changed = await baseline.EnsureAsync(_ => { }, Token);

        isThere.Should().BeFalse();
        changed.Should().Be(1);
        (await client.FindAsync(policy, Token)).Should().NotBeNull();
    }

    [Fact]
    public async Task A_namespace_of_somebody_else_is_neither_changed_nor_removed()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using var client = KubernetesClient.FromKubeconfig(cluster.KubeconfigPath);
        var flux = new ObjectReference("v1", "Namespace", null, "flux-system");
        await client.ApplyAsync(
            (JsonObject)JsonNode.Parse("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"flux-system"}}""")!,
            null,
            Token
        );
        string? before = (await client.GetAsync(flux, Token)).ResourceVersion();
        var baseline = On(cluster.KubeconfigPath, ansible: null);
        var told = new List<string>();

        await baseline.EnsureAsync(told.Add, Token);
        await baseline.RemoveAsync(Token);

        told.Should().ContainSingle(t => t.Contains("flux-system is somebody else's"));
        (await client.GetAsync(flux, Token)).ResourceVersion().Should().Be(before);
        (await client.FindAsync(flux with { Name = "platform-system" }, Token)).Should().BeNull();
        (await client.ListAsync("rbac.authorization.k8s.io/v1", "ClusterRole", null, null, Token))
            .Items.Select(r => r.Metadata().Text("name"))
            .Should()
            .NotContain(n => n!.StartsWith("platform-local-"));
    }

    [Fact]
    public void Quotas_of_a_workspace_replace_those_of_the_type()
    {
        var type = EnvironmentTypes.BuiltIn[EnvironmentType.Dev] with
        {
            Quotas = new Dictionary<string, string> { ["pods"] = "7", ["requests.cpu"] = "unlimited" },
        };

        var quota = EnvironmentBaseline.Objects(type).Single(o => o.Text("kind") == "ResourceQuota");

        var hard = quota.Child("spec").Child("hard");
        hard.Text("pods").Should().Be("7");
        hard.Text("requests.cpu").Should().BeNull();
        hard.Text("requests.memory").Should().Be("16Gi");
    }

    private ClusterBaseline OnServer(bool useAnsible) =>
        On(server.Kubeconfig, useAnsible ? new AnsiblePlaybooks(new ProgramRunner(TimeProvider.System)) : null);

    private static ClusterBaseline On(string kubeconfig, AnsiblePlaybooks? ansible) =>
        new(
            _ => Task.FromResult(new KubernetesClient(Kubeconfig.Load(kubeconfig).Connect())),
            ansible,
            new PlaybookCluster(kubeconfig),
            TimeProvider.System
        );
}
