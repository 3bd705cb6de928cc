using System.Security.Authentication;
using PlatformLocal.Kubernetes.Configuration;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>One way to an API server.</summary>
/// <param name="Server">The address.</param>
/// <param name="From">From where it should work, for messages.</param>
internal sealed record ApiServerCandidate(Uri Server, string From);

/// <summary>
/// Finds the way to the API server of a Kind cluster from wherever this process runs: on the host, in a container on
/// the network of kind, or in one with the host's network. Nothing is remembered: addresses change when Docker restarts.
/// </summary>
/// <param name="programs">Runs <c>docker</c>, which knows the node's address just now; it may be missing.</param>
/// <param name="time">The clock of timeouts.</param>
internal sealed class ApiServerRoute(ProgramRunner programs, TimeProvider time)
{
    private const int NodePort = 6443;

    /// <summary>How long one candidate may take to answer.</summary>
    /// <value>3 seconds unless set.</value>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The connection over the first way on which the API server says that it is ready.</summary>
    /// <exception cref="PlatformException">
    /// No candidate answers, or one does not accept credentials or has another certificate; tells what each of them said.
    /// </exception>
    public async Task<ClusterConnection> FindAsync(
        string kubeconfig,
        string cluster,
        CancellationToken cancellationToken
    )
    {
        var connection = Kubeconfig.Load(kubeconfig).Connect(KindClusterName.ContextOf(cluster));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Asking docker takes longer than most answers: those need not wait for it.
        var probes = Known(connection, cluster).Select(c => ProbeAsync(connection, c, stop.Token)).ToList();
        probes.Add(ProbeNodeAsync(connection, cluster, stop.Token));
        var faults = new List<string>();
        Exception? refusal = null;
        await foreach (var probe in Task.WhenEach(probes).WithCancellation(cancellationToken))
        {
            var (found, fault, refused) = await probe;
            if (found is not null)
            {
                await stop.CancelAsync();
                await Task.WhenAll(probes);
                return found;
            }

            faults.Add(fault);
            refusal ??= refused;
        }

        cancellationToken.ThrowIfCancellationRequested();
        string tried = $"Tried:\n  {string.Join("\n  ", faults)}";
        throw refusal is null
            ? new PlatformException(
                $"The API server of the cluster '{cluster}' is out of reach. {tried}",
                KindFailure.LookAtNodes(cluster)
            )
            : new PlatformException(
                FailureKind.NotAllowed,
                $"The API server of the cluster '{cluster}' and the kubeconfig {kubeconfig} do not know each other. {tried}",
                $"Have it written anew: remove {kubeconfig}, then run: {ShellCommand.Platformctl("create-local-platform")}",
                refusal
            );
    }

    /// <summary>The candidates that need no question: as the kubeconfig says, by the node's name, and over localhost.</summary>
    public static IReadOnlyList<ApiServerCandidate> Known(ClusterConnection connection, string cluster) =>
        [
            new(connection.Server, "the host"),
            new(At(KindClusterName.ControlPlaneOf(cluster), NodePort), "a container on the network of kind"),
            new(At("localhost", connection.Server.Port), "a container with the host's network"),
            new(At("host.docker.internal", connection.Server.Port), "a container of Docker Desktop"),
        ];

    private async Task<(ClusterConnection? Found, string Fault, Exception? Refusal)> ProbeNodeAsync(
        ClusterConnection connection,
        string cluster,
        CancellationToken cancellationToken
    )
    {
        const string from = "the address of the node";
        try
        {
            string? address = await new DockerProgram(programs).FindControlPlaneAsync(cluster, cancellationToken);
            return address is null
                ? (null, $"{from}: docker shows no node with one", null)
                : await ProbeAsync(
                    connection,
                    new ApiServerCandidate(At(address, NodePort), "the host or another network"),
                    cancellationToken
                );
        }
        catch (PlatformException fault)
        {
            return (null, $"{from}: {FirstLine(fault)}", null);
        }
        catch (OperationCanceledException)
        {
            return (null, $"{from}: not asked any more", null);
        }
    }

    private async Task<(ClusterConnection? Found, string Fault, Exception? Refusal)> ProbeAsync(
        ClusterConnection connection,
        ApiServerCandidate candidate,
        CancellationToken cancellationToken
    )
    {
        var there = connection with { Server = candidate.Server };
        string name = $"{candidate.Server} (from {candidate.From})";
        using var timeout = new CancellationTokenSource(ProbeTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var client = new KubernetesClient(
            there,
            new KubernetesClientOptions { Retries = 0, TimeProvider = time }
        );
        try
        {
            return await client.IsReadyAsync(both.Token)
                ? (there, "", null)
                : (null, $"{name}: answers, but is not ready", null);
        }
        catch (KubernetesException fault)
        {
            return (null, $"{name}: {FirstLine(fault)}", IsRefusal(fault) ? fault : null);
        }
        catch (OperationCanceledException)
        {
            return (null, $"{name}: no answer within {ProbeTimeout.TotalSeconds:0.#} s", null);
        }
    }

    private static bool IsRefusal(KubernetesException fault) =>
        fault.IsUnauthorized || fault.IsForbidden || fault.InnerException?.InnerException is AuthenticationException;

    private static Uri At(string host, int port) => new UriBuilder(Uri.UriSchemeHttps, host, port).Uri;

    private static string FirstLine(PlatformException fault) => fault.Message.Split('\n')[0];
}
