namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>The Kind cluster a platform wants.</summary>
internal sealed record KindClusterSpec
{
    /// <summary>The platform's name; the cluster's name follows from it.</summary>
    public required string Platform { get; init; }

    /// <summary>A configuration file of kind, or the name of a built-in one: <c>local</c> or <c>node-pools</c>.</summary>
    /// <value><c>local</c> unless set.</value>
    public string Configuration { get; init; } = KindDefaults.Configuration;

    /// <summary>The node image, which decides the version of Kubernetes.</summary>
    /// <value>The one that the installed kind was released with, unless set.</value>
    public string? NodeImage { get; init; }

    /// <summary>Further names and addresses that the API server's certificate is valid for.</summary>
    /// <value>None unless set: <c>localhost</c>, <c>127.0.0.1</c>, the node's name and <c>host.docker.internal</c> are always there.</value>
    public IReadOnlyList<string> CertificateNames { get; init; } = [];

    /// <summary>The ports of the first node that are reached on the host.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<KindPort> Ports { get; init; } = [];

    /// <summary>How long the creation may take until all nodes of the control plane are ready.</summary>
    /// <value>10 minutes unless set: the node image may have to be pulled.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>A port of the first node that is reached on the host.</summary>
/// <param name="ContainerPort">The port on the node, 1 to 65535.</param>
/// <param name="HostPort">The port on the host; 0 for a free one.</param>
/// <param name="ListenAddress">The host's address.</param>
internal sealed record KindPort(int ContainerPort, int HostPort = 0, string ListenAddress = "127.0.0.1");

/// <summary>A Kind cluster as it is.</summary>
/// <param name="Name">The Kind cluster's name.</param>
/// <param name="Nodes">Its node containers.</param>
internal sealed record KindClusterStatus(string Name, IReadOnlyList<KindNode> Nodes)
{
    /// <summary>Whether all nodes run.</summary>
    public bool IsRunning => Nodes.Count > 0 && Nodes.All(n => n.IsRunning);
}

/// <summary>One node of a Kind cluster.</summary>
/// <param name="Name">The container's name.</param>
/// <param name="ContainerId">The container's id.</param>
/// <param name="Role"><c>control-plane</c>, <c>worker</c> or <c>external-load-balancer</c>.</param>
/// <param name="Image">The node image.</param>
/// <param name="CreatedAt">When the container was made.</param>
/// <param name="IsRunning">Whether the container runs.</param>
/// <param name="Address">Its address on the network of kind just now; <see langword="null"/> when it has none.</param>
/// <param name="Ports">What of it is reached on the host.</param>
internal sealed record KindNode(
    string Name,
    string ContainerId,
    string Role,
    string Image,
    DateTimeOffset CreatedAt,
    bool IsRunning,
    string? Address,
    IReadOnlyList<KindPort> Ports
)
{
    /// <summary>Whether it is a node of Kubernetes; a load balancer before several control planes is none.</summary>
    public bool IsKubernetes => Role != "external-load-balancer";
}

/// <summary>What making sure of a cluster came to.</summary>
internal enum KindClusterChange
{
    /// <summary>It was made.</summary>
    Created,

    /// <summary>It was there as wanted and was not touched.</summary>
    Unchanged,

    /// <summary>It was there as wanted and its stopped nodes were started.</summary>
    Started,
}

/// <summary>A platform's Kind cluster.</summary>
/// <param name="Name">The Kind cluster's name.</param>
/// <param name="Change">What was done.</param>
/// <param name="Kubeconfig">The file to reach it with from the host.</param>
/// <param name="Ports">The ports of the first node on the host, with those that were found free.</param>
internal sealed record KindCluster(
    string Name,
    KindClusterChange Change,
    string Kubeconfig,
    IReadOnlyList<KindPort> Ports
);
