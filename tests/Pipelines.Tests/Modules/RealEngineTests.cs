using System.Text.Json.Nodes;
using Pipelines.Blocks;
using Pipelines.Queries;
using Pipelines.Sessions;
using Pipelines.Tests.Testing;
using PlatformLocal.Testing;

namespace Pipelines.Tests.Modules;

/// <summary>The client and the repository's modules on a real engine, where one is asked for.</summary>
public sealed class RealEngineTests
{
    private const string Claim = """
        {"environment_name": "from-dagger", "environment_type": "dev", "services": {"user-service": "^1.4.0"}}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly string s_hello = SourceTree.PathOf("examples", "pipelines", "hello");

    // A platform of its own, whatever else the engine's volumes hold.
    private readonly string _platform = $"test-{Guid.NewGuid():N}"[..12];

    [Fact]
    public async Task Functions_take_and_give_what_a_module_can_have()
    {
        RealEngine.SkipIfMissing();

        (await HelloAsync("greet", "--name", "Ada")).Should().Be("Hello, Ada!");
        (await HelloAsync("greet", "--name", "Ada", "--tone", "VERY_LOUD", "--times", "2"))
            .Should()
            .Be("HELLO, ADA! HELLO, ADA!");
        (await HelloAsync("--greeting", "Hi", "excited", "excited", "greet", "--name", "Bob"))
            .Should()
            .Be("Hi, Bob!!!");
        (await HelloAsync("cards", "--names", "a,b", "text")).Should().Be("Hello, a!\nHello, b!");
        (await HelloAsync("say", "stdout")).Should().Be("Hello, everybody!");
        int.Parse(await HelloAsync("count-lines")).Should().BeGreaterThan(50);
        (await HelloAsync("measure", "--secret", "cmd:printf 12345")).Should().Be("5");
    }

    [Fact]
    public async Task A_function_that_throws_fails_the_call_with_its_message()
    {
        RealEngine.SkipIfMissing();

        (await RealEngine.FailAsync(s_hello, "--greeting", "", "is-polite"))
            .Should()
            .StartWith("Error: The greeting is empty.");
    }

    [Fact]
    public async Task A_platform_is_created_used_and_removed_by_functions_alone()
    {
        RealEngine.SkipIfMissing();
        using var folder = new TemporaryFolder();
        var file = folder.Write("claim.json", Claim);
        try
        {
            Json(await PlatformAsync("create-local-platform"))["cluster"]!.GetValue<string>().Should().Be("embedded");
            Json(await PlatformAsync("plan-environment", "--payload", Claim))["has_changes"]!
                .GetValue<bool>()
                .Should()
                .BeTrue();
            Json(await PlatformAsync("deploy-environment", "--file", file, "--deploy-only-specified"))["phase"]!
                .GetValue<string>()
                .Should()
                .Be("ready");
            (await PlatformAsync("list-environments")).Should().Contain("from-dagger");
            (await PlatformAsync("platform-status")).Should().Contain("\"ready\": 1");
            (await PlatformAsync("destroy-environment", "--environment", "from-dagger"))
                .Should()
                .Contain("from-dagger");
        }
        finally
        {
            (await PlatformAsync("destroy-local-platform")).Should().Contain(_platform);
        }

        (await RealEngine.FailAsync(SourceTree.Root, "--name", _platform, "platform-status"))
            .Should()
            .StartWith(
                $"Error: There is no platform '{_platform}'.\n  → Create it with: dagger call create-local-platform"
            );
    }

    [Fact]
    public async Task With_the_Docker_socket_a_Kind_cluster_comes_and_goes()
    {
        const string socket = "/var/run/docker.sock";
        RealEngine.SkipIfMissing();
        Assert.SkipUnless(System.IO.File.Exists(socket), $"There is no Docker socket at {socket}.");
        string[] images =
        [
            .. Given("--node-image", Environment.GetEnvironmentVariable("LAB_NODE_IMAGE")),
            .. Given("--base-image", Environment.GetEnvironmentVariable("LAB_BASE_IMAGE")),
        ];
        try
        {
            var created = Json(
                await PlatformAsync([
                    "create-local-platform",
                    "--docker-socket",
                    socket,
                    "--services",
                    "none",
                    .. images,
                ])
            );
            created["cluster"]!.GetValue<string>().Should().Be("kind");
            (await PlatformAsync("platform-status", "--docker-socket", socket))
                .Should()
                .Contain("HTTP, in the cluster");
        }
        finally
        {
            await PlatformAsync("destroy-local-platform", "--docker-socket", socket);
        }

        var left = await LocalProcess.RunAsync("docker", ["ps", "--all", "--filter", $"name={_platform}", "--quiet"]);
        left.Output.Should().BeEmpty();

        static string[] Given(string option, string? value) => value is null ? [] : [option, value];
    }

    [Fact]
    public async Task The_client_opens_a_session_and_is_told_how_a_command_failed()
    {
        RealEngine.SkipIfMissing();
        await using var session = await Session.OpenAsync(cancellationToken: Token);
        var shell = session.Client.Container().From("docker.io/library/busybox:1.37");

        (await shell.WithExec(["echo", "one"]).StdoutAsync(Token)).Should().Be("one\n");
        var secret = session.Client.SetSecret("token", "s3cr3t-word");
        var fail = () =>
            shell
                .WithSecretVariable("TOKEN", secret)
                .WithExec(["sh", "-c", "echo out; echo \"why $TOKEN\" >&2; exit 7"])
                .StdoutAsync(Token);

        var failure = (await fail.Should().ThrowAsync<ExecException>()).Which;
        failure.ExitCode.Should().Be(7);
        failure.StandardOutput.Should().StartWith("out");
        failure.StandardError.Should().StartWith("why ***");
        failure.Command.Should().StartWith("sh");
    }

    [Fact]
    public async Task A_playbook_runs_with_its_variables()
    {
        RealEngine.SkipIfMissing();
        await using var session = await Session.OpenAsync(cancellationToken: Token);
        var playbooks = session
            .Client.Directory()
            .WithNewFile(
                "site.yaml",
                """
                - hosts: localhost
                  connection: local
                  gather_facts: false
                  tasks:
                    - ansible.builtin.debug: {msg: "Hello {{ who }}"}
                """
            );

        var played = new AnsibleRun(session.Client, playbooks).Play(
            "site.yaml",
            "localhost,",
            """{"who": "Ada"}""",
            TimeProvider.System
        );

        (await played.StdoutAsync(Token)).Should().Contain("Hello Ada");
    }

    [Fact]
    public async Task What_the_engine_refuses_is_told_in_its_words()
    {
        RealEngine.SkipIfMissing();
        await using var session = await Session.OpenAsync(cancellationToken: Token);

        var read = () => session.Client.Directory().File("missing.txt").ContentsAsync(Token);

        (await read.Should().ThrowAsync<EngineException>()).WithMessage("*missing.txt*no such file*");
    }

    private static Task<string> HelloAsync(params string[] words) => RealEngine.CallAsync(s_hello, words);

    private Task<string> PlatformAsync(params string[] words) =>
        RealEngine.CallAsync(SourceTree.Root, ["--name", _platform, .. words]);

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;
}
