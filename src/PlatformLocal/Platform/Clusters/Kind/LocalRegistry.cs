using System.Net;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>How the local registry is run.</summary>
public sealed record LocalRegistryOptions
{
    /// <summary>The container's name, which is also its host name on the network of kind.</summary>
    /// <value><see cref="KindDefaults.Registry"/> unless set.</value>
    public string Name { get; init; } = KindDefaults.Registry;

    /// <summary>The registry's image.</summary>
    /// <value><see cref="KindDefaults.RegistryImage"/> unless set.</value>
    public string Image { get; init; } = KindDefaults.RegistryImage;

    /// <summary>The port on 127.0.0.1 that images are pushed to.</summary>
    /// <value><see cref="KindDefaults.RegistryPort"/> unless set.</value>
    public int Port { get; init; } = KindDefaults.RegistryPort;
}

/// <summary>
/// A registry beside the Kind clusters of this machine: what is pushed to its port can be pulled under the
/// same name in every cluster that was joined. It belongs to no cluster and stays when clusters go.
/// </summary>
/// <remarks>Follows https://kind.sigs.k8s.io/docs/user/local-registry/ and KEP-1755.</remarks>
/// <param name="programs">Runs <c>docker</c>.</param>
/// <param name="options">How it is run; the defaults when <see langword="null"/>.</param>
public sealed class LocalRegistry(ProgramRunner programs, LocalRegistryOptions? options = null)
{
    /// <summary>The label on registries that a platform made.</summary>
    public const string Label = "platform.local/registry";

    private const int InnerPort = 5000;

    private static readonly ObjectReference s_announcement = new(
        "v1",
        "ConfigMap",
        "kube-public",
        "local-registry-hosting"
    );

    // One that was just started listens a moment later.
    private static readonly TimeSpan s_startsWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(200);

    private readonly DockerProgram _docker = new(programs);
    private readonly LocalRegistryOptions _options = options ?? new LocalRegistryOptions();

    /// <summary>The container's name.</summary>
    public string Name => _options.Name;

    /// <summary>What image names begin with: <c>localhost</c> and the port.</summary>
    public string Host => $"localhost:{_options.Port}";

