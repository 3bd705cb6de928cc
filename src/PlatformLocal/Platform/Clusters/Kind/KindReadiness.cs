using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>Connects to the API servers of Kind clusters, and waits for them and for nodes.</summary>
/// <param name="programs">Runs programs.</param>
/// <param name="time">The clock of waits.</param>
internal sealed class KindReadiness(ProgramRunner programs, TimeProvider time)
{
    private static readonly TimeSpan s_nodeInterval = TimeSpan.FromMilliseconds(300);

    // An API server that has just started refuses everything until it has read who may do what.
    private static readonly TimeSpan s_settlesWithin = TimeSpan.FromSeconds(3);

    private readonly ApiServerRoute _route = new(programs, time);

    /// <summary>A client, over the way that works from here just now.</summary>
    public async Task<KubernetesClient> ConnectAsync(KindPlace place, CancellationToken cancellationToken) =>
        new(
            await _route.FindAsync(place.Kubeconfig, place.Cluster, cancellationToken),
            new KubernetesClientOptions { TimeProvider = time }
        );

    /// <summary>Waits until as many nodes can run pods.</summary>
    public Task WaitForNodesAsync(KindPlace place, int count, TimeSpan timeout, CancellationToken cancellationToken) =>
        WaitAsync(
            place,
            timeout,
            nodes =>
                nodes.Items.Count(n => n.Condition("Ready").Text("status") == "True") is var ready && ready >= count
                    ? null
                    : $"{count - ready} of {Counted.Of(count, "node")}",
            cancellationToken
        );

    /// <summary>Waits until the API server answers.</summary>
    public Task WaitForApiServerAsync(KindPlace place, TimeSpan timeout, CancellationToken cancellationToken) =>
        WaitAsync(place, timeout, _ => null, cancellationToken);

    /// <summary>Waits until the API server lists the nodes, and these are as they are wanted.</summary>
    private async Task WaitAsync(
        KindPlace place,
        TimeSpan timeout,
        Func<ObjectList, string?> judge,
        CancellationToken cancellationToken
    )
    {
        long? refusedSince = null;
        var poll = new Poll($"the cluster '{place.Cluster}'", s_nodeInterval, timeout, time)
        {
            Failure = reason => new PlatformException(
                FailureKind.NotReadyInTime,
                $"The cluster '{place.Cluster}' was not ready within {timeout.TotalSeconds:0} s. It waited for: {reason}",
                $"See its nodes: {ShellCommand.Of("kubectl", "--kubeconfig", place.Kubeconfig, "get", "nodes")}"
            ),
        };
        await poll.UntilAsync(
            async token =>
            {
                try
                {
                    using var client = await ConnectAsync(place, token);
                    return judge(await client.ListAsync("v1", "Node", null, null, token));
                }
                catch (PlatformException fault) when (!WillStay(fault, ref refusedSince))
                {
                    return fault.Message; // not listening yet, or gone for a moment
                }
            },
            cancellationToken
        );
    }

    // A wrong kubeconfig, certificate or right does not come right by waiting.
    private bool WillStay(PlatformException fault, ref long? refusedSince)
    {
        if (fault.Kind != FailureKind.NotAllowed)
        {
            refusedSince = null;
            return fault.Kind == FailureKind.InvalidInput;
        }

        refusedSince ??= time.GetTimestamp();
        return time.GetElapsedTime(refusedSince.Value) > s_settlesWithin;
    }
}
