using System.Diagnostics;
using PlatformLocal.Cli.Tests.Testing;
using PlatformLocal.Platform.State;
using PlatformLocal.Testing;

namespace PlatformLocal.Cli.Tests;

/// <summary>State that cannot be read, or is somebody else's, in whole processes.</summary>
public sealed class StateTests
{
    private static readonly string s_workspace = Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples");

    [Fact]
    public async Task The_same_workspace_said_otherwise_is_the_same()
    {
        await using var program = new PlatformCtlProgram();
        using var folder = new TemporaryFolder();
        var link = Path.Combine(folder.Path, "link");
        Directory.CreateSymbolicLink(link, s_workspace);
        (await program.RunAsync("create-local-platform", "--workspace", s_workspace)).ExitCode.Should().Be(0);

        var slashed = await program.RunAsync("create-local-platform", "--workspace", s_workspace + "/");
        var linked = await program.RunAsync("create-local-platform", "--workspace", link);
        var other = await program.RunAsync("create-local-platform", "--workspace", program.State);

        slashed.ExitCode.Should().Be(0, slashed.Error);
        linked.ExitCode.Should().Be(0, linked.Error);
        other.ExitCode.Should().Be(2);
    }

    [Theory]
    [InlineData("create-local-platform")]
    [InlineData("serve")]
    public async Task Damaged_settings_are_refused_with_the_file_and_what_to_do(string command)
    {
        await using var program = new PlatformCtlProgram();
        Directory.CreateDirectory(program.Folder);
        var settings = Path.Combine(program.Folder, "platform.json");
        File.WriteAllText(settings, "{ half");

        var refused = await program.RunAsync(command, "--workspace", s_workspace);

        refused.ExitCode.Should().Be(1);
        refused.Error.Should().Contain($"The file {settings} cannot be read").And.Contain("→ Put it right");
        Directory.EnumerateFileSystemEntries(program.Folder).Should().Equal(settings);
        File.ReadAllText(settings).Should().Be("{ half");
    }

    [Fact]
    public async Task An_embedded_platform_with_damaged_settings_is_removed_and_that_is_said()
    {
        await using var program = new PlatformCtlProgram();
        await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        var settings = Path.Combine(program.Folder, "platform.json");
        File.WriteAllText(settings, "garbage");

        var destroyed = await program.RunAsync("destroy-local-platform", "--verify");

        destroyed.ExitCode.Should().Be(0, destroyed.Error);
        destroyed.Error.Should().Contain(settings);
        Directory.Exists(program.Folder).Should().BeFalse();
    }

    [Fact]
    public async Task A_damaged_endpoint_is_set_aside_told_and_found_again()
    {
        await using var program = new PlatformCtlProgram();
        await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        var endpoint = Path.Combine(program.Folder, "endpoint.json");
        File.WriteAllText(endpoint, "garbage");

        var again = await program.RunAsync("create-local-platform");
        var status = await program.RunAsync("platform-status");

        again.ExitCode.Should().Be(0, again.Error);
        again.Error.Should().Contain($"Warning: The file {endpoint} cannot be read").And.Contain(".unreadable");
        status.ExitCode.Should().Be(0, status.Error);
    }

    [Fact]
    public async Task An_endpoint_of_another_process_is_no_endpoint()
    {
        await using var program = new PlatformCtlProgram();
        await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        var endpoint = Path.Combine(program.Folder, "endpoint.json");
        File.WriteAllText(endpoint, """{"address":"http://127.0.0.1:1","process_id":1,"version":"0.1.0"}""");

        var status = await program.RunAsync("platform-status");
        var again = await program.RunAsync("create-local-platform");
        var after = await program.RunAsync("platform-status");

        status.ExitCode.Should().Be(1);
        status.Error.Should().Contain("platformctl create-local-platform");
        again.ExitCode.Should().Be(0, again.Error);
        again.Error.Should().Contain("which serves the platform and does not say where");
        after.ExitCode.Should().Be(0, after.Error);
    }

