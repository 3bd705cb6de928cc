namespace EmbeddedKubernetes.Resources;

/// <summary>The version this server claims to be.</summary>
internal static class ServerVersion
{
    public const string Git = "v1.36.0-embedded";

    public static JsonObject ToJson() =>
        new()
        {
            ["major"] = "1",
            ["minor"] = "36",
            ["gitVersion"] = Git,
            ["gitCommit"] = "",
            ["gitTreeState"] = "clean",
            ["buildDate"] = "1970-01-01T00:00:00Z",
            ["goVersion"] = "",
            ["compiler"] = "dotnet",
            ["platform"] = "embedded/simulated",
        };
}
