using Pipelines.Tests.Testing;

namespace Pipelines.Tests.Modules;

/// <summary>The tutorial of docs/pipelines.md, as it stands there, in an empty folder.</summary>
public sealed class TemplateTests(LoopbackEngine engine) : IClassFixture<LoopbackEngine>
{
    [Fact]
    public async Task The_tutorial_leads_from_an_empty_folder_to_a_module_that_answers()
    {
        engine.SkipIfMissing();
        using var folder = new TemporaryFolder();
        await using var dagger = new DaggerStandIn(engine);

        var run = await ModuleProgram.BuildingAsync(() =>
            LocalProcess.RunAsync(
                "sh",
                ["-ec", Tutorial()],
                folder.Path,
                new Dictionary<string, string>
                {
                    ["PATH"] = $"{dagger.Folder}:{Environment.GetEnvironmentVariable("PATH")}",
                    ["PLATFORM_LOCAL"] = Repository.Root,
                    // Templates are installed for this test alone.
                    ["DOTNET_CLI_HOME"] = System.IO.Path.Combine(folder.Path, ".home"),
                    ["NUGET_PACKAGES"] = NuGetPackages(),
                }
            )
        );

        run.ExitCode.Should().Be(0, run.Output + run.Errors);
        run.Output.Should()
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

    // What stands between ```sh tutorial and ```, as one shell would see it.
    private static string Tutorial() =>
        string.Concat(
            System
                .IO.File.ReadAllText(Repository.PathOf("docs", "pipelines.md"))
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
