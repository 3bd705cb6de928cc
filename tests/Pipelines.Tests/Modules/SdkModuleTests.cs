using Pipelines.Tests.Testing;
using PlatformLocal.Testing;

namespace Pipelines.Tests.Modules;

/// <summary>
/// What .dagger/sdk/main.dang has an engine do, done by hand: no engine is here to run the file itself. The library and a
/// module are apart, each with the files that the SDK module takes of them and no others.
/// </summary>
public sealed class SdkModuleTests
{
    [Fact]
    public async Task A_module_is_built_beside_the_library_from_the_files_that_the_SDK_takes()
    {
        using var folder = new TemporaryFolder();
        var copy = await LocalProcess.RunAsync(
            "sh",
            [
                "-ec",
                """
                mkdir -p "$1/sdk/src" "$1/module"
                cp global.json BannedSymbols.txt Directory.Build.props Directory.Packages.props .editorconfig "$1/sdk"
                tar --create --exclude=bin --exclude=obj --directory src Pipelines | tar --extract --directory "$1/sdk/src"
                tar --create --exclude=bin --exclude=obj --directory examples/pipelines hello |
                  tar --extract --directory "$1/module"
                """,
                "copy",
                folder.Path,
            ]
        );
        copy.ExitCode.Should().Be(0, copy.Errors);

        var build = await LocalProcess.RunAsync(
            "dotnet",
            CommandOfTheSdk(System.IO.Path.Combine(folder.Path, "runtime")),
            System.IO.Path.Combine(folder.Path, "module", "hello"),
            new Dictionary<string, string>
            {
                ["PipelinesFolder"] = System.IO.Path.Combine(folder.Path, "sdk", "src", "Pipelines"),
            }
        );
        build.ExitCode.Should().Be(0, build.Output + build.Errors);

        var program = await LocalProcess.RunAsync(System.IO.Path.Combine(folder.Path, "runtime", "module"), []);
        program.Errors.Should().StartWith("This program is a Dagger module");
    }

    // The words between 'withExec(["dotnet",' and '])'.
    private static List<string> CommandOfTheSdk(string output)
    {
        var text = System.IO.File.ReadAllText(SourceTree.PathOf(".dagger", "sdk", "main.dang"));
        var words = text.Split(".withExec([")[1].Split("])")[0].Split(',', StringSplitOptions.RemoveEmptyEntries);
        return
        [
            .. words
                .Select(w => w.Trim().Trim('"'))
                .Where(w => w.Length > 0)
                .Skip(1)
                .Select(w => w == "/runtime" ? output : w),
        ];
    }
}
