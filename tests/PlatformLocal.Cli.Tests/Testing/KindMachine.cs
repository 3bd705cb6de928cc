using System.Text.Json.Nodes;
using EmbeddedKubernetes;
using PlatformLocal.Kubernetes;
using PlatformLocal.Platform.Clusters;
using PlatformLocal.Testing;

namespace PlatformLocal.Cli.Tests.Testing;

/// <summary>
/// A machine with Docker and kind as far as a platform sees it: programs of these names that keep their nodes in files, and
/// behind the cluster "local" a real API server. A creation of another cluster takes until it is ended.
/// </summary>
internal sealed class KindMachine : IAsyncDisposable
{
    private const string Docker = """
        #!/bin/sh
        cd "$(dirname "$0")" || exit 1
        case "$1" in
        ps)
            for last; do :; done
            case "$last" in
            *=*=*) [ -f "nodes/${last##*=}.json" ] && echo "${last##*=}" ;;
            *) ls nodes | sed 's/\.json$//' ;;
            esac
            exit 0 ;;
        container)
            shift 2
            for id; do [ -f "nodes/$id.json" ] || { echo "Error: No such container: $id" >&2; exit 1; }; done
            printf '['
            comma=
            for id; do printf '%s' "$comma"; cat "nodes/$id.json"; comma=,; done
            echo ']' ;;
        *) exit 0 ;;
        esac
        """;

    private const string Kind = """
        #!/bin/sh
        cd "$(dirname "$0")" || exit 1
        echo "$*" >> kind.log
        case "$1 $2" in
        "create cluster") while :; do sleep 0.1; done ;;
        "get kubeconfig") cat kubeconfig ;;
        "delete cluster") rm -f "nodes/$4.json" ;;
        esac
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly EmbeddedCluster _cluster;

    private KindMachine(EmbeddedCluster cluster) => _cluster = cluster;

    /// <summary>The variables under which programs find this machine's docker and kind.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string>
        {
            ["PATH"] = $"{_folder.Path}:{System.Environment.GetEnvironmentVariable("PATH")}",
        };

    /// <summary>The kubeconfig as kind writes it.</summary>
    public string Kubeconfig { get; private set; } = "";

    /// <summary>The calls of kind, one a line.</summary>
    public IReadOnlyList<string> KindCalls =>
        Path.Combine(_folder.Path, "kind.log") is var log && File.Exists(log) ? File.ReadAllLines(log) : [];

    public static async Task<KindMachine> StartAsync(CancellationToken cancellationToken)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "its programs are shell scripts");
        var machine = new KindMachine(await EmbeddedCluster.StartAsync(cancellationToken: cancellationToken));
        machine.Kubeconfig = machine._cluster.Kubeconfig.Replace("embedded", "kind-local");
        machine.WriteProgram("docker", Docker);
        machine.WriteProgram("kind", Kind);
        machine._folder.Write("kubeconfig", machine.Kubeconfig);
        machine._folder.Write(
            "nodes/local.json",
            new JsonObject
            {
                ["Name"] = "/local-control-plane",
                ["Id"] = "local",
                ["Created"] = "2026-01-01T00:00:00Z",
                ["State"] = new JsonObject { ["Running"] = true },
                ["Config"] = new JsonObject
                {
                    ["Image"] = "kindest/node:v1",
                    ["Labels"] = new JsonObject
                    {
                        ["io.x-k8s.kind.cluster"] = "local",
                        ["io.x-k8s.kind.role"] = "control-plane",
                    },
                },
            }.ToJsonString()
        );
        return machine;
    }

    /// <summary>Makes the cluster say whose it is.</summary>
    public async Task MarkAsync(string folder, CancellationToken cancellationToken)
    {
        using var client = KubernetesClient.FromKubeconfig(_cluster.KubeconfigPath);
        await new ClusterMarker("local", ClusterOrigin.Made, TimeProvider.System.GetUtcNow(), "{}", folder).WriteAsync(
            client,
            cancellationToken
        );
    }

    /// <summary>Gives a platform this machine's cluster as its own, with the API on the host.</summary>
    public void Adopt(PlatformCtlProgram program, string workspace)
    {
        Directory.CreateDirectory(program.Folder);
        File.WriteAllText(
            Path.Combine(program.Folder, "platform.json"),
            new JsonObject { ["cluster"] = "kind", ["workspace"] = workspace }.ToJsonString()
        );
        File.WriteAllText(Path.Combine(program.Folder, "kubeconfig"), Kubeconfig);
        File.WriteAllText(
            Path.Combine(program.Folder, "kind-cluster.json"),
            new JsonObject
            {
                ["cluster"] = "local",
                ["is_ready"] = true,
                ["since"] = "2026-01-01T00:00:00Z",
                ["configuration"] = "{}",
                ["nodes"] = new JsonArray("local"),
            }.ToJsonString()
        );
        foreach (var (name, value) in Environment)
        {
            program.Environment[name] = value;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    private void WriteProgram(string name, string text)
    {
        var file = _folder.Write(name, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
