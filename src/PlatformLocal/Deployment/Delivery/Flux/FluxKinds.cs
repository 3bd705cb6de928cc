namespace PlatformLocal.Deployment.Delivery.Flux;

/// <summary>The names by which Flux is asked.</summary>
public static class FluxKinds
{
    /// <summary>Group and version of sources.</summary>
    public const string SourceVersion = "source.toolkit.fluxcd.io/v1";

    /// <summary>Group and version of Kustomizations.</summary>
    public const string KustomizeVersion = "kustomize.toolkit.fluxcd.io/v1";

    /// <summary>Group and version of releases of charts.</summary>
    public const string HelmVersion = "helm.toolkit.fluxcd.io/v2";

    /// <summary>The kind of sources that are artifacts of a registry.</summary>
    public const string OciRepository = "OCIRepository";

    /// <summary>The kind that applies a folder of a source.</summary>
    public const string Kustomization = "Kustomization";

    /// <summary>Annotation: another value asks for a reconciliation now.</summary>
    public const string RequestedAt = "reconcile.fluxcd.io/requestedAt";

    /// <summary>The finalizer of Flux's controllers.</summary>
    public const string Finalizer = "finalizers.fluxcd.io";

    /// <summary>The field manager of what Kustomizations apply.</summary>
    public const string FieldManager = "kustomize-controller";

    /// <summary>Label: the Kustomization that applied an object.</summary>
    public const string OwnerName = "kustomize.toolkit.fluxcd.io/name";

    /// <summary>Label: the namespace of the Kustomization that applied an object.</summary>
    public const string OwnerNamespace = "kustomize.toolkit.fluxcd.io/namespace";

    /// <summary>Annotation: <c>disabled</c> keeps an object that its source no longer has.</summary>
    public const string Prune = "kustomize.toolkit.fluxcd.io/prune";

    /// <summary>Annotation: <c>disabled</c> leaves an object out of substitution.</summary>
    public const string Substitute = "kustomize.toolkit.fluxcd.io/substitute";
}
