using PlatformLocal.Platform.State;

namespace PlatformLocal.Server;

/// <summary>How a platform is served.</summary>
public sealed record ServeOptions
{
    /// <summary>The platform's state folder.</summary>
    public required StateFolder State { get; init; }

    /// <summary>The workspace's folder; <see langword="null"/> for one that is uploaded.</summary>
    public required string? Workspace { get; init; }

    /// <summary>The version of the serving program.</summary>
    public required string Version { get; init; }

    /// <summary>The port of the API on 127.0.0.1.</summary>
    /// <value>0, a free one, unless set.</value>
    public int Port { get; init; }

    /// <summary>What is different in a pod; <see langword="null"/> on the host.</summary>
    public ReplicaOptions? Replica { get; init; }

    /// <summary>How environments are delivered whose claims do not say it; <see langword="null"/> to let the workspace say.</summary>
    public DeliveryKind? Delivery { get; init; }

    /// <summary>The clock of everything in the platform.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>How one of several replicas in the platform's cluster is served.</summary>
public sealed record ReplicaOptions
{
    /// <summary>How the replicas agree on who leads.</summary>
    public required LeaderElectionOptions Election { get; init; }

    /// <summary>The bearer token of the API, the same for all replicas.</summary>
    public required string Token { get; init; }

    /// <summary>The object store that claims are kept in; <see langword="null"/> for the state folder.</summary>
    public S3ObjectStoreOptions? ObjectStore { get; init; }

    /// <summary>How the cluster is reached.</summary>
    public required KubernetesClient Kubernetes { get; init; }
}

/// <summary>The cluster that a platform is served on.</summary>
/// <param name="Kind">What it is made of, as <c>--cluster</c> calls it.</param>
/// <param name="IsSimulated">Whether workloads are simulated.</param>
/// <param name="Since">When the serving process started.</param>
internal sealed record ServedCluster(string Kind, bool IsSimulated, DateTimeOffset Since);