    [Theory]
    [InlineData("list-environments")]
    [InlineData("destroy-environment", "shop")]
    [InlineData("platform-status")]
    public async Task A_platform_that_somebody_is_at_work_on_is_waited_for_and_not_made(params string[] command)
    {
        await using var program = new PlatformCtlProgram();
        var start = await FolderLock.TryTakeAsync(
            $"{program.Folder}.lock",
            "create-local-platform",
            TimeSpan.Zero,
            null,
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        start!.Tell(["platform"]);

        var meanwhile = await program.RunAsync(command);
        start.Dispose();
        var after = await program.RunAsync(command);

        meanwhile.ExitCode.Should().Be(1);
        meanwhile
            .Error.Should()
            .Contain($"does not answer yet: process {Environment.ProcessId}, create-local-platform since ")
            .And.Contain(", just now: platform, is at work on it.")
            .And.Contain("→ Wait until that is done, and run the command again.")
            .And.NotContain("Create it");
        after.Error.Should().Contain("Create it with: ");
    }

    [Fact]
    public async Task A_state_folder_that_everybody_may_write_into_is_refused_with_the_command_that_helps()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are of Unix");
        await using var program = new PlatformCtlProgram();
        await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program.Folder, File.GetUnixFileMode(program.Folder) | UnixFileMode.OtherWrite);
        }

        var refused = await program.RunAsync("platform-status");
        var chmod = refused.Error.Split("chmod ")[1].TrimEnd().Split(' ');
        await Process
            .Start("chmod", [chmod[0], chmod[1].Trim('\'')])
            .WaitForExitAsync(TestContext.Current.CancellationToken);

        refused.ExitCode.Should().Be(4);
        (await program.RunAsync("platform-status")).ExitCode.Should().Be(0);
    }

    [Fact]
    public async Task What_there_is_not_is_not_passed_over()
    {
        await using var program = new PlatformCtlProgram();
        await program.RunAsync("create-local-platform", "--workspace", s_workspace);

        var kubeconfig = await program.RunAsync("kubeconfig", "--environment", "nope");
        var list = await program.RunAsync("list-environments", "tpye:dev");
        var image = await program.RunAsync("image", "load", "x:1");

        kubeconfig.ExitCode.Should().Be(1);
        kubeconfig.Error.Should().Contain("There is no environment 'nope'");
        list.ExitCode.Should().Be(2);
        list.Error.Should().Contain("Environments have no 'tpye'").And.Contain("name, user, type, phase or service");
        image.Error.Should().Contain("--cluster kind --name real");
    }

    [Fact]
    public async Task A_start_that_fails_shows_only_what_it_wrote_itself()
    {
        await using var program = new PlatformCtlProgram();
        await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        await program.RunAsync("destroy-local-platform", "--keep-state");
        File.AppendAllText(Path.Combine(program.Folder, "serve.log"), "a line of the run before\n");
        var cluster = Path.Combine(program.Folder, "cluster");
        Directory.Delete(cluster, recursive: true);
        File.WriteAllText(cluster, "no folder");

        var failed = await program.RunAsync("create-local-platform");

        failed.ExitCode.Should().NotBe(0);
        failed.Error.Should().Contain("Its last lines:").And.Contain(cluster).And.NotContain("of the run before");
    }

    [Fact]
    public async Task Damage_of_what_the_embedded_cluster_kept_is_told_in_the_log()
    {
        await using var program = new PlatformCtlProgram();
        await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        using (var serving = Process.GetProcessById(program.ServingProcess()))
        {
            serving.Kill();
            await serving.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var journal = Path.Combine(program.Folder, "cluster", "store.journal");
        var bytes = File.ReadAllBytes(journal);
        bytes[bytes.Length / 2] ^= 0xFF;
        File.WriteAllBytes(journal, bytes);

        var again = await program.RunAsync("create-local-platform");

        again.ExitCode.Should().Be(0, again.Error);
        File.ReadAllText(Path.Combine(program.Folder, "serve.log")).Should().Contain($"{journal} is damaged");
    }

    [Fact]
    public async Task All_platforms_go_where_the_client_of_docker_has_no_engine()
    {
        await using var program = new PlatformCtlProgram();
        using var bin = new TemporaryFolder();
        WriteDocker(bin);
        program.Environment["PATH"] = $"{bin.Path}:{Environment.GetEnvironmentVariable("PATH")}";
        await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        // What a creation that failed leaves, and what is nobody's platform.
        File.WriteAllText(
            Path.Combine(Directory.CreateDirectory(Path.Combine(program.State, "failed")).FullName, "token"),
            "t\n"
        );
        var notes = Path.Combine(Directory.CreateDirectory(Path.Combine(program.State, "notes")).FullName, "mine.txt");
        File.WriteAllText(notes, "mine");

        var destroyed = await program.RunAsync("destroy-local-platform", "--all");

        destroyed.ExitCode.Should().Be(0, destroyed.Error);
        destroyed
            .Error.Should()
            .Contain("Kind clusters could not be looked for")
            .And.Contain("'local' is removed")
            .And.Contain("'failed' is removed");
        Directory.EnumerateFileSystemEntries(program.State).Should().Equal(Path.GetDirectoryName(notes));
        File.Exists(notes).Should().BeTrue();
    }

    [Fact]
    public async Task A_platform_that_needs_the_engine_is_kept_until_it_answers_and_the_others_go()
    {
        await using var program = new PlatformCtlProgram();
        using var bin = new TemporaryFolder();
        WriteDocker(bin);
        program.Environment["PATH"] = $"{bin.Path}:{Environment.GetEnvironmentVariable("PATH")}";
        var real = Directory.CreateDirectory(Path.Combine(program.State, "a-real-one")).FullName;
        File.WriteAllText(
            Path.Combine(real, "kind-cluster.json"),
            """{"cluster":"a-real-one","is_ready":false,"since":"2026-01-01T00:00:00Z","configuration":"{}","nodes":[]}"""
        );
        await program.RunAsync("create-local-platform", "--workspace", s_workspace);

        var destroyed = await program.RunAsync("destroy-local-platform", "--all");

        destroyed.ExitCode.Should().Be(1);
        destroyed.Error.Should().Contain("The Docker engine cannot be reached").And.Contain("'local' is removed");
        Directory.EnumerateFileSystemEntries(program.State).Should().Equal(real);
    }

    private static void WriteDocker(TemporaryFolder bin)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "the program is a shell script");
        var docker = bin.Write(
            "docker",
            "#!/bin/sh\necho 'Cannot connect to the Docker daemon at unix:///x.' >&2\nexit 1\n"
        );
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(docker, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }
}
