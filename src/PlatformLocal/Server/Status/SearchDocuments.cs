namespace PlatformLocal.Server.Status;

/// <summary>What can be searched of an environment.</summary>
internal static class SearchDocuments
{
    public static SearchDocument Of(EnvironmentDocument environment) =>
        new(
            environment.EnvironmentName,
            [
                Field("name", environment.EnvironmentName),
                Field("user", environment.User),
                Field("type", environment.EnvironmentType),
                Field("phase", environment.Phase.ToString()),
                .. environment.Services.Select(s => Field("service", $"{s.Name} {s.Version}")),
            ]
        );

    private static KeyValuePair<string, string> Field(string name, string? text) => new(name, text ?? "");
}