    /// <summary>Whether there is a container of the registry's name, running or not; nothing when the engine does not answer.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _docker.FindContainerAsync(_options.Name, cancellationToken) is not null;
        }
        catch (PlatformException)
        {
            return false; // whoever asks for more is told what is wrong with the engine
        }
    }

    /// <summary>Makes sure that the registry runs; one of the same name that is there already is used as it is.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether it was made or started.</returns>
    /// <exception cref="PlatformException">The port is taken, the image is missing, or the one that is there has another port.</exception>
    public async Task<bool> EnsureAsync(CancellationToken cancellationToken)
    {
        var container = await _docker.FindContainerAsync(_options.Name, cancellationToken);
        if (container is null)
        {
            await RunAsync(cancellationToken);
            return true;
        }

        if (PublishedPort(container) is var port && port != _options.Port)
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"The registry '{_options.Name}' is there already and "
                    + (port is null ? $"publishes no port {InnerPort}." : $"has the port {port}, not {_options.Port}."),
                $"Use that port, or remove it with the images in it: {ShellCommand.Of("docker", "rm", "--force", "--volumes", _options.Name)}"
            );
        }

        if (container.Child("State").Flag("Running") == true)
        {
            return false;
        }

        await _docker.RunAsync(["start", _options.Name], cancellationToken);
        return true;
    }

    /// <summary>
    /// Makes sure that <see cref="Host"/> is the registry for this process and those it starts: in a container with the
    /// Docker socket of the host, what is sent there is taken to the registry's own address.
    /// </summary>
    /// <param name="time">The clock of waits.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <returns>Keeps it so until it is disposed of; <see langword="null"/> where nothing needs to be done.</returns>
    /// <exception cref="PlatformException">The registry answers on no address.</exception>
    public async Task<IDisposable?> ReachAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var published = new IPEndPoint(IPAddress.Loopback, _options.Port);
        IDisposable? forward = null;
        var poll = new Poll($"the local registry {Host}", s_lookInterval, s_startsWithin, time)
        {
            Failure = tried => new PlatformException(
                $"The local registry {Host} does not answer. Tried: {tried}",
                $"See whether it runs: {ShellCommand.Of("docker", "ps", "--all", "--filter", $"name={_options.Name}")}\nSee what it says: {ShellCommand.Of("docker", "logs", _options.Name)}"
            ),
        };
        await poll.UntilAsync(
            async token =>
            {
                if (await RegistryForward.AnswersAsync(published, token))
                {
                    return null;
                }

                var addresses = await AddressesAsync(token);
                foreach (var address in addresses)
                {
                    if (await RegistryForward.AnswersAsync(address, token))
                    {
                        forward = RegistryForward.Open(_options.Port, address);
                        return null;
                    }
                }

                return string.Join(", ", [published, .. addresses]);
            },
            cancellationToken
        );
        return forward;
    }

    private async Task<IReadOnlyList<IPEndPoint>> AddressesAsync(CancellationToken cancellationToken)
    {
        var networks = await NetworksAsync(cancellationToken);
        return
        [
            .. (networks ?? [])
                .Select(n => IPAddress.TryParse(networks.Child(n.Key).Text("IPAddress"), out var ip) ? ip : null)
                .OfType<IPAddress>()
                .Select(ip => new IPEndPoint(ip, InnerPort)),
        ];
    }

    /// <summary>Makes a running registry known to a cluster: to its nodes, and to the tools that look for it.</summary>
    /// <param name="cluster">The Kind cluster.</param>
    /// <param name="client">The same cluster.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">The engine or the cluster refuses or cannot be reached.</exception>
    public async Task JoinAsync(string cluster, KubernetesClient client, CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken);
        string folder = $"/etc/containerd/certs.d/{Host}";
        // Named twice: what the registry says about a missing image must not be lost in asking the node's own localhost.
        string hosts =
            $"server = \"http://{_options.Name}:{InnerPort}\"\n\n[host.\"http://{_options.Name}:{InnerPort}\"]\n";
        await OnNodesAsync(
            cluster,
            id => ["exec", "-i", id, "sh", "-c", "mkdir -p \"$1\" && cat > \"$1/hosts.toml\"", "sh", folder],
            cancellationToken,
            hosts
        );
        string announcement =
            $"host: \"{Host}\"\nhostFromContainerRuntime: \"{_options.Name}:{InnerPort}\"\n"
            + $"hostFromClusterNetwork: \"{_options.Name}:{InnerPort}\"\n"
            + "help: \"https://kind.sigs.k8s.io/docs/user/local-registry/\"\n";
        await client.ApplyAsync(
            s_announcement.ToObject(("data", new JsonObject { ["localRegistryHosting.v1"] = announcement })),
            new WriteOptions { Force = true },
            cancellationToken
        );
    }

    /// <summary>Has every node of a cluster pull an image ahead of the pods that need it: nodes can before they are ready.</summary>
    /// <param name="cluster">The Kind cluster, which was joined.</param>
    /// <param name="image">The image, by a name that begins with <see cref="Host"/> or another registry's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PlatformException">A node cannot have it.</exception>
    public Task PullAsync(string cluster, string image, CancellationToken cancellationToken)
    {
        string[] pull = ["ctr", "--namespace=k8s.io", "images", "pull", "--hosts-dir=/etc/containerd/certs.d", image];
        return OnNodesAsync(cluster, id => ["exec", id, .. pull], cancellationToken, timeout: TimeSpan.FromMinutes(5));
    }

    private async Task OnNodesAsync(
        string cluster,
        Func<string, IReadOnlyList<string>> arguments,
        CancellationToken cancellationToken,
        string? input = null,
        TimeSpan? timeout = null
    ) =>
        await Task.WhenAll(
            (await _docker.ListNodesAsync(cluster, cancellationToken))
                .Where(n => n.Node.IsRunning && n.Node.IsKubernetes)
                .Select(n => _docker.RunAsync(arguments(n.Node.ContainerId), cancellationToken, input, timeout))
        );

    /// <summary>Pushes an image that the engine has, under the same name without its own registry.</summary>
    /// <param name="image">The image, such as <c>shop/web:1.2.0</c>.</param>
    /// <param name="cancellationToken">Stops the push.</param>
    /// <returns>The name it has in every cluster that was joined.</returns>
    /// <exception cref="PlatformException">The engine does not have the image, or the registry does not run.</exception>
    public async Task<string> PushAsync(string image, CancellationToken cancellationToken)
    {
        string pushed = $"{Host}/{ImageName.WithoutHost(image)}";
        bool isTagged = pushed != image;
        if (isTagged)
        {
            await _docker.RunAsync(["tag", image, pushed], cancellationToken);
        }

        try
        {
            await _docker.RunAsync(["push", "--quiet", pushed], cancellationToken, timeout: TimeSpan.FromMinutes(10));
        }
        finally
        {
            if (isTagged)
            {
                await _docker.RunAsync(["rmi", pushed], CancellationToken.None);
            }
        }

        return pushed;
    }

    /// <summary>Removes the registry with all images in it, when a platform made it.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether it was removed.</returns>
    /// <exception cref="PlatformException">The engine is out of reach.</exception>
    public async Task<bool> RemoveAsync(CancellationToken cancellationToken)
    {
        var container = await _docker.FindContainerAsync(_options.Name, cancellationToken);
        if (container.Child("Config").Child("Labels").Text(Label) is null)
        {
            return false;
        }

        await _docker.RunAsync(["rm", "--force", "--volumes", _options.Name], cancellationToken);
        return true;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _docker.RunAsync(
                [
                    "run",
                    "--detach",
                    "--env",
                    "REGISTRY_STORAGE_DELETE_ENABLED=true", // for artifact prune
                    "--restart=unless-stopped",
                    $"--name={_options.Name}",
                    $"--label={Label}=true",
                    $"--publish=127.0.0.1:{_options.Port}:{InnerPort}",
                    _options.Image,
                ],
                cancellationToken,
                timeout: TimeSpan.FromMinutes(5)
            );
        }
        catch (ProgramException fault)
        {
            // docker has made the container before it finds that it cannot start it.
            await RemoveAsync(cancellationToken);
            throw KindFailure.OfRegistry(fault, _options);
        }
    }

    private async Task<JsonObject?> NetworksAsync(CancellationToken cancellationToken) =>
        (await _docker.FindContainerAsync(_options.Name, cancellationToken)).Child("NetworkSettings").Child("Networks");

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        if ((await NetworksAsync(cancellationToken)).Child(DockerProgram.Network) is null)
        {
            await _docker.RunAsync(["network", "connect", DockerProgram.Network, _options.Name], cancellationToken);
        }
    }

    /// <summary>What the container is set to publish, also while it does not run.</summary>
    private static int? PublishedPort(JsonObject container) =>
        container.Child("HostConfig").Child("PortBindings").Items($"{InnerPort}/tcp").FirstOrDefault().Text("HostPort")
            is { } text
        && int.TryParse(text, out int port)
            ? port
            : null;
}
