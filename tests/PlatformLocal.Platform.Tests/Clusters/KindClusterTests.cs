using PlatformLocal.Core;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Configuration;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Platform.Clusters.Existing;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.State;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Clusters;

/// <summary>What one cluster that is there is good for.</summary>
[Collection("Docker")]
public sealed class KindClusterTests(KindLab lab)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_is_made_ready_and_leaves_the_users_kubeconfig_alone()
    {
        KindLab.SkipUnlessThere();
        byte[]? before = File.Exists(KindLab.UsersKubeconfig)
            ? await File.ReadAllBytesAsync(KindLab.UsersKubeconfig, Token)
            : null;

        var cluster = await lab.Cluster;

        cluster.Change.Should().Be(KindClusterChange.Created);
        cluster.Ports.Should().ContainSingle().Which.HostPort.Should().BePositive("a free one was found");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(cluster.Kubeconfig).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        (File.Exists(KindLab.UsersKubeconfig) ? await File.ReadAllBytesAsync(KindLab.UsersKubeconfig, Token) : null)
            .Should()
            .Equal(before);
        using var client = await KindLab.Clusters.ConnectAsync(lab.Spec.Platform, lab.Folder, Token);
        var nodes = await client.ListAsync("v1", "Node", null, null, Token);
        nodes.Items.Should().ContainSingle().Which.Label("platform.local/node-pool").Should().Be("general-restricted");
        (await ClusterMarker.FindAsync(client, Token))!.Origin.Should().Be(ClusterOrigin.Made);
        (await KindLab.Clusters.ListAsync(Token))
            .Should()
            .ContainSingle(c => c.Name == cluster.Name)
            .Which.IsRunning.Should()
            .BeTrue();
    }

    [Fact]
    public async Task The_same_cluster_again_is_not_touched()
    {
        KindLab.SkipUnlessThere();
        var first = await lab.Cluster;
        var nodes = await NodeAsync();

        var again = await EnsureAsync(lab.Spec);

        again.Should().Be(first with { Change = KindClusterChange.Unchanged, Ports = again.Ports });
        again.Ports.Should().Equal(first.Ports);
        (await NodeAsync()).ContainerId.Should().Be(nodes.ContainerId);
    }

    [Fact]
    public async Task Another_configuration_is_told_field_by_field_and_changes_nothing()
    {
        KindLab.SkipUnlessThere();
        await lab.Cluster;

        var act = () => EnsureAsync(lab.Spec with { NodeImage = "kindest/node:other" });

        (await act.Should().ThrowAsync<PlatformException>())
            .WithMessage($"*nodes?0?.image: \"{KindLab.NodeImage}\" is wanted to be \"kindest/node:other\"*")
            .Which.Kind.Should()
            .Be(FailureKind.Conflict);
        (await NodeAsync()).IsRunning.Should().BeTrue();
    }

    [Fact]
    public async Task A_cluster_knows_whose_it_is_when_the_state_folder_is_lost()
    {
        KindLab.SkipUnlessThere();
        await lab.Cluster;
        using var other = new TemporaryFolder();
        var record = Path.Combine(lab.Folder, StateFolder.KindRecord);
        File.Move(record, record + ".lost");
        try
        {
            var found = await KindLab.Clusters.EnsureAsync(lab.Spec, other.Path, _ => { }, Token);

            found.Change.Should().Be(KindClusterChange.Unchanged);
            File.Exists(found.Kubeconfig).Should().BeTrue();
        }
        finally
        {
            File.Move(record + ".lost", record);
        }
    }

    [Fact]
    public async Task A_cluster_of_a_platform_of_the_same_name_in_another_folder_is_neither_used_nor_deleted()
    {
        KindLab.SkipUnlessThere();
        await lab.Cluster;
        using var other = new TemporaryFolder();

        var use = () => KindLab.Clusters.EnsureAsync(lab.Spec, other.Path, _ => { }, Token);
        var delete = () => KindLab.Clusters.DeleteAsync(lab.Spec.Platform, other.Path, Token);

        foreach (var act in (Func<Task>[])[use, delete])
        {
            (await act.Should().ThrowAsync<PlatformException>())
                .WithMessage($"*is that of the platform in {lab.Folder}*")
                .Which.Kind.Should()
                .Be(FailureKind.Conflict);
        }

        (await NodeAsync()).IsRunning.Should().BeTrue();
    }

    [Fact]
    public async Task The_certificate_is_valid_for_every_name_and_address_we_use()
    {
        KindLab.SkipUnlessThere();
        var cluster = await lab.Cluster;
        var connection = Kubeconfig.Load(cluster.Kubeconfig).Connect();
        var node = await NodeAsync();

        foreach (
            string name in new[]
            {
                "localhost",
                "127.0.0.1",
                "host.docker.internal",
                "platform.example",
                KindClusterName.ControlPlaneOf(cluster.Name),
                node.Address!,
            }
        )
        {
            using var client = new KubernetesClient(
                connection with
                {
                    TlsServerName = name,
                },
                new KubernetesClientOptions { Retries = 0 }
            );
            (await client.IsReadyAsync(Token)).Should().BeTrue(name);
        }
    }

    [Fact]
    public async Task The_way_by_the_nodes_address_is_found_when_the_host_port_is_out_of_reach()
    {
        KindLab.SkipUnlessThere();
        var cluster = await lab.Cluster;
        var node = await NodeAsync();
        using var folder = new TemporaryFolder();
        int port = node.Ports.Single(p => p.ContainerPort == 6443).HostPort;
        string elsewhere = folder.Write(
            "kubeconfig",
            (await File.ReadAllTextAsync(cluster.Kubeconfig, Token)).Replace($":{port}", ":1", StringComparison.Ordinal)
        );

        var found = await Route().FindAsync(elsewhere, cluster.Name, Token);

        found.Server.Should().Be(new Uri($"https://{node.Address}:6443/"));
    }

    [Fact]
    public async Task Without_any_way_each_candidate_is_told_with_its_reason()
    {
        KindLab.SkipUnlessThere();
        var cluster = await lab.Cluster;
        using var folder = new TemporaryFolder();
        string text = await File.ReadAllTextAsync(cluster.Kubeconfig, Token);
        int port = (await NodeAsync()).Ports.Single(p => p.ContainerPort == 6443).HostPort;
        string gone = folder.Write(
            "kubeconfig",
            text.Replace($":{port}", ":1", StringComparison.Ordinal)
                .Replace(KindClusterName.ContextOf(cluster.Name), "kind-e2e-gone", StringComparison.Ordinal)
        );

        var act = () => Route().FindAsync(gone, "e2e-gone", Token);

        (await act.Should().ThrowAsync<PlatformException>())
            .WithMessage("*https://127.0.0.1:1/*https://e2e-gone-control-plane:6443/*")
            .WithMessage("*docker shows no node*");
    }

    [Fact]
    public async Task The_way_is_found_from_inside_of_a_container_on_the_network_of_kind()
    {
        KindLab.SkipUnlessThere();
        Assert.SkipWhen(KindLab.BaseImage is null, "LAB_BASE_IMAGE does not name an image");
        Assert.SkipUnless(
            File.Exists("/usr/share/dotnet/dotnet"),
            "no .NET at /usr/share/dotnet to lend the container"
        );
        var cluster = await lab.Cluster;

        string output = await KindLab.Docker(
            "run",
            "--rm",
            "--label=platform-lab",
            "--network=kind",
            "--volume=/usr/share/dotnet:/dotnet:ro",
            $"--volume={AppContext.BaseDirectory}:/tests:ro",
            $"--volume={lab.Folder}:/state:ro",
            "--env=PROBE_KUBECONFIG=/state/kubeconfig",
            $"--env=PROBE_CLUSTER={cluster.Name}",
            "--env=DOTNET_ROOT=/dotnet",
            "--workdir=/tmp",
            KindLab.BaseImage!,
            "/dotnet/dotnet",
            "/tests/PlatformLocal.Platform.Tests.dll",
            "--no-progress",
            "--results-directory",
            "/tmp/results",
            "--explicit",
            "only",
            "--filter-class",
            "*ContainerProbe"
        );

        output.Should().Contain("succeeded: 1");
    }

    [Fact]
    public async Task An_existing_cluster_is_touched_only_after_somebody_allowed_it()
    {
        KindLab.SkipUnlessThere();
        var made = await lab.Cluster;
        var (client, cluster) = ExistingCluster.Open(made.Kubeconfig, null, TimeProvider.System);
        using var _ = client;
        var mark = (await cluster.DescribeAsync(Token)).Marker!;
        await ClusterMarker.DeleteAsync(client, Token);
        try
        {
            var refused = () => cluster.AllowAsync("mine", (_, _) => Task.FromResult(false), Token);
            (await refused.Should().ThrowAsync<PlatformException>())
                .WithMessage($"*may not use kind-{made.Name} at https://127.0.0.1:*(Kubernetes v*, 1 node)*")
                .Which.Kind.Should()
                .Be(FailureKind.NotAllowed);
            (await ClusterMarker.FindAsync(client, Token)).Should().BeNull();

            await cluster.AllowAsync("mine", (_, _) => Task.FromResult(true), Token);

            await cluster.AllowAsync("mine", (_, _) => throw new InvalidOperationException("asked twice"), Token);
            await cluster
                .Awaiting(c => c.AllowAsync("other", (_, _) => Task.FromResult(true), Token))
                .Should()
                .ThrowAsync<PlatformException>()
                .WithMessage("*belongs to the platform 'mine'*");
            (await cluster.ForgetAsync("other", Token)).Should().BeFalse();
            (await cluster.ForgetAsync("mine", Token)).Should().BeTrue();
        }
        finally
        {
            await mark.WriteAsync(client, Token);
        }
    }

    private async Task<KindCluster> EnsureAsync(KindClusterSpec spec)
    {
        var cluster = await KindLab.Clusters.EnsureAsync(spec, lab.Folder, _ => { }, Token);
        await KindLab.Clusters.WaitForNodesAsync(spec, lab.Folder, _ => { }, Token);
        return cluster;
    }

    private async Task<KindNode> NodeAsync() =>
        (await KindLab.Clusters.ListAsync(Token))
            .Single(c => c.Name == KindClusterName.Of(lab.Spec.Platform))
            .Nodes.Single();

    private static ApiServerRoute Route() =>
        new(KindLab.Programs, TimeProvider.System) { ProbeTimeout = TimeSpan.FromSeconds(5) };
}
