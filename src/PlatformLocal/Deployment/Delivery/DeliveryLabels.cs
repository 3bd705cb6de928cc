namespace PlatformLocal.Deployment.Delivery;

/// <summary>The labels and annotations by which a delivery knows its objects.</summary>
public static class DeliveryLabels
{
    /// <summary>Label: the environment an object was delivered for.</summary>
    public const string Environment = "platform.local/environment";

    /// <summary>Label: the service an object belongs to.</summary>
    public const string Service = "platform.local/service";

    /// <summary>
    /// Beginning of annotations of objects outside of namespaces: one for each environment that brings the object, such as
    /// <c>environments.platform.local/shop</c>, with the service, its version and the digest of what it brings.
    /// </summary>
    public const string Share = "environments.platform.local/";

    /// <summary>Annotation: the digest of what was delivered.</summary>
    public const string ContentHash = "platform.local/content-hash";

    /// <summary>
    /// Annotation: <c>disabled</c> keeps an object that is no longer delivered; <c>enabled</c> prunes even those kinds
    /// that are kept otherwise because they hold data or serve others.
    /// </summary>
    public const string Prune = "platform.local/prune";

    /// <summary>
    /// Annotation: <c>enabled</c> lets an object be deleted and made again when a field changes that cannot be changed.
    /// Jobs are always made again: a job whose template changed is another job. What holds data needs
    /// <see cref="Prune"/> beside it.
    /// </summary>
    public const string Recreate = "platform.local/recreate";

    /// <summary>Annotation: what Flux calls <see cref="Recreate"/>; it means the same here.</summary>
    public const string FluxForce = "kustomize.toolkit.fluxcd.io/force";
}
