namespace PlatformLocal.Platform.PlatformServices.Flux;

/// <summary>The release of Flux that the platform installs.</summary>
internal static class FluxRelease
{
    /// <summary>Its version.</summary>
    public const string Version = "v2.9.4";

    /// <summary>Its namespace.</summary>
    public const string Namespace = "flux-system";

    /// <summary>The oldest minor version of Kubernetes 1 that it runs on.</summary>
    public const int OldestKubernetes = 33;

    /// <summary>Its manifests: kinds, roles and controllers.</summary>
    public static Uri Manifests { get; } =
        new($"https://github.com/fluxcd/flux2/releases/download/{Version}/install.yaml");

    /// <summary>The images of its controllers.</summary>
    public static IReadOnlyList<string> Images { get; } =
    [
        "ghcr.io/fluxcd/source-controller:v1.9.1",
        "ghcr.io/fluxcd/kustomize-controller:v1.9.4",
        "ghcr.io/fluxcd/helm-controller:v1.6.3",
        "ghcr.io/fluxcd/notification-controller:v1.9.3",
    ];

    /// <summary>About how much memory it takes, in MiB.</summary>
    public const int Memory = 256;

    /// <summary>The refusal of a cluster that is too old.</summary>
    /// <param name="found">What the cluster has, as in <c>the cluster has v1.20.2</c>.</param>
    public static PlatformException TooOld(string found) =>
        new(
            FailureKind.InvalidInput,
            $"Flux {Version}, which installs the platform services, needs Kubernetes 1.{OldestKubernetes} or newer; this is {found}.",
            "Take a newer cluster (on Kind: another --node-image), or do without: --services none, or --delivery direct "
                + "with services that are no charts."
        );
}
