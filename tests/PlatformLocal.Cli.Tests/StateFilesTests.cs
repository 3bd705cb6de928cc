using System.Net.Sockets;
using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.Cli.Tests;

/// <summary>Files of the state folder that have become something else, in whole processes.</summary>
public sealed class StateFilesTests
{
    private static readonly string s_workspace = Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples");

    [Theory]
    [InlineData("local/api.sock")]
    [InlineData("local/endpoint.json")]
    [InlineData("local/kind-cluster.json")]
    [InlineData("local/kubeconfig")]
    [InlineData("local/platform.json")]
    [InlineData("local/serve.holder.json")]
    [InlineData("local/serve.lock")]
    [InlineData("local/serve.log")]
    [InlineData("local/token")]
    [InlineData("local.lock")]
    [InlineData("local.holder.json")]
    public async Task A_folder_in_the_place_of_a_file_is_told_in_one_sentence_and_can_be_moved_away(string file)
    {
        await using var program = new PlatformCtlProgram();
        var path = Path.Combine(program.State, file);
        Directory.CreateDirectory(Path.Combine(path, "of somebody"));

        var refused = await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        Directory.Move(path, path + ".folder"); // as is advised
        var created = await program.RunAsync("create-local-platform", "--workspace", s_workspace);

        refused.ExitCode.Should().Be(1);
        refused
            .Error.Should()
            .Contain($"Error: {path} is a folder, and a file is expected there.\n  → Move it away")
            .And.EndWith($": mv {path} {path}.folder\n");
        created.ExitCode.Should().Be(0, created.Error);
    }

    [Theory]
    [InlineData("serve.lock", "platform-status")]
    [InlineData("serve.lock", "destroy-environment", "shop")]
    [InlineData("serve.lock", "destroy-local-platform")]
    [InlineData("serve.lock", "destroy-local-platform", "--all")]
    [InlineData("../local.lock", "destroy-local-platform", "--keep-state")]
    [InlineData("../local.lock", "destroy-local-platform")]
    [InlineData("endpoint.json", "list-environments")]
    [InlineData("kubeconfig", "kubeconfig")]
    public async Task Every_command_says_so_of_what_it_needs(string file, params string[] command)
    {
        await using var program = new PlatformCtlProgram();
        Directory.CreateDirectory(program.Folder);
        var path = Path.GetFullPath(file, program.Folder);
        Directory.CreateDirectory(path);

        var refused = await program.RunAsync(command);

        refused.ExitCode.Should().Be(1);
        refused.Error.Should().Contain($"Error: {path} is a folder, and a file is expected there.\n  → Move it away");
        Directory.Exists(path).Should().BeTrue();
    }

    [Fact]
    public async Task A_folder_where_the_embedded_cluster_has_a_key_is_told_and_nothing_is_said_to_be_made_anew()
    {
        await using var program = new PlatformCtlProgram();
        await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        await program.RunAsync("destroy-local-platform", "--keep-state");
        var key = Path.Combine(program.Folder, "cluster", "server.key");
        File.Delete(key);
        Directory.CreateDirectory(key);

        var refused = await program.RunAsync("create-local-platform");

        refused.ExitCode.Should().Be(1);
        refused.Error.Should().Contain($"{key} is a folder, and a file is expected there.").And.NotContain("anew");
    }

    [Theory]
    [InlineData("file")]
    [InlineData("folder")]
    [InlineData("dead socket")]
    public async Task Without_its_socket_a_platform_is_reached_by_its_address(string instead)
    {
        await using var program = new PlatformCtlProgram();
        await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        var socket = Path.Combine(program.Folder, "api.sock");
        File.Delete(socket);
        Put(instead, socket);

        var status = await program.RunAsync("platform-status");
        var stopped = await program.RunAsync("destroy-local-platform", "--keep-state");

        status.ExitCode.Should().Be(0, status.Error);
        stopped.ExitCode.Should().Be(0, stopped.Error);
        File.Exists(Path.Combine(program.Folder, "serve.lock")).Should().BeFalse();
        if (instead == "file")
        {
            File.ReadAllText(socket + ".aside1").Should().Be("of somebody");
            File.ReadAllText(Path.Combine(program.Folder, "serve.log")).Should().Contain($"{socket} was no socket.");
        }
    }

    [Fact]
    public async Task A_start_replaces_a_dead_socket_and_sets_a_file_in_its_place_aside()
    {
        await using var program = new PlatformCtlProgram();
        Directory.CreateDirectory(program.Folder);
        var socket = Path.Combine(program.Folder, "api.sock");
        Put("file", socket);

        var first = await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        await program.RunAsync("destroy-local-platform", "--keep-state");
        Put("dead socket", socket);
        var second = await program.RunAsync("create-local-platform");

        first.ExitCode.Should().Be(0, first.Error);
        first.Error.Should().Contain($"Warning: {socket} was no socket. It is set aside as {socket}.aside1.\n");
        File.ReadAllText(socket + ".aside1").Should().Be("of somebody");
        second.ExitCode.Should().Be(0, second.Error);
        second.Error.Should().NotContain("Warning");
        Directory.EnumerateFiles(program.Folder, "api.sock*").Should().BeEquivalentTo(socket, socket + ".aside1");
    }

    [Fact]
    public async Task Secrets_that_others_could_read_are_taken_from_them_with_a_warning_that_says_how_to_renew_them()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are of Unix");
        await using var program = new PlatformCtlProgram();
        await program.RunAsync("create-local-platform", "--workspace", s_workspace);
        await program.RunAsync("destroy-local-platform", "--keep-state");
        string[] secrets =
        [
            .. new[]
            {
                "token",
                "kubeconfig",
                "cluster/token",
                "cluster/kubeconfig",
                "cluster/ca.key",
                "cluster/server.key",
            }.Select(f => Path.Combine(program.Folder, f)),
        ];
        foreach (var file in secrets)
        {
            SetMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        }

        var first = await program.RunAsync("create-local-platform");
        await program.RunAsync("destroy-local-platform", "--keep-state");
        var second = await program.RunAsync("create-local-platform");

        first.ExitCode.Should().Be(0, first.Error);
        first.Error.Should().Contain("Warning: Others than their owner could read").And.ContainAll(secrets);
        first
            .Error.Should()
            .Contain(
                "  platformctl destroy-local-platform --keep-state\n  rm " + Path.Combine(program.Folder, "token")
            );
        secrets.Select(ModeOf).Should().AllBeEquivalentTo(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        second.Error.Should().NotContain("Warning");
    }

    private static void Put(string what, string path)
    {
        switch (what)
        {
            case "file":
                File.WriteAllText(path, "of somebody");
                break;
            case "folder":
                Directory.CreateDirectory(path);
                break;
            default:
                using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
                {
                    socket.Bind(new UnixDomainSocketEndPoint(path + ".bound"));
                    File.Move(path + ".bound", path); // its end removes what has the name that it was bound to
                }

                break;
        }
    }

    private static void SetMode(string file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, mode);
        }
    }

    private static UnixFileMode ModeOf(string file) =>
        OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(file);
}
