using System.Net;
using System.Net.Sockets;
using EmbeddedKubernetes;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Leadership;
using PlatformLocal.Platform.Operations;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>Two replicas of the API that share a state folder and a cluster, as pods in the platform's cluster do.</summary>
public sealed class ReplicaTests : IAsyncLifetime
{
    private const string Secret = "secret";

    private readonly TestPlatform _platform = TestPlatform.Prepare();
    private readonly List<PlatformServer> _replicas = [];
    private readonly List<PlatformApiClient> _clients = [];
    private EmbeddedCluster? _cluster;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _cluster = await EmbeddedCluster.StartAsync(
            new EmbeddedClusterOptions { PodStartDelay = TimeSpan.Zero },
            Token
        );

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(c => c.Dispose());
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        await _cluster!.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task What_is_asked_of_a_replica_that_does_not_lead_the_leader_answers()
    {
        var first = await ServeAsync("first");
        var second = await ServeAsync("second");

        await WorkspaceUpload.EnsureAsync(second, _platform.Workspace, Token);
        var deployed = await TestPlatform.DeployAsync(second, """{"environment_name":"shop","services":{"web":"*"}}""");

        deployed.Phase.Should().Be(EnvironmentPhase.Ready);
        (await first.FindAsync("shop", Token))!.Phase.Should().Be(EnvironmentPhase.Ready);
        (await second.GetPlatformAsync(Token)).Parts.Should().Contain(p => p.Kind.Contains("first leads"));
    }

    [Fact]
    public async Task When_the_leader_ends_another_replica_leads_and_knows_every_environment()
    {
        var first = await ServeAsync("first");
        await WorkspaceUpload.EnsureAsync(first, _platform.Workspace, Token);
        await TestPlatform.DeployAsync(first, """{"environment_name":"shop","services":{"web":"1.0.0"}}""");
        var second = await ServeAsync("second");

        await _replicas[0].DisposeAsync();
        _replicas.RemoveAt(0);
        await UntilLeadsAsync(second, "second");
        var known = await second.FindAsync("shop", Token);
        var changed = await TestPlatform.DeployAsync(
            second,
            """{"environment_name":"shop","services":{"web":"1.1.0"}}"""
        );

        known.Should().NotBeNull();
        changed.Phase.Should().Be(EnvironmentPhase.Ready);
        changed.Services.Should().Contain(s => s.Name == "web" && s.Version == "1.1.0");
    }

    [Fact]
    public async Task Newer_versions_are_rolled_out_once_by_the_leader_and_by_the_next_when_it_ended()
    {
        _platform.WriteUpdates("1s");
        var first = await ServeAsync("first");
        var second = await ServeAsync("second");
        await WorkspaceUpload.EnsureAsync(first, _platform.Workspace, Token);
        await TestPlatform.DeployAsync(first, """{"environment_name":"shop","services":{"web":"^1.0"}}""");

        _platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0]}", "auth: {versions: [2.0.0]}");
        await WorkspaceUpload.EnsureAsync(second, _platform.Workspace, Token);
        await UntilAsync(second, "1.2.0");
        await _replicas[0].DisposeAsync();
        _replicas.RemoveAt(0);
        await UntilLeadsAsync(second, "second");
        _platform.WriteCatalogue("web: {versions: [1.1.0, 1.2.0, 1.3.0]}", "auth: {versions: [2.0.0]}");
        await WorkspaceUpload.EnsureAsync(second, _platform.Workspace, Token);
        var updated = await UntilAsync(second, "1.3.0");

        updated
            .History!.Select(r => r.Cause)
            .Should()
            .Equal(RolloutCause.AutomaticUpdate, RolloutCause.AutomaticUpdate, RolloutCause.Claim);
    }

    [Fact]
    public async Task A_platform_without_a_workspace_says_how_it_gets_one()
    {
        var api = await ServeAsync("first");

        var act = () => TestPlatform.DeployAsync(api, """{"environment_name":"shop","services":{"web":"*"}}""");

        (await act.Should().ThrowAsync<PlatformException>())
            .Which.Should()
            .Match<PlatformException>(e =>
                e.Message.Contains("no workspace yet") && e.NextStep!.Contains("create-local-platform")
            );
    }

    [Fact]
    public async Task A_wrong_token_is_refused_before_the_leader_is_asked()
    {
        await ServeAsync("first");
        await ServeAsync("second");
        using var stranger = new HttpClient { BaseAddress = _clients[1].Address };
        stranger.DefaultRequestHeaders.Authorization = new("Bearer", "wrong");

        var answer = await stranger.GetAsync("api/v1/platform", Token);

        answer.StatusCode.Should().Be(System.Net.HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_damaged_workspace_is_refused_and_the_one_before_stays()
    {
        var api = await ServeAsync("first");
        await WorkspaceUpload.EnsureAsync(api, _platform.Workspace, Token);
        File.WriteAllText(Path.Combine(_platform.Workspace, "platform.yaml"), "kind: Nonsense\n");

        var act = () => WorkspaceUpload.EnsureAsync(api, _platform.Workspace, Token);

        await act.Should().ThrowAsync<PlatformException>();
        (await TestPlatform.DeployAsync(api, """{"environment_name":"shop","services":{"web":"*"}}"""))
            .Phase.Should()
            .Be(EnvironmentPhase.Ready);
    }

    private async Task<PlatformApiClient> ServeAsync(string identity)
    {
        var port = FreePort();
        var replica = await PlatformServer.StartAsync(
            new ServeOptions
            {
                State = _platform.State,
                Workspace = null,
                Version = "test",
                Port = port,
                Replica = new ReplicaOptions
                {
                    Token = Secret,
                    Kubernetes = KubernetesClient.FromKubeconfig(_cluster!.KubeconfigPath),
                    Election = new LeaderElectionOptions
                    {
                        Namespace = "default",
                        Identity = identity,
                        Address = new Uri($"http://127.0.0.1:{port}"),
                        RetryInterval = TimeSpan.FromMilliseconds(50),
                    },
                },
            },
            Token
        );
        _replicas.Add(replica);
        var client = new PlatformApiClient(new Uri($"http://127.0.0.1:{port}"), Secret)
        {
            Patience = TimeSpan.FromSeconds(20),
        };
        _clients.Add(client);
        await UntilLeadsAsync(client, _replicas.Count == 1 ? identity : "");
        return client;
    }

    private static async Task<EnvironmentDocument> UntilAsync(PlatformApiClient client, string version)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            var shop = await client.FindAsync("shop", late.Token);
            if (shop is { Phase: EnvironmentPhase.Ready } && shop.Services.Any(s => s.Version == version))
            {
                return shop;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, late.Token);
        }
    }

    private static async Task UntilLeadsAsync(PlatformApiClient client, string leader)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                var platform = await client.GetPlatformAsync(late.Token);
                if (platform.Parts.Any(p => p.Kind.Contains($"{leader} leads", StringComparison.Ordinal)))
                {
                    return;
                }
            }
            catch (PlatformException e) when (e.Kind is FailureKind.NotReadyInTime)
            {
                // nobody leads yet
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, late.Token);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
