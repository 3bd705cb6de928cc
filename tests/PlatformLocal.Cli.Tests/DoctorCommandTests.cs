using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.Cli.Tests;

/// <summary>What the program says of the machine it runs on.</summary>
public sealed class DoctorCommandTests
{
    [Fact]
    public async Task Without_a_workspace_a_machine_is_checked_for_kind_too()
    {
        await using var program = new PlatformCtlProgram();

        var outcome = await program.RunAsync("doctor", "--cluster", "kind");

        outcome.Output.Should().Contain("none was found here or above").And.Contain("docker engine");
        outcome.Error.Should().NotContain("unexpected");
    }

    [Fact]
    public async Task Doctor_checks_this_machine()
    {
        await using var program = new PlatformCtlProgram();

        var report = await program.RunAsync(
            "doctor",
            "-o",
            "json",
            "--workspace",
            Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples")
        );

        var checks = report.Json["checks"]!.AsArray();
        checks
            .Select(c => c!["name"]!.ToString())
            .Should()
            .Contain(["state folder", "disk", "workspace", "kubectl", "platform"]);
        report.ExitCode.Should().Be(checks.Any(c => c!["status"]!.ToString() == "fail") ? 1 : 0);
        Directory.EnumerateFileSystemEntries(program.State).Should().BeEmpty();
    }

    [Fact]
    public async Task Doctor_warns_of_a_kubectl_whose_kustomize_is_too_old()
    {
        await using var program = new PlatformCtlProgram();
        var old = Path.Combine(program.State, "kubectl");
        File.WriteAllText(
            old,
            "#!/bin/sh\necho 'Client Version: version.Info{Major:\"1\", Minor:\"20\", GitVersion:\"v1.20.2\"}'\n"
        );
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(old, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var path = new Dictionary<string, string> { ["PATH"] = $"{program.State}:/usr/bin:/bin" };

        var report = await program.RunAsync(path, "doctor", "-o", "json");

        var kubectl = report.Json["checks"]!.AsArray().Single(c => c!["name"]!.ToString() == "kubectl")!;
        kubectl["status"]!.ToString().Should().Be("warn");
        kubectl["message"]!.ToString().Should().Contain("1.20.2").And.Contain("1.21");
    }
}
