using EmbeddedKubernetes;
using PlatformLocal.Kubernetes.Leadership;

namespace PlatformLocal.Kubernetes.Tests;

public sealed class LeaderElectionTests : IAsyncLifetime
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(2);

    private readonly List<KubernetesClient> _clients = [];
    private EmbeddedCluster? _cluster;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await EmbeddedCluster.StartAsync(null, Token);

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(c => c.Dispose());
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    [Fact]
    public async Task Of_many_replicas_one_leads_at_a_time_and_each_gets_its_turn()
    {
        int leading = 0;
        int most = 0;
        var turns = new System.Collections.Concurrent.ConcurrentBag<string>();

        await Task.WhenAll(
            Enumerable
                .Range(0, 5)
                .Select(async i =>
                {
                    await Election($"replica-{i}")
                        .RunAsync(
                            async stop =>
                            {
                                int now = Interlocked.Increment(ref leading);
                                most = Math.Max(most, now);
                                turns.Add($"replica-{i}");
                                await Task.Delay(TimeSpan.FromMilliseconds(60), TimeProvider.System, stop);
                                Interlocked.Decrement(ref leading);
                            },
                            _ => { },
                            Token
                        );
                })
        );

        most.Should().Be(1);
        turns.Should().HaveCount(5).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task A_leader_that_vanished_is_replaced_after_its_lease_and_not_before()
    {
        var vanished = Election("vanished");
        using var killed = new CancellationTokenSource();
        // A process that is killed gives nothing back: its lease is written, then nobody renews it.
        await LeaveLeaseAsync("vanished");
        long began = TimeProvider.System.GetTimestamp();
        var taken = TimeSpan.Zero;

        await Election("next")
            .RunAsync(
                _ =>
                {
                    taken = TimeProvider.System.GetElapsedTime(began);
                    return Task.CompletedTask;
                },
                _ => { },
                Token
            );

        taken.Should().BeGreaterThanOrEqualTo(s_lease).And.BeLessThan(s_lease + TimeSpan.FromSeconds(10));
        vanished.IsLeader.Should().BeFalse();
    }

    [Fact]
    public async Task A_leader_that_cannot_reach_the_cluster_stops_before_the_others_may_take_over()
    {
        var leads = new TaskCompletionSource();
        var stopped = TimeSpan.Zero;
        long gone = 0;
        var run = Election("cut off")
            .RunAsync(
                async stop =>
                {
                    leads.SetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop)
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    stopped = TimeProvider.System.GetElapsedTime(gone);
                },
                _ => { },
                Token
            );
        await leads.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);

        gone = TimeProvider.System.GetTimestamp();
        await _cluster!.DisposeAsync();
        _cluster = null;
        bool lost = await run.WaitAsync(TimeSpan.FromSeconds(30), Token);

        lost.Should().BeTrue();
        stopped.Should().BeLessThan(s_lease);
    }

    private LeaderElection Election(string identity)
    {
        var client = KubernetesClient.FromKubeconfig(
            _cluster!.KubeconfigPath,
            null,
            new KubernetesClientOptions { Retries = 0 }
        );
        _clients.Add(client);
        return new LeaderElection(client, Options(identity), TimeProvider.System);
    }

    private static LeaderElectionOptions Options(string identity) =>
        new()
        {
            Namespace = "default",
            Identity = identity,
            Address = new Uri("http://127.0.0.1:1"),
            LeaseDuration = s_lease,
            RenewDeadline = TimeSpan.FromSeconds(1),
            RetryInterval = TimeSpan.FromMilliseconds(50),
        };

    private async Task LeaveLeaseAsync(string holder)
    {
        using var client = KubernetesClient.FromKubeconfig(_cluster!.KubeconfigPath);
        await client.CreateAsync(
            new System.Text.Json.Nodes.JsonObject
            {
                ["apiVersion"] = "coordination.k8s.io/v1",
                ["kind"] = "Lease",
                ["metadata"] = new System.Text.Json.Nodes.JsonObject
                {
                    ["name"] = "platform-api",
                    ["namespace"] = "default",
                },
                ["spec"] = new System.Text.Json.Nodes.JsonObject
                {
                    ["holderIdentity"] = holder,
                    ["leaseDurationSeconds"] = 2,
                },
            },
            null,
            Token
        );
    }
}
