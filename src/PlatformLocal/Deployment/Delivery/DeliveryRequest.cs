namespace PlatformLocal.Deployment.Delivery;

/// <summary>An environment as it should be in the cluster.</summary>
public sealed record DeliveryRequest
{
    /// <summary>The environment's name.</summary>
    public required string Environment { get; init; }

    /// <summary>The namespace that all namespaced objects are in, such as <c>env-shop</c>; made when missing.</summary>
    public required string Namespace { get; init; }

    /// <summary>The services in any order.</summary>
    public required IReadOnlyList<ServiceDelivery> Services { get; init; }

    /// <summary>What the environment has beside its services, such as quotas; applied before any service.</summary>
    /// <value>Nothing unless set.</value>
    public IReadOnlyList<JsonObject> Objects { get; init; } = [];

    /// <summary>Is given what is asked of somebody else who delivers, such as Flux, to be kept for people.</summary>
    /// <value>Nobody keeps it unless set.</value>
    public Func<JsonObject, CancellationToken, Task>? Keep { get; init; }

    /// <summary>Since when it is waited for, where others may join the wait.</summary>
    /// <value>Each wait counts from its own beginning unless set.</value>
    public WaitClock? Clock { get; init; }

    /// <summary>Whether what was before is put back: then editing manifests would make something else of it.</summary>
    public bool IsPutBack { get; init; }

    /// <summary>Labels and annotations-free metadata for the namespace object itself.</summary>
    public IReadOnlyDictionary<string, string> NamespaceLabels { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>One service's share of a <see cref="DeliveryRequest"/>.</summary>
public sealed record ServiceDelivery
{
    /// <summary>The service's name.</summary>
    public required string Name { get; init; }

    /// <summary>The exact version that is delivered.</summary>
    public required string Version { get; init; }

    /// <summary>Names of services of the same request that must be ready before this one is applied.</summary>
    public required IReadOnlyList<string> DependsOn { get; init; }

    /// <summary>The rendered objects: labelled, with their namespace set.</summary>
    public required IReadOnlyList<JsonObject> Objects { get; init; }

    /// <summary>Where the manifests of objects can be edited: file and line, for each of <see cref="Objects"/> of which that is known.</summary>
    /// <value>Of none unless set: their version comes from elsewhere, where it stays as it is.</value>
    public IReadOnlyDictionary<JsonObject, string> Places { get; init; } = new Dictionary<JsonObject, string>();

    /// <summary>What remains to be done when all its objects are ready; the service is ready only after it. Is told what happens.</summary>
    /// <value>Nothing unless set.</value>
    public Func<Action<string>, CancellationToken, Task>? AfterReady { get; init; }

    /// <summary>How long this service may take to become ready once it is applied.</summary>
    /// <value>5 minutes unless set.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>One service's progress, or what the whole environment waits for.</summary>
/// <param name="Service">The service's name; empty when it is about the environment itself.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="Message">A short sentence: what it waits for, or why it failed.</param>
public sealed record ServiceProgress(string Service, ServicePhase Phase, string? Message)
{
    /// <summary>Why what it waits for is not ready, as far as it is known.</summary>
    public IReadOnlyList<CauseDocument> Causes { get; init; } = [];

    /// <summary>What the whole environment waits for.</summary>
    /// <param name="causes">Why.</param>
    public static ServiceProgress OfEnvironment(IReadOnlyList<CauseDocument> causes) =>
        new("", ServicePhase.Waiting, Message: null) { Causes = causes };
}

/// <summary>What a delivery did.</summary>
/// <param name="Changes">One entry per object, unchanged ones included.</param>
public sealed record DeliveryResult(IReadOnlyList<ObjectChange> Changes)
{
    /// <summary>What is not as the delivery wants it although it is done, because others hold it or serve it: whole sentences.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}
