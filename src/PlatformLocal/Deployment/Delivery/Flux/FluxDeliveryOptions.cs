namespace PlatformLocal.Deployment.Delivery.Flux;

/// <summary>How <see cref="FluxDelivery"/> behaves.</summary>
public sealed record FluxDeliveryOptions
{
    /// <summary>The platform's name: builds of several platforms may be in one registry.</summary>
    public required string Platform { get; init; }

    /// <summary>The host of the registry that builds are pushed to, such as <c>localhost:5001</c>.</summary>
    public required string Registry { get; init; }

    /// <summary>How long Flux's controllers may take to take note of what they are asked for.</summary>
    /// <value>45 seconds unless set: people hear within a minute that they do not run.</value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(45);
}
