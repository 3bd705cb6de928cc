namespace PlatformLocal.Deployment.Delivery;

/// <summary>Gets the rendered manifests of an environment into a cluster, and out of it.</summary>
public interface IDelivery
{
    /// <summary>Says what <see cref="DeliverAsync"/> would create, change and prune, and changes nothing.</summary>
    /// <param name="request">The whole environment as it should be.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PlatformException">The cluster refuses an object, or cannot be reached.</exception>
    Task<IReadOnlyList<ObjectChange>> PlanAsync(DeliveryRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Applies all objects in order of their dependencies, prunes what the previous delivery had and this one lacks,
    /// and waits until every object is ready. Delivering the same request again changes nothing.
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

    /// <summary>Deletes everything that was delivered for an environment, its namespace last, and waits until it is gone.</summary>
    /// <param name="environment">The environment's name.</param>
    /// <param name="targetNamespace">The namespace it was delivered into.</param>
    /// <param name="cancellationToken">Stops waiting; deletions already asked for go on.</param>
    /// <exception cref="PlatformException">Something could not be deleted in time; names what remains and its finalizers.</exception>
    Task RemoveAsync(string environment, string targetNamespace, CancellationToken cancellationToken);
}
