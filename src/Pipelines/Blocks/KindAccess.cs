using Pipelines.Api;

namespace Pipelines.Blocks;

/// <summary>
/// Kind and Docker of the host from inside a container, by the host's Docker socket. Whoever has the socket has root on
/// the host.
/// </summary>
/// <param name="Client">The engine.</param>
/// <param name="DockerSocket">The socket that the caller gives.</param>
public sealed record KindAccess(DaggerClient Client, Socket DockerSocket)
{
    private const string SocketPath = "/var/run/docker.sock";

    /// <summary>The version of kind.</summary>
    public string KindVersion { get; init; } = "v0.30.0";

    /// <summary>The image with the program <c>docker</c>.</summary>
    public string DockerImage { get; init; } = "docker.io/library/docker:28-cli";

    /// <summary>The network of Kind's nodes.</summary>
    public string Network { get; init; } = "kind";

    /// <summary>With the programs <c>docker</c> and <c>kind</c>, and the host's Docker engine behind them.</summary>
    /// <param name="container">The container.</param>
    public Container AddTo(Container container) =>
        container
            .WithFile("/usr/local/bin/docker", Client.Container().From(DockerImage).File("/usr/local/bin/docker"), 493)
            .WithFile(
                "/usr/local/bin/kind",
                Client.Http($"https://kind.sigs.k8s.io/dl/{KindVersion}/kind-linux-amd64"),
                493
            )
            .WithUnixSocket(SocketPath, DockerSocket)
            .WithEnvVariable("DOCKER_HOST", "unix://" + SocketPath);

    /// <summary>
    /// After the Dagger engine's own container joined the network of Kind's nodes, which is made where there is none yet:
    /// from then on containers of pipelines reach the nodes by their addresses. Where the engine is no container of that
    /// Docker, nothing is changed.
    /// </summary>
    /// <param name="container">What <see cref="AddTo"/> returned.</param>
    /// <param name="time">The clock: the network may be new on every call.</param>
    public Container JoinNetwork(Container container, TimeProvider time) =>
        container
            .WithoutCachedResults(time)
            .WithEnvVariable("KIND_NETWORK", Network)
            .WithExec([
                "sh",
                "-c",
                """
                docker network inspect "$KIND_NETWORK" >/dev/null 2>&1 || docker network create "$KIND_NETWORK" >/dev/null
                for engine in $(docker ps --filter name=dagger-engine --format '{{.Names}}'); do
                  docker network inspect "$KIND_NETWORK" --format '{{range .Containers}}{{.Name}} {{end}}' |
                    grep -qwF "$engine" || docker network connect "$KIND_NETWORK" "$engine"
                done
                """,
            ]);

    /// <summary>With the first address of an API server that answers, in the file <c>/run/api-server</c>.</summary>
    /// <param name="container">A container with the program <c>curl</c>.</param>
    /// <param name="addresses">The candidates, best first, <c>https://172.18.0.2:6443</c> for one.</param>
    /// <param name="time">The clock: addresses change when a host restarts.</param>
    public Container WithRoute(Container container, IReadOnlyList<string> addresses, TimeProvider time) =>
        container
            .WithoutCachedResults(time)
            .WithExec(
                [
                    "sh",
                    "-c",
                    """
                    for address do
                      if curl --silent --insecure --fail --max-time 3 --output /dev/null "$address/readyz"; then
                        printf %s "$address"
                        exit 0
                      fi
                    done
                    echo "No API server answers at: $*" >&2
                    exit 1
                    """,
                    "route",
                    .. addresses,
                ],
                redirectStdout: "/run/api-server"
            );
}
