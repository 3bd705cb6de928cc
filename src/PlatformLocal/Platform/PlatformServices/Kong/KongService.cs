namespace PlatformLocal.Platform.PlatformServices.Kong;

/// <summary>Kong: an API gateway and ingress controller without a database.</summary>
internal static class KongService
{
    public static PlatformService Definition { get; } =
        new("kong", "API gateway", "Kong")
        {
            Charts = [new("kong", "https://charts.konghq.com", "3.4.1")],
            Images = ["docker.io/library/kong:3.9", "docker.io/kong/kubernetes-ingress-controller:3.5"],
        };
}
