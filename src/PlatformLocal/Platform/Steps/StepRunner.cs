using PlatformLocal.Client;
using PlatformLocal.Core;

namespace PlatformLocal.Platform.Steps;

/// <summary>How steps are run.</summary>
public sealed record StepRunnerOptions
{
    /// <summary>How many steps run at the same time at most.</summary>
    /// <value>4 unless set; at least 1.</value>
    public int Parallelism { get; init; } = 4;

    /// <summary>How long a step that was told to stop may take to tidy up before it is left alone.</summary>
    /// <value>15 seconds unless set.</value>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Is told what happens; never from two threads at once.</summary>
    public Action<StepEvent>? OnEvent { get; init; }
}

/// <summary>
/// Runs the steps of a graph: each after those it depends on, independent ones at the same time, and those an earlier run
/// has done only when their outcome does not stand any more.
/// </summary>
/// <param name="graph">The steps.</param>
/// <param name="journal">Remembers what is done.</param>
/// <param name="time">The clock of timeouts, pauses and the ledger.</param>
/// <param name="options">How; the defaults when <see langword="null"/>.</param>
public sealed class StepRunner(
    StepGraph graph,
    StepJournal journal,
    TimeProvider time,
    StepRunnerOptions? options = null
)
{
    private readonly StepRunnerOptions _options = options ?? new StepRunnerOptions();
    private readonly Lock _events = new();

    /// <summary>Runs all steps that are not done.</summary>
    /// <param name="cancellationToken">Stops the running steps; the next run goes on from there.</param>
    /// <returns>Where the time went.</returns>
    /// <exception cref="StepsFailedException">A step failed; the others that were running are stopped.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<StepLedger> RunAsync(CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        var waiting = graph.Order.ToList();
        var ended = new Dictionary<string, StepOutcome>(StringComparer.Ordinal);
        var running = new Dictionary<Task<StepEnd>, Step>();
        var times = new List<StepTime>();
        var failures = new List<(string Step, Exception Fault)>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        while (waiting.Count > 0 || running.Count > 0)
        {
            while (failures.Count == 0 && !stop.IsCancellationRequested && running.Count < _options.Parallelism)
            {
                var next = waiting.Find(s => s.DependsOn.All(ended.ContainsKey));
                if (next is null)
                {
                    break;
                }

                waiting.Remove(next);
                bool isBaseNew = next.DependsOn.Any(name => ended[name] == StepOutcome.Done);
                running.Add(RunOneAsync(next, isBaseNew, started, stop.Token), next);
            }

            if (running.Count == 0)
            {
                break; // a step failed or the caller stops: what waits must wait for the next run
            }

            var task = await Task.WhenAny(running.Keys);
            var step = running[task];
            running.Remove(task);
            var end = await task;
            times.Add(end.Time);
            if (end.Fault is { } fault)
            {
                failures.Add((step.Name, fault));
                await stop.CancelAsync();
            }
            else if (end.Time.Outcome is StepOutcome.Done or StepOutcome.Skipped)
            {
                ended[step.Name] = end.Time.Outcome;
            }
        }

        var ledger = Ledger(times, started);
        return failures.Count > 0 ? throw new StepsFailedException(failures, ledger)
            : ended.Count == graph.Order.Count ? ledger
            : throw new OperationCanceledException(cancellationToken);
    }

    /// <summary>Takes back, in reverse order, every step that the journal says has begun.</summary>
    /// <param name="cancellationToken">Stops; what is left is taken back by the next call.</param>
    /// <exception cref="PlatformException">Steps could not be taken back; the others were.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task UndoAsync(CancellationToken cancellationToken)
    {
        var faults = new List<(string Step, Exception Fault)>();
        foreach (var step in graph.Order.Reverse())
        {
            if (journal.Find(step.Name) is null or { Mark: StepMark.Undone })
            {
                continue;
            }

            long started = time.GetTimestamp();
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (step.UndoAsync is { } undo)
                {
                    await WithinAsync(
                        step,
                        token => undo(Context(step, started), token),
                        "be taken back",
                        cancellationToken
                    );
                }

                journal.Write(step, StepMark.Undone);
                Tell(step, StepEventKind.Undone, "", started);
            }
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
            {
                faults.Add((step.Name, fault));
                Tell(step, StepEventKind.Failed, fault.Message, started);
            }
        }

        if (faults.Count > 0)
        {
            throw new PlatformException(
                string.Join(
                    "\n",
                    faults.Select(f => $"The step '{f.Step}' could not be taken back: {f.Fault.Message}")
                ),
                faults.Select(f => (f.Fault as PlatformException)?.NextStep).FirstOrDefault(s => s is not null)
                    ?? "Run the command again: it takes back what is left.",
                faults[0].Fault
            );
        }
    }

    private async Task<StepEnd> RunOneAsync(
        Step step,
        bool isBaseNew,
        long runStarted,
        CancellationToken cancellationToken
    )
    {
        await Task.Yield(); // a step that works before its first wait must not hold up the others
        double start = time.GetElapsedTime(runStarted).TotalSeconds;
        long started = time.GetTimestamp();
        int attempts = 0;
        try
        {
            if (await StandsAsync(step, isBaseNew, started, cancellationToken))
            {
                Tell(step, StepEventKind.Skipped, "", started);
                return End(StepOutcome.Skipped);
            }

            journal.Write(step, StepMark.Started);
            Tell(step, StepEventKind.Started, "", started);
            await WithinAsync(
                step,
                token => AttemptAsync(step, started, () => attempts++, token),
                "finish",
                cancellationToken
            );
            journal.Write(step, StepMark.Done);
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
            Tell(step, StepEventKind.Failed, fault.Message, started);
            return End(StepOutcome.Failed, fault);
        }

        StepEnd End(StepOutcome outcome, Exception? fault = null) =>
            new(new StepTime(step.Name, outcome, start, time.GetElapsedTime(started).TotalSeconds, attempts), fault);
    }

    private async Task<bool> StandsAsync(Step step, bool isBaseNew, long started, CancellationToken cancellationToken)
    {
        if (!journal.IsDone(step))
        {
            return false;
        }

        if (step.IsDoneAsync is not { } isDone)
        {
            return !isBaseNew;
        }

        bool stands = false;
        await WithinAsync(
            step,
            async token => stands = await isDone(Context(step, started), token),
            "be checked",
            cancellationToken
        );
        return stands;
    }

    private async Task AttemptAsync(Step step, long started, Action count, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            count();
            try
            {
                await step.RunAsync(Context(step, started), cancellationToken);
                return;
            }
            catch (Exception fault)
                when (attempt < step.Retry.Attempts
                    && !cancellationToken.IsCancellationRequested
                    && step.Retry.IsWorthwhile(fault)
                )
            {
                Tell(step, StepEventKind.Retrying, fault.Message, started);
                await Task.Delay(step.Retry.DelayAfter(attempt), time, cancellationToken);
            }
        }
    }

    /// <summary>Keeps to the step's timeout, also when the step itself does not listen.</summary>
    private async Task WithinAsync(
        Step step,
        Func<CancellationToken, Task> work,
        string what,
        CancellationToken cancellationToken
    )
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
            throw new PlatformException($"It did not {what} within {step.Timeout.TotalSeconds:0.#} s.", inner: fault)
            {
                Kind = FailureKind.NotReadyInTime,
            };
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
