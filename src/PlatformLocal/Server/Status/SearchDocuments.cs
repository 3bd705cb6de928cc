namespace PlatformLocal.Server.Status;

/// <summary>What can be searched of an environment.</summary>
internal static class SearchDocuments
{
    private static readonly string[] s_fields = ["name", "user", "type", "phase", "service"];

    /// <summary>Refuses a query within a field that no environment has: it would find nothing, whatever there is.</summary>
    /// <exception cref="PlatformException">There is no such field.</exception>
    public static void RequireFields(string query)
    {
        foreach (var word in query.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (
                word.IndexOf(':', StringComparison.Ordinal) is var colon and > 0
                && !s_fields.Contains(word[..colon], StringComparer.OrdinalIgnoreCase)
            )
            {
                throw new PlatformException(
                    FailureKind.InvalidInput,
                    $"Environments have no '{word[..colon]}' to search.",
                    $"Search within {string.Join(", ", s_fields[..^1])} or {s_fields[^1]}, or for a word alone."
                );
            }
        }
    }

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
