using Pipelines.Blocks;
using Pipelines.Queries;
using Pipelines.Tests.Testing;

namespace Pipelines.Tests.Blocks;

public sealed class BlockTests(LoopbackEngine engine) : IClassFixture<LoopbackEngine>
{
    private const string DockerSocket = "/var/run/docker.sock";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_logs_of_a_run_that_fails_are_there_with_its_exit_code()
    {
        await using var session = await engine.OpenAsync();

        var logs = EndToEndRun.Run(
            session.Client.Container(),
            ["sh", "-c", "echo out; echo why >&2; echo more > \"$LOGS/more.log\"; exit 4"],
            TimeProvider.System
        );

        (await EndToEndRun.ExitCodeAsync(logs, Token)).Should().Be(4);
        (await logs.File("output.log").ContentsAsync(Token)).Should().Be("out\n");
        (await logs.File("errors.log").ContentsAsync(Token)).Should().Be("why\n");
        (await logs.EntriesAsync(null, Token)).Should().Contain("more.log");
    }

    [Fact]
    public async Task A_container_with_kind_access_reaches_the_host_s_Docker_engine_which_then_has_the_network()
    {
        await using var session = await engine.OpenAsync();
        Assert.SkipUnless(System.IO.File.Exists(DockerSocket), $"There is no Docker socket at {DockerSocket}.");
        var network = $"pipelines-test-{Guid.NewGuid():N}";
        var kind = new KindAccess(session.Client, session.Client.Host().UnixSocket(DockerSocket)) { Network = network };

        var container = kind.JoinNetwork(kind.AddTo(session.Client.Container()), TimeProvider.System);

        try
        {
            (await container.WithExec(["docker", "version", "--format", "{{.Server.Version}}"]).StdoutAsync(Token))
                .Should()
                .MatchRegex("^[0-9]+\\.");
        }
        finally
        {
            // An engine that runs on this machine was connected.
            const string remove = """
                for one in $(docker network inspect "$1" --format '{{range .Containers}}{{.Name}} {{end}}'); do
                  docker network disconnect --force "$1" "$one"
                done
                docker network rm "$1"
                """;
            var removed = await LocalProcess.RunAsync("sh", ["-ec", remove, "sh", network]);
            removed.ExitCode.Should().Be(0, removed.Errors);
        }
    }

    [Fact]
    public async Task A_route_is_refused_when_no_address_answers()
    {
        await using var session = await engine.OpenAsync();
        var kind = new KindAccess(session.Client, session.Client.Host().UnixSocket(DockerSocket));

        var routed = kind.WithRoute(session.Client.Container(), ["https://127.0.0.1:1"], TimeProvider.System);

        (await routed.Awaiting(r => r.SyncAsync(Token)).Should().ThrowAsync<ExecException>())
            .Which.StandardError.Should()
            .Contain("No API server answers at: https://127.0.0.1:1");
    }

    [Fact]
    public async Task Artifacts_and_playbooks_are_chains_that_the_schema_allows()
    {
        await using var session = await engine.OpenAsync();
        var client = session.Client;
        var secret = client.Secret("env:HOME");

        var pushed = new OciArtifact(client, "application/vnd.example.playbooks").Push(
            client.Directory(),
            "localhost:5001/playbooks:1",
            TimeProvider.System,
            "me",
            secret
        );
        var played = new AnsibleRun(client, client.Directory()) { PrivateKey = secret }.Play(
            "site.yml",
            "localhost,",
            "{}",
            TimeProvider.System
        );

        (await pushed.IdAsync(Token)).Should().NotBeEmpty();
        (await played.IdAsync(Token)).Should().NotBeEmpty();
    }

    [Theory]
    [InlineData(ImageRepository.Releases, "localhost:5001/docker-releases/api:1.0.0")]
    [InlineData("ada", "localhost:5001/ada/api:1.0.0")]
    public void Images_are_named_after_registry_repository_and_version(string repository, string expected) =>
        new ImageRepository("localhost:5001", repository).AddressOf("api", "1.0.0").Should().Be(expected);
}
