namespace PlatformLocal.Platform.PlatformServices.CertManager;

/// <summary>cert-manager: certificates for whatever asks for one.</summary>
internal static class CertManagerService
{
    public static PlatformService Definition { get; } =
        new("cert-manager", "certificates", "CertManager")
        {
            Charts =
            [
                new("cert-manager", "oci://quay.io/jetstack/charts/cert-manager", "v1.21.1")
                {
                    Namespace = "cert-manager",
                },
            ],
            HasManifests = true,
            Images =
            [
                "quay.io/jetstack/cert-manager-controller:v1.21.1",
                "quay.io/jetstack/cert-manager-webhook:v1.21.1",
                "quay.io/jetstack/cert-manager-cainjector:v1.21.1",
                "quay.io/jetstack/cert-manager-startupapicheck:v1.21.1",
            ],
        };
}
