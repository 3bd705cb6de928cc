using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>How <see cref="DirectDelivery"/> behaves.</summary>
public sealed record DirectDeliveryOptions
{
    /// <summary>The field manager that owns what is delivered.</summary>
    /// <value><c>platform-local</c> unless set.</value>
    public string FieldManager { get; init; } = "platform-local";

    /// <summary>How many requests are under way at once.</summary>
    /// <value>16 unless set.</value>
    public int Parallelism { get; init; } = 16;

    /// <summary>How often a container must have been restarted until a crash loop fails its service.</summary>
    /// <value>3 unless set.</value>
    public int CrashLoopRestarts { get; init; } = 3;

    /// <summary>How long an image may fail to be pulled until that fails its service.</summary>
    /// <value>45 seconds unless set: people hear of it within a minute.</value>
    public TimeSpan ImagePullPatience { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>How long a namespace that is being deleted may take until it can be made again.</summary>
    /// <value>2 minutes unless set.</value>
    public TimeSpan NamespaceTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the removal of an environment may take.</summary>
    /// <value>5 minutes unless set.</value>
    public TimeSpan RemovalTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The service account that delivers, where it has rights in the namespaces of environments only.</summary>
    /// <value>Nobody: whoever delivers may do so everywhere, unless set.</value>
    public DeliveryAccount? Account { get; init; }

    /// <summary>The namespace in which objects are tried whose own is not there yet.</summary>
    /// <value><c>default</c> unless set.</value>
    public string TrialNamespace { get; init; } = "default";

    /// <summary>Tells how registries with builds for Flux are talked to.</summary>
    /// <value>As all registries unless set.</value>
    public Func<CancellationToken, Task<RegistryOptions>>? Registries { get; init; }

    /// <summary>The clock of timeouts.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal WriteOptions Write => new() { FieldManager = FieldManager, Force = true };

    internal WriteOptions WriteOf(DesiredObject desired) =>
        desired.FieldManager is { } manager ? Write with { FieldManager = manager } : Write;
}

/// <summary>A service account that gives itself a role in each environment's namespace, and has no rights in others.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Role">The ClusterRole that it may bind, and does in the namespaces of environments.</param>
public sealed record DeliveryAccount(string Namespace, string Name, string Role);
