namespace PlatformLocal.Platform.PlatformServices.Opal;

/// <summary>OPAL: brings policies from a git repository to cedar-agent.</summary>
internal static class OpalService
{
    public static PlatformService Definition { get; } =
        new("opal", "policies from git for cedar-agent", "Opal")
        {
            DependsOn = ["cedar-agent"],
            Charts = [new("opal", "https://permitio.github.io/opal-helm-chart", "0.0.30")],
            Images = ["docker.io/permitio/opal-server:0.7.12", "docker.io/permitio/opal-client-cedar:0.7.12"],
            RequiredValues = ["server.policyRepoUrl"],
        };
}
