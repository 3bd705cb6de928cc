using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>What clusters on Docker need of the program <c>docker</c>.</summary>
internal sealed class DockerProgram(ProgramRunner programs)
{
    /// <summary>The label kind puts on its nodes; the value is the cluster's name.</summary>
    public const string ClusterLabel = "io.x-k8s.kind.cluster";

    private const string RoleLabel = "io.x-k8s.kind.role";

    /// <summary>The network kind puts its nodes on.</summary>
    public static string Network =>
        Environment.GetEnvironmentVariable("KIND_EXPERIMENTAL_DOCKER_NETWORK") is { Length: > 0 } network
            ? network
            : "kind";

    /// <exception cref="PlatformException">The engine is out of reach, or the command failed.</exception>
    public Task<string> RunAsync(
        IReadOnlyList<string> arguments,
        CancellationToken cancellationToken,
        string? input = null,
        TimeSpan? timeout = null
    )
    {
        var command = new ProgramCommand
        {
            Program = "docker",
            Arguments = arguments,
            StandardInput = input,
            Timeout = timeout ?? TimeSpan.FromMinutes(1),
        };
        return KindFailure.RunAsync(programs, command, cancellationToken);
    }

    /// <summary>The lines that a command writes, without those that are empty.</summary>
    /// <exception cref="PlatformException">The engine is out of reach, or the command failed.</exception>
    public async Task<string[]> LinesAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        (await RunAsync(arguments, cancellationToken)).Split(
            '\n',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
        );

    /// <returns>The container as <c>docker inspect</c> shows it, or <see langword="null"/>.</returns>
    /// <exception cref="PlatformException">The engine is out of reach.</exception>
    public async Task<JsonObject?> FindContainerAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await InspectAsync([name], cancellationToken)).SingleOrDefault();
        }
        catch (ProgramException fault) when (IsOfMissing(fault))
        {
            return null;
        }
    }

    private static bool IsOfMissing(ProgramException fault) =>
        fault.LastLines.Any(l => l.Contains("No such", StringComparison.OrdinalIgnoreCase));

    /// <summary>The nodes of all Kind clusters, or of one.</summary>
    /// <exception cref="PlatformException">The engine is out of reach.</exception>
    public async Task<IReadOnlyList<(string Cluster, KindNode Node)>> ListNodesAsync(
        string? cluster,
        CancellationToken cancellationToken
    )
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await ListNodesOnceAsync(cluster, cancellationToken);
            }
            catch (ProgramException fault) when (attempt < 5 && IsOfMissing(fault))
            {
                // one that was listed has gone before it was looked at
            }
        }
    }

    /// <summary>The address of a cluster's control plane on the network of kind.</summary>
    /// <returns>The address, or <see langword="null"/> when there is no such node, or none that runs.</returns>
    /// <exception cref="PlatformException">The engine is out of reach.</exception>
    public async Task<string?> FindControlPlaneAsync(string cluster, CancellationToken cancellationToken) =>
        (await ListNodesAsync(cluster, cancellationToken))
            .Select(n => n.Node)
            .FirstOrDefault(n => n.Role == "control-plane")
            ?.Address;

    private async Task<IReadOnlyList<(string Cluster, KindNode Node)>> ListNodesOnceAsync(
        string? cluster,
        CancellationToken cancellationToken
    )
    {
        string filter = cluster is null ? ClusterLabel : $"{ClusterLabel}={cluster}";
        string[] all = await LinesAsync(
            ["ps", "--all", "--quiet", "--no-trunc", "--filter", $"label={filter}"],
            cancellationToken
        );
        if (all.Length == 0)
        {
            return [];
        }

        var containers = await InspectAsync(all, cancellationToken);
        return
        [
            .. containers
                .Select(c => (Cluster: Labels(c).Text(ClusterLabel) ?? "", Node: NodeOf(c)))
                .OrderBy(n => n.Cluster, StringComparer.Ordinal)
                .ThenBy(n => n.Node.Role, StringComparer.Ordinal)
                .ThenBy(n => n.Node.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>Containers as <c>docker inspect</c> shows them.</summary>
    public async Task<IEnumerable<JsonObject>> InspectAsync(
        IReadOnlyList<string> containers,
        CancellationToken cancellationToken
    )
    {
        string text = await RunAsync(["container", "inspect", .. containers], cancellationToken);
        return (JsonNode.Parse(text) as JsonArray)?.OfType<JsonObject>() ?? [];
    }

    private static JsonObject? Labels(JsonObject container) => container.Child("Config").Child("Labels");

    private static KindNode NodeOf(JsonObject container)
    {
        var network = container.Child("NetworkSettings").Child("Networks").Child(Network);
        return new KindNode(
            (container.Text("Name") ?? "").TrimStart('/'),
            container.Text("Id") ?? "",
            Labels(container).Text(RoleLabel) ?? "",
            container.Child("Config").Text("Image") ?? "",
            DateTimeOffset.TryParse(container.Text("Created"), out var created) ? created : default,
            container.Child("State").Flag("Running") == true,
            network.Text("IPAddress") is { Length: > 0 } address ? address : null,
            PortsOf(container)
        );
    }

    private static IReadOnlyList<KindPort> PortsOf(JsonObject container)
    {
        var ports = container.Child("NetworkSettings").Child("Ports");
        return
        [
            .. from port in ports ?? []
            from binding in ports.Items(port.Key)
            let inside = NumberIn(port.Key.Split('/')[0])
            let outside = NumberIn(binding.Text("HostPort"))
            where inside is not null && outside is not null
            select new KindPort(inside.Value, outside.Value, binding.Text("HostIp") ?? ""),
        ];

        static int? NumberIn(string? text) => int.TryParse(text, out int number) ? number : null;
    }
}
