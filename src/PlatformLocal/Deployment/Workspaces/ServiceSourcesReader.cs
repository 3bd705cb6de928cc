using PlatformLocal.Deployment.Registries;

namespace PlatformLocal.Deployment.Workspaces;

/// <summary>Reads <c>spec.serviceSources</c> of <c>platform.yaml</c>.</summary>
internal static class ServiceSourcesReader
{
    /// <summary>Where services come from besides the workspace's own folder.</summary>
    /// <param name="spec">The object with the property, or <see langword="null"/>.</param>
    /// <param name="folder">The workspace's folder: relative paths of repositories begin there.</param>
    public static IReadOnlyList<ServiceSource> Read(ObjectReader? spec, string folder)
    {
        var sources = new List<ServiceSource>();
        foreach (var reader in spec?.Objects("serviceSources") ?? [])
        {
            var (git, oci) = (reader.Text("git"), reader.Text("oci"));
            var (path, services) = (reader.Text("path"), reader.Texts("services"));
            reader.RefuseOthers();
            if ((git is null) == (oci is null))
            {
                reader.Fault("git", "or oci is required, and only one of them");
            }
            else if (git is not null)
            {
                RefuseIf(services.Count > 0, reader, "services", "is for oci: a repository says itself what is in it");
                RefuseIf(
                    !IsRepository(git),
                    reader,
                    "git",
                    $"'{git}' is no repository: write an address, or a path that begins with / or ."
                );
                RefuseIf(
                    HasSecret(git),
                    reader,
                    "git",
                    "has a password or token in it, which locks and messages would show: leave it to git's credential helper"
                );
                RefuseIf(
                    path is not null && !IsFolder(path),
                    reader,
                    "path",
                    $"'{path}' is no folder inside of the repository"
                );
                var repository = git.StartsWith('.') ? Path.GetFullPath(git, folder) : git;
                sources.Add(new GitServiceSource(repository, (path ?? "").Trim('/')));
            }
            else
            {
                RefuseIf(path is not null, reader, "path", "is for git");
                RefuseIf(
                    !RepositoryName.TryParse($"{oci}/any", out _),
                    reader,
                    "oci",
                    $"'{oci}' is no host of a registry such as localhost:5001"
                );
                RefuseIf(services.Count == 0, reader, "services", "is required: the names of the services");
                foreach (var service in services)
                {
                    RefuseIf(
                        Names.FaultOf(service) is not null,
                        reader,
                        "services",
                        $"'{service}' is no service's name"
                    );
                }

                sources.Add(new ArtifactServiceSource(oci!, services));
            }
        }

        return sources;
    }

    // Over HTTP a user alone is a token, as is what comes after a question mark; over SSH it is a user.
    private static bool HasSecret(string git) =>
        Uri.TryCreate(git, UriKind.Absolute, out var address)
        && (
            address.UserInfo.Contains(':', StringComparison.Ordinal)
            || (
                (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
                && (address.UserInfo.Length > 0 || address.Query.Length > 0)
            )
        );

    // What begins with a dash would be taken for an option of git.
    private static bool IsRepository(string text) =>
        text.Length > 0
        && text[0] != '-'
        && !text.Any(char.IsControl)
        && (text[0] is '/' or '.' || text.Contains(':', StringComparison.Ordinal));

    private static bool IsFolder(string text) =>
        !text.Any(char.IsControl)
        && !text.Contains(':', StringComparison.Ordinal)
        && text.Trim('/').Split('/').All(p => p is not ("" or "." or ".."));

    private static void RefuseIf(bool isWrong, ObjectReader reader, string name, string message)
    {
        if (isWrong)
        {
            reader.Fault(name, message);
        }
    }
}
