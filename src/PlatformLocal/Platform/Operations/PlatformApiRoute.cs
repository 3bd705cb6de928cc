using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.PlatformServices.PlatformApi;

namespace PlatformLocal.Platform.Operations;

/// <summary>
/// Finds the way to a Platform API in a Kind cluster from wherever this process runs: by the port on the host, or by the
/// node's name or address from a container that reaches the network of kind.
/// </summary>
/// <param name="programs">Runs <c>docker</c>, which knows the node's address just now; it may be missing.</param>
/// <param name="time">The clock of timeouts.</param>
internal sealed class PlatformApiRoute(ProgramRunner programs, TimeProvider time)
{
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);

    // Replicas change the leader within a lease, and nodes that were just started need a little more.
    private static readonly TimeSpan ComesBackWithin = TimeSpan.FromSeconds(40);

    // While a replica is replaced the cluster still sends connections to it for a moment, although another one is ready.
    private static readonly TimeSpan TriesFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TryInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>A client over the first way that answers; all are tried for ten seconds.</summary>
    /// <exception cref="PlatformException">No way answers; tells which were tried.</exception>
    public async Task<PlatformApiClient> FindAsync(
        Uri onHost,
        string cluster,
        string token,
        PlatformException otherVersion,
        CancellationToken cancellationToken
    )
    {
        List<Uri> candidates =
        [
            onHost,
            At(KindClusterName.ControlPlaneOf(cluster), PlatformApiInstallation.NodePort),
            At("host.docker.internal", onHost.Port),
        ];
        PlatformApiClient? found = null;
        PlatformException? refusal = null;
        var poll = new Poll("the Platform API", TryInterval, TriesFor, time)
        {
            // While replicas are replaced some are of the version before.
            Failure = _ =>
                refusal
                ?? new PlatformException(
                    $"The Platform API in the cluster '{cluster}' does not answer. Tried: {string.Join(", ", candidates)}",
                    $"Start what is stopped, and see what is wrong, with: {ShellCommand.Platformctl("create-local-platform")}"
                ),
        };
        await poll.UntilAsync(
            async stop =>
            {
                found = await FindAmongAsync(candidates);
                // Asked only now: it takes longer than an answer that comes the usual way.
                if (found is null && await FindNodeAsync(cluster, stop) is { } node && !candidates.Contains(node))
                {
                    candidates.Add(node);
                    found = await FindAmongAsync([node]);
                }

                return found is null ? "it does not answer" : null;

                async Task<PlatformApiClient?> FindAmongAsync(IReadOnlyList<Uri> addresses)
                {
                    try
                    {
                        return await FirstThatAnswersAsync(addresses, token, otherVersion, stop);
                    }
                    catch (PlatformException e) when (e == otherVersion)
                    {
                        refusal = e;
                        return null;
                    }
                }
            },
            cancellationToken
        );
        return found!;
    }

    private async Task<PlatformApiClient?> FirstThatAnswersAsync(
        IReadOnlyList<Uri> candidates,
        string token,
        PlatformException otherVersion,
        CancellationToken cancellationToken
    )
    {
        foreach (var candidate in candidates)
        {
            var client = new PlatformApiClient(candidate, token, time)
            {
                Patience = ComesBackWithin,
                OtherVersion = otherVersion,
            };
            if (await AnswersAsync(client, cancellationToken))
            {
                return client;
            }

            client.Dispose();
        }

        return null;
    }

    private async Task<Uri?> FindNodeAsync(string cluster, CancellationToken cancellationToken)
    {
        try
        {
            var address = await new DockerProgram(programs).FindControlPlaneAsync(cluster, cancellationToken);
            return address is null ? null : At(address, PlatformApiInstallation.NodePort);
        }
        catch (PlatformException)
        {
            return null; // told as out of reach in the end, with what was tried
        }
    }

    private async Task<bool> AnswersAsync(PlatformApiClient client, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(ProbeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await client.IsAnsweringAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static Uri At(string host, int port) => new UriBuilder(Uri.UriSchemeHttp, host, port).Uri;
}
