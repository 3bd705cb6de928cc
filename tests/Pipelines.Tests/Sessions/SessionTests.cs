using Pipelines.Sessions;
using Pipelines.Tests.Testing;
using PlatformLocal.Testing;

namespace Pipelines.Tests.Sessions;

public sealed class SessionTests(LoopbackEngine engine) : IClassFixture<LoopbackEngine>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_session_or_a_program_it_says_what_to_install()
    {
        var open = () => Session.OpenAsync(OptionsOf([]), Token);

        (await open.Should().ThrowAsync<PipelineException>())
            .WithMessage(
                "There is no Dagger session: DAGGER_SESSION_PORT is not set, and the program dagger is not on PATH."
            )
            .Which.NextStep.Should()
            .Contain("Install dagger");
    }

    [Theory]
    [InlineData("8080", "")]
    [InlineData("", "token")]
    [InlineData("port", "token")]
    [InlineData("70000", "token")]
    public async Task Half_a_session_is_refused(string port, string token)
    {
        var open = () =>
            Session.OpenAsync(
                OptionsOf(new() { ["DAGGER_SESSION_PORT"] = port, ["DAGGER_SESSION_TOKEN"] = token }),
                Token
            );

        await open.Should().ThrowAsync<PipelineException>().WithMessage("*do not name a session*");
    }

    [Fact]
    public async Task A_session_that_refuses_the_token_is_named_without_it()
    {
        engine.SkipIfMissing();
        var open = () => Session.OpenAsync(engine.OptionsOf("of-another-session"), Token);

        var failure = await open.Should().ThrowAsync<PipelineException>().WithMessage("*refuses this program (401)*");
        failure.Which.ToString().Should().NotContain("of-another-session");
    }

    [Fact]
    public async Task Nobody_on_the_port_is_said()
    {
        var open = () =>
            Session.OpenAsync(
                OptionsOf(new() { ["DAGGER_SESSION_PORT"] = "1", ["DAGGER_SESSION_TOKEN"] = "hidden-token" }),
                Token
            );

        var failure = await open.Should()
            .ThrowAsync<PipelineException>()
            .WithMessage("The Dagger session on port 1 is gone*");
        failure.Which.ToString().Should().NotContain("hidden-token");
    }

    [Fact]
    public async Task A_session_that_goes_in_the_middle_is_said()
    {
        var token = await engine.BeginAsync(new CallDescription { Module = "hello", HangUpAfter = 1 });
        await using var session = await Session.OpenAsync(engine.OptionsOf(token), Token);

        await session
            .Client.Awaiting(c => c.VersionAsync(Token))
            .Should()
            .ThrowAsync<PipelineException>()
            .WithMessage("*is gone*");
    }

    [Fact]
    public async Task An_engine_that_is_too_old_is_refused()
    {
        var token = await engine.BeginAsync(new CallDescription { Module = "hello", Version = "v0.18.2" });
        var open = () => Session.OpenAsync(engine.OptionsOf(token), Token);

        await open.Should()
            .ThrowAsync<PipelineException>()
            .WithMessage("The Dagger engine is v0.18.2; this SDK needs v0.21.1 or newer.");
    }

    [Theory]
    [InlineData("v2.0.0", 1)]
    [InlineData("v1.0.0-beta.3", 0)]
    [InlineData("v0.21.8-20260101-dev-0123456789ab", 0)]
    [InlineData("dev", 0)]
    public async Task An_engine_that_is_newer_is_told_of_once(string version, int lines)
    {
        var token = await engine.BeginAsync(new CallDescription { Module = "hello", Version = version });
        var said = new List<string>();

        await using var session = await Session.OpenAsync(engine.OptionsOf(token) with { Log = said.Add }, Token);

        said.Should().HaveCount(lines);
    }

    [Fact]
    public async Task The_program_dagger_is_found_started_and_ended_with_the_session()
    {
        engine.SkipIfMissing();
        using var folder = new TemporaryFolder();
        var ended = System.IO.Path.Combine(folder.Path, "ended");
        Program(folder, $"{CommandLine()}\ntouch {ended}\n");

        await using (var session = await Session.OpenAsync(OptionsOf(new() { ["PATH"] = folder.Path }), Token))
        {
            (await session.Client.VersionAsync(Token)).Should().Be("v0.21.7");
        }

        System.IO.File.Exists(ended).Should().BeTrue();
    }

    [Fact]
    public async Task The_program_may_be_named_and_may_talk()
    {
        engine.SkipIfMissing();
        using var folder = new TemporaryFolder();
        var program = Program(folder, $"echo starting >&2\necho hello\n{CommandLine()}\n");
        var said = new List<string>();

        await using var session = await Session.OpenAsync(
            OptionsOf(new() { ["_EXPERIMENTAL_DAGGER_CLI_BIN"] = program }) with
            {
                Log = said.Add,
            },
            Token
        );

        said.Should().Contain("starting");
    }

    [Fact]
    public async Task A_program_that_ends_at_once_is_quoted()
    {
        using var folder = new TemporaryFolder();
        var program = Program(folder, "echo no engine here >&2\nexit 1\n");
        var open = () => Session.OpenAsync(OptionsOf(new() { ["_EXPERIMENTAL_DAGGER_CLI_BIN"] = program }), Token);

        await open.Should()
            .ThrowAsync<PipelineException>()
            .WithMessage("*ended before it opened a session.\nIts last lines:\n  no engine here");
    }

    [Fact]
    public async Task A_program_that_opens_nothing_is_given_up_in_time()
    {
        using var folder = new TemporaryFolder();
        var program = Program(folder, "exec cat\n");
        var open = () =>
            Session.OpenAsync(
                OptionsOf(new() { ["_EXPERIMENTAL_DAGGER_CLI_BIN"] = program }) with
                {
                    StartTimeout = TimeSpan.FromMilliseconds(300),
                },
                Token
            );

        await open.Should().ThrowAsync<PipelineException>().WithMessage("*opened no session within*");
    }

    private static SessionOptions OptionsOf(Dictionary<string, string> environment) =>
        new() { Environment = name => environment.GetValueOrDefault(name), Log = _ => { } };

    private string CommandLine() => string.Join(' ', engine.Command.Select(c => $"'{c}'"));

    private static string Program(TemporaryFolder folder, string script)
    {
        var path = folder.Write(
            "dagger",
            "#!/bin/sh\nPATH=" + Environment.GetEnvironmentVariable("PATH") + "\n" + script
        );
        Executable.Make(path);
        return path;
    }
}
