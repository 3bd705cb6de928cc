using System.Text.Json;
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
        var tutorial = TutorialCommands();
        tutorial.Should().HaveCountGreaterThan(3);
        foreach (var (command, number) in tutorial.Select((c, i) => (c, i)))
        {
            var run = await ModuleProgram.BuildingAsync(() =>
                LocalProcess.RunAsync(
                    "sh",
                    ["-ec", command],
                    folder.Path,
                    new Dictionary<string, string>
                    {
                        ["PLATFORM_LOCAL"] = Repository.Root,
                        // Templates are installed for this test alone.
                        ["DOTNET_CLI_HOME"] = System.IO.Path.Combine(folder.Path, ".home"),
                        ["NUGET_PACKAGES"] = NuGetPackages(),
                    }
                )
            );
            run.ExitCode.Should().Be(0, $"command {number}: {command}\n{run.Output}{run.Errors}");
        }

        var program = ModuleProgram.At(System.IO.Path.Combine(folder.Path, "image-tools", "out", "module"));
        var call = new DaggerCall(engine, program, "image-tools");
        var sources = await call.RunAsync("sources", "--source", System.IO.Path.Combine(folder.Path, "image-tools"));
        JsonSerializer.Deserialize<string[]>(sources.Value!).Should().Contain("Program.cs");
        (await call.RunAsync("echo", "--text", "Hi")).Error.Should().BeNull();
        (await call.RunAsync("count-words", "--text", "one two")).Value.Should().Be("2");
    }

    // What stands between ```sh tutorial and ```.
    private static List<string> TutorialCommands() =>
        [
            .. System
                .IO.File.ReadAllText(Repository.PathOf("docs", "pipelines.md"))
                .Split("```sh tutorial\n")
                .Skip(1)
                .Select(block => block.Split("```")[0]),
        ];

    private static string NuGetPackages() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? System.IO.Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
            ".nuget",
            "packages"
        );
}
