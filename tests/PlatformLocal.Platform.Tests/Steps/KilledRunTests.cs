using System.Diagnostics;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Platform.Steps;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Steps;

/// <summary>Kills a real process in the middle of its steps, as nothing else shows what is on the disk then.</summary>
public sealed class KilledRunTests
{
    private static readonly string[] s_names = ["cluster", "registry", "flux"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_process_that_is_killed_at_any_step_is_continued_by_the_next()
    {
        Assert.SkipUnless(Environment.ProcessPath is not null, "this process cannot be started again");
        for (int point = 0; point < s_names.Length * 2; point++)
        {
            using var folder = new TemporaryFolder();

            (await RunAsync(folder, point)).ExitCode.Should().NotBe(0, "it killed itself");
            var second = await RunAsync(folder, point: -1);

            second.ExitCode.Should().Be(0, second.Output);
            string[] runs = await File.ReadAllLinesAsync(Log(folder.Path), Token);
            runs.Should().Equal(s_names, "each looks first, and what was done stays done");
        }
    }

    /// <summary>Run by the other test in a process of its own.</summary>
    [Fact(Explicit = true)]
    public async Task A_run_that_may_kill_itself()
    {
        string folder = Environment.GetEnvironmentVariable("KILLED_RUN_FOLDER")!;
        int point = int.Parse(Environment.GetEnvironmentVariable("KILLED_RUN_POINT")!);
        int seen = -1;
        var steps = s_names.Select(
            (name, i) =>
                new Step
                {
                    Name = name,
                    DependsOn = i == 0 ? [] : [s_names[i - 1]],
                    RunAsync = async (_, token) =>
                    {
                        if (
                            File.Exists(Log(folder))
                            && (await File.ReadAllLinesAsync(Log(folder), token)).Contains(name)
                        )
                        {
                            return;
                        }

                        Die();
                        await File.AppendAllTextAsync(Log(folder), $"{name}\n", token);
                        Die();
                    },
                }
        );

        await new StepRunner(new StepGraph(steps), TimeProvider.System).RunAsync(Token);

        void Die()
        {
            if (++seen == point)
            {
                using var self = Process.GetCurrentProcess();
                self.Kill();
            }
        }
    }

    private static Task<ProgramResult> RunAsync(TemporaryFolder folder, int point)
    {
        bool isHost = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        string[] host = isHost ? [typeof(KilledRunTests).Assembly.Location] : [];
        var command = new ProgramCommand
        {
            Program = Environment.ProcessPath!,
            Arguments =
            [
                .. host,
                "--no-progress",
                "--results-directory",
                folder.Path,
                "--explicit",
                "only",
                "--filter-method",
                $"*{nameof(A_run_that_may_kill_itself)}",
            ],
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["KILLED_RUN_FOLDER"] = folder.Path,
                ["KILLED_RUN_POINT"] = $"{point}",
            },
            Timeout = TimeSpan.FromSeconds(60),
        };
        return new ProgramRunner(TimeProvider.System).RunAnyAsync(command, Token);
    }

    private static string Log(string folder) => Path.Combine(folder, "runs.log");
}
