using Pipelines.Tests.Testing;
using PlatformLocal.Testing;

namespace Pipelines.Tests.Modules;

/// <summary>The tutorial of docs/pipelines.md, as it stands there, in an empty folder.</summary>
public sealed class TemplateTests(LoopbackEngine engine) : IClassFixture<LoopbackEngine>
{
    [Fact]
    public async Task The_tutorial_leads_from_an_empty_folder_to_a_module_that_answers()
    {
        engine.SkipIfMissing();
        await using var dagger = new DaggerStandIn(engine);

        var output = await FollowAsync($"{dagger.Folder}:{Environment.GetEnvironmentVariable("PATH")}");

        output
            .Should()
            .EndWith(
                """
                count-words	The number of words in a text.
                echo	Says something in a container.
                sources	The names of the C# files in a directory.
                Hi

                3

                """
            );
    }

    [Fact]
    public async Task The_tutorial_works_with_the_real_program_and_its_engine()
    {
        RealEngine.SkipIfMissing();

        var output = await FollowAsync(Environment.GetEnvironmentVariable("PATH")!);

        output.Should().MatchRegex("count-words +The number of words in a text");
        output.Should().EndWith("Hi\n3");
    }

    private static async Task<string> FollowAsync(string path)
    {
        using var folder = new TemporaryFolder();
        using var source = new TemporaryFolder();
        await CommitSourcesAsync(source.Path);
        var run = await ModuleProgram.BuildingAsync(() =>
            LocalProcess.RunAsync(
                "sh",
                ["-ec", Tutorial()],
                folder.Path,
                new Dictionary<string, string>
                {
                    ["PATH"] = path,
                    ["PLATFORM_LOCAL"] = source.Path,
                    // Templates are installed for this test alone.
                    ["DOTNET_CLI_HOME"] = System.IO.Path.Combine(folder.Path, ".home"),
                    ["NUGET_PACKAGES"] = NuGetPackages(),
                }
            )
        );
        run.ExitCode.Should().Be(0, run.Output + run.Errors);
        return run.Output;
    }

    // The repository as it is here and now, also what was not committed yet.
    private static async Task CommitSourcesAsync(string folder)
    {
        const string commit = """
            git -C "$1" ls-files -z --cached --others --exclude-standard |
              tar -C "$1" --null --files-from=- --ignore-failed-read -cf - 2>/dev/null | tar -xf -
            git init --quiet
            git add --all
            git -c user.name=tests -c user.email=tests@localhost commit --quiet --message "All of it"
            """;
        var run = await LocalProcess.RunAsync("sh", ["-ec", commit, "sh", SourceTree.Root], folder);
        Assert.SkipUnless(run.ExitCode == 0, $"The sources are in no git repository: {run.Errors}");
    }

    // What stands between ```sh tutorial and ```, as one shell would see it.
    private static string Tutorial() =>
        string.Concat(
            System
                .IO.File.ReadAllText(SourceTree.PathOf("docs", "pipelines.md"))
                .Split("```sh tutorial\n")
                .Skip(1)
                .Select(block => block.Split("```")[0])
        );

    private static string NuGetPackages() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? System.IO.Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
            ".nuget",
            "packages"
        );
}
