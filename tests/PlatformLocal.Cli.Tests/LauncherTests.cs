using System.Diagnostics;
using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.Cli.Tests;

/// <summary>The script that builds the program on first use.</summary>
public sealed class LauncherTests
{
    [Fact]
    public async Task Without_dotnet_it_says_what_to_install()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the folders of the system's programs are those of Linux");
        var folder = Directory.CreateTempSubdirectory("platform-local-test-");
        File.Copy(
            Path.Combine(PlatformCtlProgram.RepositoryRoot, "platformctl"),
            Path.Combine(folder.FullName, "platformctl")
        );
        var programs = folder.CreateSubdirectory("bin").FullName;
        foreach (var name in new[] { "bash", "dirname", "find", "mkdir", "flock" })
        {
            var found = new[] { "/usr/bin", "/bin" }.Select(f => Path.Combine(f, name)).First(File.Exists);
            File.CreateSymbolicLink(Path.Combine(programs, name), found);
        }

        var start = new ProcessStartInfo("/bin/bash", [Path.Combine(folder.FullName, "platformctl"), "--version"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["PATH"] = programs;
        using var process = Process.Start(start)!;
        var outcome = await PlatformCtlProgram.EndAsync(process);
        folder.Delete(recursive: true);

        outcome.ExitCode.Should().Be(1);
        outcome.Error.Should().Contain(".NET SDK 10").And.Contain("https://");
    }
}
