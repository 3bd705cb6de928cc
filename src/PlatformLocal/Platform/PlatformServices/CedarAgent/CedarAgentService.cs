namespace PlatformLocal.Platform.PlatformServices.CedarAgent;

/// <summary>cedar-agent: answers who may do what, from policies and data in its memory.</summary>
internal static class CedarAgentService
{
    public static PlatformService Definition { get; } =
        new("cedar-agent", "authorization by Cedar policies", "CedarAgent")
        {
            Version = "0.2.1",
            HasManifests = true,
            Images = ["docker.io/permitio/cedar-agent:0.2.1"],
            Timeout = TimeSpan.FromMinutes(5),
        };
}
