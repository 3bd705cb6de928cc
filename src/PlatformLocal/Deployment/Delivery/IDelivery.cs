namespace PlatformLocal.Deployment.Delivery;

/// <summary>A way of getting built environments into a cluster.</summary>
public interface IDelivery
{
    /// <summary>Which way it is.</summary>
    DeliveryKind Kind { get; }

    /// <summary>Says what <see cref="DeliverAsync"/> would create, change and prune, and changes nothing.</summary>
    /// <param name="request">The whole environment as it should be.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The cluster refuses an object, or cannot be reached.</exception>
    Task<IReadOnlyList<ObjectChange>> PlanAsync(DeliveryRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Gets all objects into the cluster in order of their dependencies, prunes what the previous delivery had and this
    /// one lacks, whoever delivered it, and waits until every object is ready. Delivering the same request again changes
    /// nothing.
    /// </summary>
    /// <param name="request">The whole environment as it should be.</param>
    /// <param name="progress">Is told of every service's progress, from several threads.</param>
    /// <param name="cancellationToken">Stops waiting and applying; what was applied stays and is known to the next delivery.</param>
    /// <exception cref="PlatformException">
    /// An object was refused or did not become ready in time: the message says which, with its conditions and last events.
    /// </exception>
    Task<DeliveryResult> DeliverAsync(
        DeliveryRequest request,
        IProgress<ServiceProgress> progress,
        CancellationToken cancellationToken
    );
}
