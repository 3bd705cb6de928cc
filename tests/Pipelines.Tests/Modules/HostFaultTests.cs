using System.Diagnostics;
using Pipelines.Tests.Testing;

namespace Pipelines.Tests.Modules;

/// <summary>What goes wrong around a module's program.</summary>
public sealed class HostFaultTests(LoopbackEngine engine) : IClassFixture<LoopbackEngine>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_session_that_is_gone_ends_the_program_with_one_clear_line(int afterRequests)
    {
        var (process, _) = await (await HelloAsync()).CallAsync(
            engine,
            new CallDescription { Module = "hello", HangUpAfter = afterRequests }
        );

        process.ExitCode.Should().Be(1);
        process.Errors.Should().Contain("The Dagger session on port").And.NotContain("   at ");
    }

    [Fact]
    public async Task An_engine_that_is_too_old_is_said_once()
    {
        var (process, _) = await (await HelloAsync()).CallAsync(
            engine,
            new CallDescription { Module = "hello", Version = "v0.12.0" }
        );

        process.ExitCode.Should().Be(1);
        process.Errors.Split("The Dagger engine is v0.12.0").Should().HaveCount(2);
    }

    [Fact]
    public async Task A_cancelled_call_stops_and_tells_the_engine()
    {
        var hello = await HelloAsync();
        await using var session = await engine.OpenAsync();
        var slow = await session
            .Client.Container()
            .WithExec(["sh", "-c", "sleep 15; mkdir -p d"])
            .Directory("d")
            .IdAsync(TestContext.Current.CancellationToken);
        var token = await engine.BeginAsync(
            new CallDescription
            {
                Module = "hello",
                ParentName = "Hello",
                Name = "countLines",
                Parent = """{"greeting":"Hello"}""",
                Arguments = new Dictionary<string, string> { ["source"] = $"\"{slow}\"" },
            }
        );
        var clock = Stopwatch.StartNew();
        Task? cancelled = null;

        var process = await hello.RunAsync(
            engine.Port,
            token,
            started: p => cancelled = TerminateWhenCallingAsync(p, token)
        );

        await cancelled!;
        process.ExitCode.Should().Be(130);
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(14));
        (await engine.AnswerAsync(token))
            .Error!.Value.GetProperty("message")
            .GetString()
            .Should()
            .Be("The call was cancelled.");
    }

    private async Task TerminateWhenCallingAsync(Process process, string token)
    {
        while ((await engine.AnswerAsync(token)).Requests.Count < 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString()]);
        await kill.WaitForExitAsync();
    }

    private async Task<ModuleProgram> HelloAsync()
    {
        engine.SkipIfMissing();
        return await ModuleProgram.BuildAsync("examples", "pipelines", "hello");
    }
}
