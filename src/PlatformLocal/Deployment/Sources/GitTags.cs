namespace PlatformLocal.Deployment.Sources;

/// <summary>The tags of git repositories, by the program git.</summary>
internal sealed class GitTags(ProgramRunner programs)
{
    private const string Prefix = "refs/tags/";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>The tags of a repository that are for a service: <c>service/1.2.3</c> in one of many services, else all.</summary>
    /// <exception cref="PlatformException">The repository is not there or does not answer.</exception>
    public async Task<IReadOnlyList<string>> ListAsync(
        string repository,
        string service,
        CancellationToken cancellationToken
    )
    {
        var result = await programs.RunAnyAsync(
            new ProgramCommand
            {
                Program = "git",
                Arguments = ["ls-remote", "--tags", "--refs", "--", repository],
                Environment = GitClones.Environment,
                Timeout = s_limit,
            },
            cancellationToken
        );
        if (result.ExitCode != 0)
        {
            throw new PlatformException(
                $"The tags of the git repository {repository} cannot be read: {LastLine(result.Error)}",
                "Is the address right, and may you read it? Try: git ls-remote " + repository
            );
        }

        var tags = result
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l =>
                l.IndexOf(Prefix, StringComparison.Ordinal) is >= 0 and var at ? l[(at + Prefix.Length)..] : ""
            )
            .Where(t => t.Length > 0)
            .ToList();
        return Of(service, tags);
    }

    /// <summary>The tags that are for a service, without its name: <c>service/1.2.3</c> where there are such, else all.</summary>
    public static IReadOnlyList<string> Of(string service, IEnumerable<string> tags)
    {
        var all = tags.ToList();
        var own = all.Where(t => t.StartsWith(service + "/", StringComparison.Ordinal)).ToList();
        return own.Count > 0 ? own.ConvertAll(t => t[(service.Length + 1)..]) : all;
    }

    /// <summary>The tag of one of the versions that <see cref="Of"/> gave.</summary>
    public static string TagOf(string service, string version, IReadOnlyDictionary<string, string> tags) =>
        tags.ContainsKey($"{service}/{version}") ? $"{service}/{version}" : version;

    private static string LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
        ?? "git said nothing";
}
