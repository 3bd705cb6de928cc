using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Platform.Steps;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Steps;

public sealed class StepRunnerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<StepEvent> _events = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Steps_start_only_when_their_dependencies_are_done_and_never_more_at_once_than_allowed() =>
        Prop.ForAll(
                TestSteps.Graphs.ToArbitrary(),
                dependencies =>
                {
                    var done = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
                    int now = 0;
                    int most = 0;
                    var steps = TestSteps.Of(
                        dependencies,
                        async (name, _) =>
                        {
                            dependencies[name].All(done.ContainsKey).Should().BeTrue();
                            InterlockedMax(ref most, Interlocked.Increment(ref now));
                            await Task.Yield();
                            Interlocked.Decrement(ref now);
                            done[name] = true;
                        }
                    );

                    Run(steps, Guid.NewGuid().ToString("N"), new StepRunnerOptions { Parallelism = 2 })
                        .GetAwaiter()
                        .GetResult();

                    done.Keys.Should().BeEquivalentTo(dependencies.Keys);
                    most.Should().BeLessThanOrEqualTo(2);
                }
            )
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_that_ends_at_any_point_is_completed_by_the_next(bool byCancellation)
    {
        // Each step has two points to end at: before and after its effect. The journal has written "started" by then,
        // as it has when a process is killed.
        string[] names = ["cluster", "registry", "flux", "minio", "search", "ready"];
        for (int point = 0; point < names.Length * 2; point++)
        {
            var effects = new HashSet<string>(StringComparer.Ordinal);
            using var kill = new CancellationTokenSource();
            int seen = -1;
            bool isKilled = false;
            var steps = Chain(names, name => Effect(name), name => effects.Contains(name));

            var first = () => Run(steps, $"point-{point}", null, kill.Token);
            if (byCancellation)
            {
                await first.Should().ThrowAsync<OperationCanceledException>();
            }
            else
            {
                await first
                    .Should()
                    .ThrowAsync<StepsFailedException>()
                    .WithMessage($"The step '{names[point / 2]}' failed: killed");
            }

            isKilled = true;
            var ledger = await Run(steps, $"point-{point}");

            effects.Should().BeEquivalentTo(names);
            ledger
                .Steps.Where(s => s.Outcome == StepOutcome.Skipped)
                .Select(s => s.Step)
                .Should()
                .Equal(names.Take(point / 2), "what was done stays done");

            void Effect(string name)
            {
                Die();
                effects.Add(name);
                Die();
            }

            void Die()
            {
                if (++seen != point || isKilled)
                {
                    return;
                }

                if (byCancellation)
                {
                    kill.Cancel();
                    kill.Token.ThrowIfCancellationRequested();
                }

                throw new PlatformException("killed");
            }
        }
    }

    [Fact]
    public async Task A_step_whose_outcome_is_gone_is_run_again_and_so_is_what_builds_on_it_unchecked()
    {
        var effects = new List<string>();
        bool stands = true;
        var steps = TestSteps
            .Of(("cluster", ""), ("registry", ""), ("apps", "cluster"))
            .Select(s =>
                s with
                {
                    RunAsync = (_, _) =>
                    {
                        effects.Add(s.Name);
                        return Task.CompletedTask;
                    },
                    IsDoneAsync = s.Name == "cluster" ? (_, _) => Task.FromResult(stands) : null,
                }
            )
            .ToList();
        var one = new StepRunnerOptions { Parallelism = 1 };
        await Run(steps, "j", one);
        await Run(steps, "j", one);
        effects.Should().Equal("cluster", "registry", "apps");

        stands = false;
        await Run(steps, "j", one);

        effects.Should().Equal("cluster", "registry", "apps", "cluster", "apps");
    }

    [Fact]
    public async Task Another_input_runs_a_step_again()
    {
        int runs = 0;
        var step = new Step
        {
            Name = "flux",
            Input = "2.6",
            RunAsync = (_, _) => Task.FromResult(runs++),
        };
        await Run([step], "j");

        await Run([step], "j");
        await Run([step with { Input = "2.7" }], "j");

        runs.Should().Be(2);
    }

    [Fact]
    public async Task A_step_is_tried_again_as_often_as_its_rule_says_and_not_for_invalid_input()
    {
        int flaky = 0;
        int invalid = 0;
        var retry = new StepRetry { Attempts = 3, Delay = TimeSpan.FromMilliseconds(1) };
        var steps = new[]
        {
            new Step
            {
                Name = "flaky",
                Retry = retry,
                RunAsync = (_, _) => ++flaky < 3 ? throw new PlatformException("not yet") : Task.CompletedTask,
            },
            new Step
            {
                Name = "invalid",
                Retry = retry,
                DependsOn = ["flaky"],
                RunAsync = (_, _) =>
                {
                    invalid++;
                    throw new PlatformException("never") { Kind = FailureKind.InvalidInput };
                },
            },
        };

        var fault = (
            await FluentActions.Awaiting(() => Run(steps, "j")).Should().ThrowAsync<StepsFailedException>()
        ).Which;

        flaky.Should().Be(3);
        invalid.Should().Be(1);
        fault.Kind.Should().Be(FailureKind.InvalidInput);
        fault
            .Ledger.Steps.Select(s => (s.Step, s.Outcome, s.Attempts))
            .Should()
            .Equal(("flaky", StepOutcome.Done, 3), ("invalid", StepOutcome.Failed, 1));
        _events.Count(e => e.Kind == StepEventKind.Retrying).Should().Be(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_step_that_takes_too_long_is_stopped_whether_it_listens_or_not(bool listens)
    {
        var step = new Step
        {
            Name = "search",
            Timeout = TimeSpan.FromMilliseconds(50),
            RunAsync = (context, token) =>
                Task.Delay(Timeout.InfiniteTimeSpan, context.Time, listens ? token : CancellationToken.None),
        };
        var options = new StepRunnerOptions { GracePeriod = TimeSpan.FromMilliseconds(50) };

        var act = () => Run([step], "j", options);

        (await act.Should().ThrowAsync<StepsFailedException>())
            .WithMessage("The step 'search' failed: It did not finish within 0.1 s.")
            .Which.Kind.Should()
            .Be(FailureKind.NotReadyInTime);
    }

    [Fact]
    public async Task A_failure_stops_what_runs_beside_it_and_nothing_new_begins()
    {
        var begun = new TaskCompletionSource();
        var steps = new[]
        {
            new Step
            {
                Name = "long",
                RunAsync = async (context, token) =>
                {
                    begun.SetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, token);
                },
            },
            new Step
            {
                Name = "broken",
                RunAsync = async (_, _) =>
                {
                    await begun.Task;
                    throw new PlatformException("no", "Do this.");
                },
            },
            new Step
            {
                Name = "after",
                DependsOn = ["broken"],
                RunAsync = (_, _) => Task.CompletedTask,
            },
        };

        var fault = (
            await FluentActions.Awaiting(() => Run(steps, "j")).Should().ThrowAsync<StepsFailedException>()
        ).Which;

        fault.NextStep.Should().StartWith("Do this.\n");
        fault
            .Ledger.Steps.Select(s => (s.Step, s.Outcome))
            .Should()
            .BeEquivalentTo([("long", StepOutcome.Stopped), ("broken", StepOutcome.Failed)]);
    }

    [Fact]
    public async Task Undo_goes_backwards_over_what_began_and_tells_all_failures()
    {
        var undone = new List<string>();
        string failing = "registry";
        string[] names = ["cluster", "registry", "flux", "apps"];
        var steps = Chain(names, name => _ = name == "flux" ? throw new PlatformException("no") : 0, _ => true)
            .Select(s =>
                s with
                {
                    UndoAsync = (_, _) =>
                    {
                        if (s.Name == failing)
                        {
                            throw new PlatformException("in use");
                        }

                        undone.Add(s.Name);
                        return Task.CompletedTask;
                    },
                }
            )
            .ToList();
        await FluentActions.Awaiting(() => Run(steps, "j")).Should().ThrowAsync<StepsFailedException>();

        var undo = () => Undo(steps, "j");

        await undo.Should()
            .ThrowAsync<PlatformException>()
            .WithMessage("The step 'registry' could not be taken back: in use");
        undone.Should().Equal("flux", "cluster");
        failing = "";
        await Undo(steps, "j");
        undone.Should().Equal("flux", "cluster", "registry");
    }

    [Fact]
    public async Task The_ledger_and_the_events_tell_what_happened()
    {
        var steps = TestSteps
            .Of(("a", ""), ("b", "a"))
            .Select(s =>
                s with
                {
                    RunAsync = (context, _) =>
                    {
                        context.Report($"at {s.Name}");
                        return Task.CompletedTask;
                    },
                }
            );

        var ledger = await Run(steps, "j");

        ledger.CriticalPath.Should().Equal("a", "b");
        ledger.Seconds.Should().BeGreaterThanOrEqualTo(ledger.Steps.Sum(s => s.Seconds));
        _events
            .Select(e => $"{e.Step} {e.Kind} {e.Message}".TrimEnd())
            .Should()
            .Equal("a Started", "a Progress at a", "a Done", "b Started", "b Progress at b", "b Done");
    }

    private async Task<StepLedger> Run(
        IEnumerable<Step> steps,
        string journal,
        StepRunnerOptions? options = null,
        CancellationToken? token = null
    )
    {
        using var open = StepJournal.Open(Path.Combine(_folder.Path, journal), TimeProvider.System);
        options = (options ?? new StepRunnerOptions()) with { OnEvent = _events.Enqueue };
        var runner = new StepRunner(new StepGraph(steps), open, TimeProvider.System, options);
        return await runner.RunAsync(token ?? Token);
    }

    private async Task Undo(IEnumerable<Step> steps, string journal)
    {
        using var open = StepJournal.Open(Path.Combine(_folder.Path, journal), TimeProvider.System);
        await new StepRunner(new StepGraph(steps), open, TimeProvider.System).UndoAsync(Token);
    }

    private static List<Step> Chain(string[] names, Action<string> effect, Func<string, bool> stands) =>
        [
            .. names.Select(
                (name, i) =>
                    new Step
                    {
                        Name = name,
                        DependsOn = i == 0 ? [] : [names[i - 1]],
                        RunAsync = (_, _) =>
                        {
                            effect(name);
                            return Task.CompletedTask;
                        },
                        IsDoneAsync = (_, _) => Task.FromResult(stands(name)),
                    }
            ),
        ];

    private static void InterlockedMax(ref int most, int value)
    {
        int seen = Volatile.Read(ref most);
        while (value > seen && Interlocked.CompareExchange(ref most, value, seen) is var now && now != seen)
        {
            seen = now;
        }
    }
}
