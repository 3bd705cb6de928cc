using Polly;
using Polly.Retry;

namespace PlatformLocal.Platform.Steps;

/// <summary>How steps are run.</summary>
internal sealed record StepRunnerOptions
{
    /// <summary>How many steps run at the same time at most.</summary>
    /// <value>32 unless set, as they mostly wait; at least 1.</value>
    public int Parallelism { get; init; } = 32;

    /// <summary>How long a step that was told to stop may take to tidy up before it is left alone.</summary>
    /// <value>15 seconds unless set.</value>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Is told what happens; never from two threads at once.</summary>
    public Action<StepEvent>? OnEvent { get; init; }
}

/// <summary>
/// Runs the steps of a graph: each after those it depends on, independent ones at the same time. Nothing is remembered
/// between runs: each step looks itself.
/// </summary>
/// <param name="graph">The steps.</param>
/// <param name="time">The clock of timeouts, pauses and the ledger.</param>
/// <param name="options">How; the defaults when <see langword="null"/>.</param>
internal sealed class StepRunner(StepGraph graph, TimeProvider time, StepRunnerOptions? options = null)
{
    private readonly StepRunnerOptions _options = options ?? new StepRunnerOptions();
    private readonly Lock _events = new();

    /// <summary>Runs all steps.</summary>
    /// <param name="cancellationToken">Stops the running steps; the next run goes on from there.</param>
    /// <returns>Where the time went.</returns>
    /// <exception cref="StepsFailedException">A step failed, or several.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<StepLedger> RunAsync(CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        var waiting = graph.Order.ToList();
        var done = new HashSet<string>(StringComparer.Ordinal);
        var running = new Dictionary<Task<StepEnd>, Step>();
        var times = new List<StepTime>();
        var failures = new List<(string Step, Exception Fault)>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        while (waiting.Count > 0 || running.Count > 0)
        {
            while (!stop.IsCancellationRequested && running.Count < _options.Parallelism)
            {
                var next = waiting.Find(s => s.DependsOn.All(done.Contains));
                if (next is null)
                {
                    break;
                }

                waiting.Remove(next);
                running.Add(RunOneAsync(next, started, stop.Token), next);
            }

            if (running.Count == 0)
            {
                break; // what it waits for failed, or the caller stops: it must wait for the next run
            }

            var task = await Task.WhenAny(running.Keys);
            var step = running[task];
            running.Remove(task);
            var end = await task;
            times.Add(end.Time);
            if (end.Fault is { } fault)
            {
                failures.Add((step.Name, fault));
                if (step.StopsOthers)
                {
                    await stop.CancelAsync();
                }
            }
            else if (end.Time.Outcome == StepOutcome.Done)
            {
                done.Add(step.Name);
            }
        }

        var ledger = Ledger(times, started);
        return failures.Count > 0 ? throw new StepsFailedException(failures, ledger)
            : done.Count == graph.Order.Count ? ledger
            : throw new OperationCanceledException(cancellationToken);
    }

    private async Task<StepEnd> RunOneAsync(Step step, long runStarted, CancellationToken cancellationToken)
    {
        await Task.Yield(); // a step that works before its first wait must not hold up the others
        double start = time.GetElapsedTime(runStarted).TotalSeconds;
        long started = time.GetTimestamp();
        int attempts = 0;
        try
        {
            Tell(step, StepEventKind.Started, "", started);
            Func<CancellationToken, Task> attempt = token =>
            {
                attempts++;
                return step.RunAsync(Context(step, started), token);
            };
            // What is tried once does without the pipeline, which would be compiled at each start of a command.
            await WithinAsync(
                step,
                step.Retry.Attempts == 1 ? attempt : RetriesOf(step, attempt, started),
                cancellationToken
            );
            Tell(step, StepEventKind.Done, "", started);
            return End(StepOutcome.Done);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Tell(step, StepEventKind.Stopped, "", started);
            return End(StepOutcome.Stopped);
        }
        catch (Exception fault)
        {
            // The boundary of a step: whatever it throws is its failure, told by the run.
            if (!step.StopsOthers)
            {
                Tell(step, StepEventKind.Progress, $"failed, what does not need it goes on: {fault.Message}", started);
            }

            Tell(step, StepEventKind.Failed, fault.Message, started);
            return End(StepOutcome.Failed, fault);
        }

        StepEnd End(StepOutcome outcome, Exception? fault = null) =>
            new(new StepTime(step.Name, outcome, start, time.GetElapsedTime(started).TotalSeconds, attempts), fault);
    }

    private Func<CancellationToken, Task> RetriesOf(Step step, Func<CancellationToken, Task> attempt, long started)
    {
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(
                new RetryStrategyOptions
                {
                    MaxRetryAttempts = step.Retry.Attempts - 1,
                    BackoffType = DelayBackoffType.Exponential,
                    Delay = step.Retry.Delay,
                    ShouldHandle = a =>
                        ValueTask.FromResult(
                            a.Outcome.Exception is { } fault
                                && !a.Context.CancellationToken.IsCancellationRequested
                                && step.Retry.IsWorthwhile(fault)
                        ),
                    OnRetry = a =>
                    {
                        Tell(step, StepEventKind.Retrying, a.Outcome.Exception!.Message, started);
                        return ValueTask.CompletedTask;
                    },
                }
            )
            .Build();
        return token => pipeline.ExecuteAsync(async t => await attempt(t), token).AsTask();
    }

    /// <summary>Keeps to the step's timeout, also when the step itself does not listen.</summary>
    private async Task WithinAsync(Step step, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(step.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var task = work(both.Token);
        try
        {
            try
            {
                await task.WaitAsync(both.Token);
            }
            catch (OperationCanceledException) when (both.IsCancellationRequested && !task.IsCompleted)
            {
                await task.WaitAsync(_options.GracePeriod, time, CancellationToken.None);
            }
        }
        catch (Exception fault)
            when (fault is OperationCanceledException or TimeoutException && both.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new PlatformException(
                FailureKind.NotReadyInTime,
                $"It did not finish within {step.Timeout.TotalSeconds:0.#} s.",
                inner: fault
            );
        }
    }

    private StepContext Context(Step step, long started) =>
        new(time, message => Tell(step, StepEventKind.Progress, message, started));

    private void Tell(Step step, StepEventKind kind, string message, long started)
    {
        if (_options.OnEvent is { } onEvent)
        {
            lock (_events)
            {
                onEvent(new StepEvent(step.Name, kind, message, time.GetElapsedTime(started)));
            }
        }
    }

    private StepLedger Ledger(List<StepTime> times, long started)
    {
        var seconds = times.ToDictionary(t => t.Step, t => t.Seconds, StringComparer.Ordinal);
        return new StepLedger(
            [.. times.OrderBy(t => t.StartSeconds)],
            time.GetElapsedTime(started).TotalSeconds,
            [
                .. graph
                    .CriticalPath(name => TimeSpan.FromSeconds(seconds.GetValueOrDefault(name)))
                    .Where(seconds.ContainsKey),
            ]
        );
    }

    private sealed record StepEnd(StepTime Time, Exception? Fault);
}
