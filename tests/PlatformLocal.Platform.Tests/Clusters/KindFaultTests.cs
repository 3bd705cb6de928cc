using System.Net;
using System.Net.Sockets;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Clusters;

/// <summary>What can go wrong with clusters on a real engine. Each test leaves nothing behind.</summary>
[Collection("Docker")]
public sealed class KindFaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly KindClusterSpec _spec = new() { Platform = KindLab.NewName(), NodeImage = KindLab.NodeImage };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_cluster_that_does_not_say_whose_it_is_is_neither_used_nor_deleted()
    {
        KindLab.SkipUnlessThere();
        await PretendNodeAsync();
        try
        {
            var ensure = () => EnsureAsync(_spec);
            var delete = () => KindLab.Clusters.DeleteAsync(_spec.Platform, _folder.Path, Token);

            (await ensure.Should().ThrowAsync<PlatformException>())
                .WithMessage($"There is a Kind cluster '{_spec.Platform}', and whose it is cannot be read: *")
                .Which.NextStep.Should()
                .NotContain("delete", "a cluster that does not answer may be anybody's");
            await delete.Should().ThrowAsync<PlatformException>().WithMessage("*cannot be read*");
            (await NodesAsync()).Should().ContainSingle();
        }
        finally
        {
            await KindLab.Docker("rm", "--force", "--volumes", KindClusterName.ControlPlaneOf(_spec.Platform));
        }
    }

    [Fact]
    public async Task A_stopped_creation_leaves_nothing_but_the_memory_of_it()
    {
        KindLab.SkipUnlessThere();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var act = () =>
            KindLab.Clusters.EnsureAsync(
                _spec,
                _folder.Path,
                line =>
                {
                    if (line.Contains("Writing configuration", StringComparison.Ordinal))
                    {
                        stop.Cancel();
                    }
                },
                stop.Token
            );

        await act.Should().ThrowAsync<OperationCanceledException>();
        (await NodesAsync()).Should().BeEmpty();
        // What kind had asked the engine for may come up later: the record says that it is ours.
        Directory
            .EnumerateFileSystemEntries(_folder.Path)
            .Select(Path.GetFileName)
            .Should()
            .Equal("kind-cluster.json");
    }

    [Fact]
    public async Task Half_a_cluster_of_a_killed_run_is_replaced_and_nodes_have_the_labels_and_taints_of_their_pools()
    {
        KindLab.SkipUnlessThere();
        var spec = _spec with { Configuration = TwoPools() };
        var killed = new KindRecord(spec.Platform, false, TimeProvider.System.GetUtcNow(), "{}", []);
        killed.Write(_folder.Path);
        await PretendNodeAsync();
        try
        {
            var cluster = await EnsureAsync(spec);

            cluster.Change.Should().Be(KindClusterChange.Created);
            using var client = await KindLab.Clusters.ConnectAsync(spec.Platform, _folder.Path, Token);
            var nodes = await client.ListAsync("v1", "Node", null, null, Token);
            var worker = nodes.Items.Single(n => n.Label("platform.local/node-pool") == "general-restricted");
            worker
                .Child("spec")
                .Items("taints")
                .Select(t => $"{t.Text("key")}={t.Text("value")}:{t.Text("effect")}")
                .Should()
                .Contain("platform.local/node-pool=general-restricted:NoSchedule");

            await KindLab.Docker("stop", "--time=2", $"{spec.Platform}-worker");
            (await EnsureAsync(spec)).Change.Should().Be(KindClusterChange.Started);

            await KindLab.Docker("rm", "--force", "--volumes", $"{spec.Platform}-worker");
            await FluentActions
                .Awaiting(() => EnsureAsync(spec))
                .Should()
                .ThrowAsync<PlatformException>()
                .WithMessage("1 of 2 nodes of the cluster * was removed by hand.");
        }
        finally
        {
            (await KindLab.Clusters.DeleteAsync(spec.Platform, _folder.Path, Token)).Should().BeTrue();
        }

        (await NodesAsync()).Should().BeEmpty();
        File.Exists(Path.Combine(_folder.Path, "kubeconfig")).Should().BeFalse();
        (await KindLab.Clusters.DeleteAsync(spec.Platform, _folder.Path, Token)).Should().BeFalse("it is gone");
    }

    [Fact]
    public async Task A_taken_port_is_named_and_leaves_nothing()
    {
        KindLab.SkipUnlessThere();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var act = () => EnsureAsync(_spec with { Ports = [new KindPort(30080, port)] });

        (await act.Should().ThrowAsync<PlatformException>())
            .WithMessage($"The port {port} of this machine is taken*")
            .Which.Kind.Should()
            .Be(FailureKind.Conflict);
        (await NodesAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task A_missing_node_image_is_named_with_what_the_registry_said()
    {
        KindLab.SkipUnlessThere();

        var act = () => EnsureAsync(_spec with { NodeImage = "localhost:1/no/node:1" });

        (await act.Should().ThrowAsync<PlatformException>())
            .WithMessage(
                "The node image localhost:1/no/node:1 is not on this machine and cannot be pulled: *localhost:1*"
            )
            .Which.NextStep.Should()
            .Contain("docker pull localhost:1/no/node:1");
    }

    [Theory]
    [InlineData("docker", "ps")]
    [InlineData("kind", "create cluster --name e2e-never")]
    public async Task An_engine_that_does_not_answer_is_said(string program, string arguments)
    {
        KindLab.SkipUnlessThere();
        var command = new ProgramCommand
        {
            Program = program,
            Arguments =
            [
                .. arguments.Split(' '),
                .. program == "kind" ? ["--kubeconfig", $"{_folder.Path}/config"] : Array.Empty<string>(),
            ],
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["DOCKER_HOST"] = $"unix://{_folder.Path}/nobody.sock",
            },
        };

        var fault = (
            await KindLab.Programs.Awaiting(p => p.RunAsync(command, Token)).Should().ThrowAsync<ProgramException>()
        ).Which;

        KindFailure
            .OfEngine(fault)!
            .Message.Should()
            .StartWith("The Docker engine cannot be reached: ")
            .And.NotContain("\n");
    }

    private async Task<KindCluster> EnsureAsync(KindClusterSpec spec)
    {
        var cluster = await KindLab.Clusters.EnsureAsync(spec, _folder.Path, _ => { }, Token);
        await KindLab.Clusters.WaitForNodesAsync(spec, _folder.Path, _ => { }, Token);
        return cluster;
    }

    private async Task<IReadOnlyList<KindNode>> NodesAsync() =>
        (await KindLab.Clusters.ListAsync(Token)).SingleOrDefault(c => c.Name == _spec.Platform)?.Nodes ?? [];

    /// <summary>A container that kind takes for a node.</summary>
    private Task PretendNodeAsync() =>
        KindLab.Docker(
            "run",
            "--detach",
            "--label=platform-lab",
            $"--label=io.x-k8s.kind.cluster={_spec.Platform}",
            "--label=io.x-k8s.kind.role=control-plane",
            $"--name={KindClusterName.ControlPlaneOf(_spec.Platform)}",
            "--entrypoint=sleep",
            KindLab.NodeImage!,
            "600"
        );

    /// <summary>The built-in pools, cut down to what two cores can take.</summary>
    private string TwoPools()
    {
        string all = File.ReadAllText(Path.Combine(Repository.Root, "kind", "node-pools.yaml"));
        int second = all.IndexOf("  # what is reached", StringComparison.Ordinal);
        return _folder.Write("two-pools.yaml", all[..second]);
    }
}
