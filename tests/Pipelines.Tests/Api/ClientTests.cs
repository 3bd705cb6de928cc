using System.Diagnostics;
using Pipelines.Api;
using Pipelines.Queries;
using Pipelines.Tests.Testing;
using PlatformLocal.Testing;

namespace Pipelines.Tests.Api;

/// <summary>The client against the engine's real schema.</summary>
public sealed class ClientTests(LoopbackEngine engine) : IClassFixture<LoopbackEngine>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_asked_for_until_a_value_is_awaited_and_then_once()
    {
        await using var session = await engine.OpenAsync();
        var before = session.Requests;

        var chain = session
            .Client.Container()
            .From("alpine")
            .WithEnvVariable("NAME", "Ada")
            .WithExec(["sh", "-c", "echo $NAME"]);
        session.Requests.Should().Be(before);

        (await chain.StdoutAsync(Token)).Should().Be("Ada\n");
        session.Requests.Should().Be(before + 1);
    }

    [Fact]
    public async Task A_chain_is_immutable()
    {
        await using var session = await engine.OpenAsync();
        var common = session.Client.Container().WithEnvVariable("A", "1");

        _ = common.WithEnvVariable("A", "2");

        (await common.EnvVariableAsync("A", Token)).Should().Be("1");
        (await common.EnvVariableAsync("B", Token)).Should().BeNull();
    }

    [Fact]
    public async Task Ids_of_arguments_on_one_level_are_asked_for_in_one_request()
    {
        await using var session = await engine.OpenAsync();
        var client = session.Client;
        var before = session.Requests;
        var parts = Enumerable.Range(0, 20).Select(i => client.Directory().WithNewFile($"{i}.txt", $"{i}"));

        var whole = parts.Aggregate(client.Directory(), (all, part) => all.WithDirectory("/", part));

        (await whole.EntriesAsync(null, Token)).Should().HaveCount(20);
        (session.Requests - before).Should().Be(2);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("quote \" backslash \\ newline \n return \r tab \t")]
    [InlineData("null \u0001 delete \u007f separators \u2028\u2029")]
    [InlineData("${dollar} {brace} # not a comment \"\"\"block\"\"\"")]
    [InlineData("ä 漢 👩‍💻")]
    public async Task Texts_arrive_as_they_are(string text)
    {
        await using var session = await engine.OpenAsync();

        (await session.Client.File("a.txt", text).ContentsAsync(Token)).Should().Be(text);
    }

    [Fact]
    public async Task Fields_without_a_method_are_reached_by_the_query_itself()
    {
        await using var session = await engine.OpenAsync();

        var file = session.Client.Directory().WithNewFile("a", "1").Query.Select("file", ("path", "a")).As<File>();
        var fields = await session.Client.File("b.txt", "22").Query.ReadFieldsAsync("name size", Token);

        (await file.ContentsAsync(Token)).Should().Be("1");
        fields.GetProperty("name").GetString().Should().Be("b.txt");
        fields.GetProperty("size").GetInt32().Should().Be(2);
    }

    [Fact]
    public async Task An_object_is_loaded_by_its_id_without_asking_for_it_again()
    {
        await using var session = await engine.OpenAsync();
        var id = await session.Client.Directory().WithNewFile("a", "1").IdAsync(Token);
        var before = session.Requests;

        var entries = await session
            .Client.Directory()
            .WithDirectory("/sub", session.Client.Load<Directory>(id))
            .EntriesAsync("sub", Token);

        entries.Should().Equal("a");
        (session.Requests - before).Should().Be(1);
    }

    [Fact]
    public async Task A_failed_command_says_program_code_and_last_lines()
    {
        await using var session = await engine.OpenAsync();
        var run = session.Client.Container().WithExec(["sh", "-c", "echo out; echo why >&2; exit 7"]);

        var failure = await run.Awaiting(r => r.StdoutAsync(Token)).Should().ThrowAsync<ExecException>();

        failure.Which.Type.Should().Be("EXEC_ERROR");
        failure.Which.ExitCode.Should().Be(7);
        failure.Which.Command.Should().Equal("sh", "-c", "echo out; echo why >&2; exit 7");
        failure.Which.StandardOutput.Should().Be("out\n");
        failure.Which.StandardError.Should().Be("why\n");
        failure.Which.Path.Should().Be("container.withExec.stdout");
        failure.Which.Message.Should().EndWith("ended with exit code 7.\nIts last lines:\nout\nwhy");
    }

    [Fact]
    public async Task A_script_that_failed_is_told_by_its_first_line()
    {
        await using var session = await engine.OpenAsync();
        var run = session.Client.Container().WithExec(["sh", "-c", "echo one\necho two\nexit 7", "script", "word"]);

        var failure = await run.Awaiting(r => r.StdoutAsync(Token)).Should().ThrowAsync<ExecException>();

        failure.Which.Message.Should().StartWith("sh -c echo one … script word ended with exit code 7.");
    }

    [Fact]
    public async Task A_failure_that_is_expected_is_none()
    {
        await using var session = await engine.OpenAsync();
        var run = session.Client.Container().WithExec(["sh", "-c", "exit 3"], expect: ExpectedExit.Any);

        (await run.ExitCodeAsync(Token)).Should().Be(3);
    }

    [Fact]
    public async Task No_secret_is_shown_by_an_exception()
    {
        await using var session = await engine.OpenAsync();
        var secret = session.Client.SetSecret("token", "s3cr3t-t3xt");
        var run = session
            .Client.Container()
            .WithSecretVariable("TOKEN", secret)
            .WithExec(["sh", "-c", "echo $TOKEN; echo $TOKEN >&2; exit 1"]);

        var failure = await run.Awaiting(r => r.StdoutAsync(Token)).Should().ThrowAsync<ExecException>();

        failure.Which.ToString().Should().NotContain("s3cr3t-t3xt");
        failure.Which.StandardOutput.Should().Be("***\n");
        failure.Which.StandardError.Should().Be("***\n");
    }

    [Fact]
    public async Task A_query_that_the_schema_refuses_says_why()
    {
        await using var session = await engine.OpenAsync();
        var wrong = session.Client.Query.Select("container").Select("withNothing");

        (await wrong.Awaiting(w => w.ReadAsync(Token)).Should().ThrowAsync<EngineException>()).WithMessage(
            "Cannot query field \"withNothing\" on type \"Container\"*"
        );
    }

    [Fact]
    public async Task An_object_of_another_type_is_refused()
    {
        await using var session = await engine.OpenAsync();
        var file = session.Client.File("a", "1");
        var wrong = session
            .Client.Directory()
            .Query.Select("withDirectory", ("path", "/"), ("source", file))
            .Select("id");

        (await wrong.Awaiting(w => w.ReadAsync(Token)).Should().ThrowAsync<EngineException>()).WithMessage(
            "*expects the id of a Directory, not of a File"
        );
    }

    [Fact]
    public async Task A_command_that_prints_100_MB_is_read_whole_and_fails_with_its_end_only()
    {
        await using var session = await engine.OpenAsync();
        var print = "head -c 100000000 /dev/zero | tr '\\0' x";

        var text = await session.Client.Container().WithExec(["sh", "-c", print]).StdoutAsync(Token);
        var failing = session.Client.Container().WithExec(["sh", "-c", print + "; exit 1"]);
        var failure = await failing.Awaiting(f => f.StdoutAsync(Token)).Should().ThrowAsync<ExecException>();

        text.Length.Should().Be(100_000_000);
        failure.Which.StandardOutput.Length.Should().Be(100_000_000);
        failure.Which.Message.Length.Should().BeLessThan(20_000);
    }

    [Fact]
    public async Task A_chain_of_a_thousand_steps_is_one_request()
    {
        await using var session = await engine.OpenAsync();
        var before = session.Requests;
        var chain = Enumerable
            .Range(0, 1000)
            .Aggregate(session.Client.Container(), (c, i) => c.WithEnvVariable($"N{i}", $"{i}"));

        (await chain.EnvVariableAsync("N999", Token)).Should().Be("999");
        (session.Requests - before).Should().Be(1);
    }

    [Fact]
    public async Task Every_method_of_the_client_makes_what_the_schema_allows()
    {
        await using var session = await engine.OpenAsync();
        var client = session.Client;
        var host = client.Host();
        var files = host.Directory("/tmp", exclude: ["a"], include: ["b"]).Filter(["x"], ["y"]).WithoutDirectory("d");
        var file = host.File("/tmp/a").WithName("b");
        var secret = client.Secret("env:HOME");
        var socket = host.UnixSocket("/var/run/docker.sock");
        var service = host.Service([new PortForward(80, 8080), new PortForward(443)], "localhost");
        var repository = client.Git("https://example.org/a.git", socket, secret);
        var container = client
            .Container("linux/amd64")
            .From("alpine")
            .WithExec(["a"], true, "in", "/out", "/err", ExpectedExit.Any, nesting: true, insecureRoot: true)
            .WithEnvVariable("A", "$B", expand: true)
            .WithoutEnvVariable("A")
            .WithSecretVariable("S", secret)
            .WithWorkdir("/w")
            .WithUser("1000:1000")
            .WithDirectory("/d", files, ["a"], ["b"], "1000")
            .WithMountedDirectory("/m", repository.Branch("main"))
            .WithMountedDirectory("/m", repository.Tag("v1"))
            .WithMountedDirectory("/m", repository.Ref("HEAD"))
            .WithFile("/f", file, 493)
            .WithMountedFile("/f", client.Http("https://example.org/a"))
            .WithNewFile("/n", "text", 384)
            .WithMountedCache("/c", client.CacheVolume("key"), CacheSharing.Locked)
            .WithMountedSecret("/s", secret)
            .WithUnixSocket("/docker.sock", socket)
            .WithServiceBinding("db", service)
            .WithServiceBinding("tunnel", host.Tunnel(service, native: true))
            .WithEntrypoint(["a"])
            .WithDefaultArgs(["b"])
            .WithExposedPort(80)
            .WithLabel("a", "b")
            .WithRegistryAuth("example.org", "me", secret);
        EngineObject[] ends =
        [
            container,
            container.Directory("/a").Subdirectory("b"),
            container.Rootfs().WithFile("/a", container.File("/b")),
            container.AsTarball(),
            container.AsService(["a"], useEntrypoint: true),
            files.DockerBuild("Dockerfile"),
            client.CurrentModule().Source(),
        ];

        foreach (var end in ends)
        {
            (await end.IdAsync(Token)).Should().NotBeEmpty();
        }
    }

    [Fact]
    public async Task Values_that_need_an_engine_are_asked_for_as_the_schema_allows()
    {
        await using var session = await engine.OpenAsync();
        var client = session.Client;
        Query[] asked =
        [
            client.Container().Query.Select("publish", ("address", "a")),
            client.Container().Query.Select("export", ("path", "a")),
            client.Directory().Query.Select("export", ("path", "a"), ("wipe", true)),
            client.Directory().Query.Select("glob", ("pattern", "*")),
            client.Container().AsService().Query.Select("endpoint", ("port", 80), ("scheme", "http")),
            client.Container().AsService().Query.Select("start"),
            client.Container().AsService().Query.Select("stop"),
            client.Git("https://example.org/a.git").Query.Select("tags", ("patterns", new[] { "v*" })),
            client.Secret("env:HOME").Query.Select("plaintext"),
        ];

        foreach (var query in asked)
        {
            var text = new System.Text.StringBuilder("{");
            QueryText.Write(text, query, null, "", _ => "id");
            (await engine.FaultsOfAsync(text.Append('}').ToString())).Should().BeEmpty();
        }
    }

    [Fact]
    public async Task Cancelling_stops_waiting_at_once()
    {
        await using var session = await engine.OpenAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var started = Stopwatch.StartNew();

        await session
            .Client.Container()
            .WithExec(["sleep", "20"])
            .Awaiting(c => c.StdoutAsync(soon.Token))
            .Should()
            .ThrowAsync<OperationCanceledException>();

        started.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Many_values_are_waited_for_at_the_same_time()
    {
        await using var session = await engine.OpenAsync();
        using var folder = new TemporaryFolder();
        var file = System.IO.Path.Combine(folder.Path, "ready");
        string[] wait = ["sh", "-c", $"for i in $(seq 100); do [ -e {file} ] && exit 0; sleep 0.2; done; exit 1"];

        var waits = Enumerable
            .Range(0, 24)
            .Select(i => session.Client.Container().WithEnvVariable("NUMBER", $"{i}").WithExec(wait).StdoutAsync(Token))
            .ToList();
        // Asked for last, and none of the others ends before it.
        await session.Client.Container().WithExec(["touch", file]).StdoutAsync(Token);

        await Task.WhenAll(waits);
    }
}
