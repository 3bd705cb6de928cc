using System.Text;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Testing;

/// <summary>A real git repository in a folder.</summary>
public sealed class GitRepository(string folder)
{
    public string Folder => folder;

    public static async Task<GitRepository> CreateAsync(string folder)
    {
        Assert.SkipUnless(Programs.Has("git"), "git is not installed");
        var repository = new GitRepository(Directory.CreateDirectory(folder).FullName);
        await repository.RunAsync("init", "--quiet", "--initial-branch=main");
        return repository;
    }

    public void Write(string relative, string content)
    {
        var file = Path.Combine(folder, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
    }

    /// <summary>Writes a service with one ConfigMap, which holds a text.</summary>
    public void WriteService(string path, string name, string text, string more = "")
    {
        Write(
            $"{path}/service.yaml",
            $"""
            apiVersion: platform.local/v1alpha1
            kind: ServiceDefinition
            metadata: [[name: {name}]]
            spec:
              image: docker-releases/{name}
              manifests: infrastructure
            {more}
            """.Replace("[[", "{").Replace("]]", "}")
        );
        Write(
            $"{path}/infrastructure/objects.yaml",
            $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{text: \"{text}\"}}\n"
        );
    }

    /// <summary>Commits everything and tags it.</summary>
    public async Task TagAsync(params string[] tags)
    {
        await RunAsync("add", "--all");
        await RunAsync("commit", "--quiet", "--allow-empty", "--message", string.Join(' ', tags));
        foreach (var tag in tags)
        {
            await RunAsync("tag", "--force", "--annotate", tag, "--message", tag);
        }
    }

    public async Task TagHeadAsync(IEnumerable<string> tags)
    {
        var head = (await RunAsync("rev-parse", "HEAD")).Trim();
        var updates = new StringBuilder();
        foreach (var tag in tags)
        {
            updates.Append($"create refs/tags/{tag} {head}\n");
        }

        await FeedAsync(updates.ToString(), "update-ref", "--stdin");
    }

    public async Task<string> CommitOfAsync(string revision) =>
        (await RunAsync("rev-parse", revision + "^{commit}")).Trim();

    public Task<string> RunAsync(params string[] arguments) => FeedAsync(null, arguments);

    private async Task<string> FeedAsync(string? input, params string[] arguments) =>
        (
            await new ProgramRunner(TimeProvider.System).RunAsync(
                new ProgramCommand
                {
                    Program = "git",
                    Arguments =
                    [
                        "-C",
                        folder,
                        "-c",
                        "user.name=tests",
                        "-c",
                        "user.email=tests@example.org",
                        .. arguments,
                    ],
                    StandardInput = input,
                },
                TestContext.Current.CancellationToken
            )
        ).Output;
}
