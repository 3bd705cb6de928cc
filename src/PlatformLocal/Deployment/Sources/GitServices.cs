using PlatformLocal.Deployment.Registries;
using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Deployment.Sources;

/// <summary>The services of git repositories: one repository may have many.</summary>
internal sealed class GitServices(GitClones clones, ContentFolders contents)
{
    /// <summary>The services that a repository has in its default branch, with the versions that it has tags of.</summary>
    /// <returns>The services, and what is odd but no fault as whole sentences.</returns>
    /// <exception cref="PlatformException">The repository cannot be fetched and never was, or has no services there.</exception>
    public async Task<(IReadOnlyList<SourcedService> Services, IReadOnlyList<string> Warnings)> ListAsync(
        GitServiceSource source,
        SourceUse use,
        CancellationToken cancellationToken
    )
    {
        var (clone, warning) = await clones.GetAsync(source.Repository, use, cancellationToken);
        var warnings = new List<string>();
        if (warning is not null)
        {
            warnings.Add(warning);
        }

        var names = await clones.ListAsync(clone, $"{GitClones.Default}:{source.Path}", cancellationToken);
        var folders = names.Select(n => Join(source.Path, n)).Prepend(source.Path).ToList();
        var files = folders.ConvertAll(f => $"{GitClones.Default}:{Join(f, WorkspaceReader.ServiceFile)}");
        var texts = await clones.ReadAsync(clone, files, cancellationToken);
        var tags = await clones.TagsAsync(clone, cancellationToken);
        var services = new List<SourcedService>();
        foreach (var (folder, file) in folders.Zip(files))
        {
            if (texts.GetValueOrDefault(file) is not { } text)
            {
                continue;
            }

            var place = $"{source.Repository}, {Join(folder, WorkspaceReader.ServiceFile)}";
            var name = WorkspaceReader.ParseService(text, place, folder: "").Name;
            services.Add(
                new GitService(clones, contents, clone, source.Repository, folder, tags)
                {
                    Name = name,
                    Source = source.Repository,
                    Versions = TagVersions.In(GitTags.Of(name, tags.Keys)),
                }
            );
        }

        return services.Count > 0
            ? (services, warnings)
            : throw new PlatformException(
                FailureKind.InvalidInput,
                $"The git repository {source.Repository} has no services in '{source.Path}' of its default branch.",
                $"Name in spec.serviceSources the folder with a {WorkspaceReader.ServiceFile}, or with folders that have one."
            );
    }

    private static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    private sealed class GitService(
        GitClones clones,
        ContentFolders contents,
        string clone,
        string repository,
        string folder,
        IReadOnlyDictionary<string, string> tags
    ) : SourcedService
    {
        public override int MostAtOnce => 4096;

        public override async Task<IReadOnlyDictionary<PlatformVersion, DefinitionText>> ReadAsync(
            IReadOnlyList<PlatformVersion> versions,
            CancellationToken cancellationToken
        )
        {
            var file = Join(folder, WorkspaceReader.ServiceFile);
            var texts = await clones.ReadAsync(
                clone,
                [.. versions.Select(v => $"{CommitOf(v)}:{file}")],
                cancellationToken
            );
            return versions
                .Where(v => texts.ContainsKey($"{CommitOf(v)}:{file}"))
                .ToDictionary(
                    v => v,
                    v => new DefinitionText(
                        texts[$"{CommitOf(v)}:{file}"],
                        $"{repository}, {file} at the tag {GitTags.TagOf(Name, v.Text, tags)}",
                        $"{repository}{(folder.Length > 0 ? "//" + folder : "")}?ref={CommitOf(v)}"
                    )
                );
        }

        public override Task<string> FetchAsync(
            PlatformVersion version,
            ServiceDefinition definition,
            CancellationToken cancellationToken
        ) =>
            clones.WriteAsync(
                clone,
                $"{CommitOf(version)}:{folder}",
                contents,
                $"{Name} {version} of {repository}",
                cancellationToken
            );

        private string CommitOf(PlatformVersion version) => tags[GitTags.TagOf(Name, version.Text, tags)];
    }
}
