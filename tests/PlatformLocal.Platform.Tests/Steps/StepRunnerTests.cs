using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.Tests.Steps;

public sealed class StepRunnerTests
{
    private readonly ConcurrentQueue<StepEvent> _events = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

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

                    Run(steps, new StepRunnerOptions { Parallelism = 2 }).GetAwaiter().GetResult();

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
        // Each step has two points to end at: before and after its effect.
        string[] names = ["cluster", "registry", "flux", "minio", "search", "ready"];
        for (int point = 0; point < names.Length * 2; point++)
        {
            var effects = new List<string>();
            using var kill = new CancellationTokenSource();
            int seen = -1;
            bool isKilled = false;
            var steps = names.Select(
                (name, i) =>
                    new Step
                    {
                        Name = name,
                        DependsOn = i == 0 ? [] : [names[i - 1]],
                        RunAsync = (_, _) =>
                        {
                            Effect(name);
                            return Task.CompletedTask;
                        },
                    }
            );

            var first = () => Run(steps, null, kill.Token);
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
            await Run(steps);

            effects.Should().Equal(names, "each looks first, and what was done stays done");

            void Effect(string name)
            {
                if (effects.Contains(name))
                {
                    return;
                }

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

        var fault = (await FluentActions.Awaiting(() => Run(steps)).Should().ThrowAsync<StepsFailedException>()).Which;

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

        var act = () => Run([step], options);

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

        var fault = (await FluentActions.Awaiting(() => Run(steps)).Should().ThrowAsync<StepsFailedException>()).Which;

        fault.NextStep.Should().StartWith("Do this.\n");
        fault
            .Ledger.Steps.Select(s => (s.Step, s.Outcome))
            .Should()
            .BeEquivalentTo([("long", StepOutcome.Stopped), ("broken", StepOutcome.Failed)]);
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

        var ledger = await Run(steps);

        ledger.CriticalPath.Should().Equal("a", "b");
        ledger.Seconds.Should().BeGreaterThanOrEqualTo(ledger.Steps.Sum(s => s.Seconds));
        _events
            .Select(e => $"{e.Step} {e.Kind} {e.Message}".TrimEnd())
            .Should()
            .Equal("a Started", "a Progress at a", "a Done", "b Started", "b Progress at b", "b Done");
    }

    private Task<StepLedger> Run(
        IEnumerable<Step> steps,
        StepRunnerOptions? options = null,
        CancellationToken? token = null
    ) =>
        new StepRunner(
            new StepGraph(steps),
            TimeProvider.System,
            (options ?? new StepRunnerOptions()) with
            {
                OnEvent = _events.Enqueue,
            }
        ).RunAsync(token ?? Token);

    private static void InterlockedMax(ref int most, int value)
    {
        int seen = Volatile.Read(ref most);
        while (value > seen && Interlocked.CompareExchange(ref most, value, seen) is var now && now != seen)
        {
            seen = now;
        }
    }
}
