using PlatformLocal.Server.Status;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>What a pass over an environment is asked for.</summary>
internal enum PassKind
{
    /// <summary>The claim: one under way for the same claim will do.</summary>
    Claim,

    /// <summary>The lock was changed under the claim, or it expired: one under way is broken off.</summary>
    Lock,

    /// <summary>Newer versions are to be looked for, after one that is under way.</summary>
    Update,
}

/// <summary>How a pass ended.</summary>
internal enum PassOutcome
{
    /// <summary>The cluster is as the claim wants it.</summary>
    Done,

    /// <summary>It may help to try again.</summary>
    Failed,

    /// <summary>It does not help to try again before something is changed.</summary>
    Stalled,
}

/// <summary>Does the passes over one environment, one after the other; ends when the environment is gone.</summary>
internal sealed class EnvironmentWorker(
    string name,
    EnvironmentReconciliation reconciliation,
    EnvironmentFeed feed,
    EnvironmentStatus status,
    WorkspaceSnapshots workspaces,
    Func<DateTimeOffset> nextLook,
    SemaphoreSlim slots,
    TimeProvider time,
    Action<EnvironmentWorker> ended,
    CancellationToken stop
)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private CancellationTokenSource? _pass;
    private WaitClock _clock = new(time);
    private string? _passRevision;
    private string? _passWorkspace;
    private bool _running;
    private bool _gone;
    private bool _update;
    private string? _stalledAt;
    private long _requested;
    private int _failures;
    private ITimer? _retry;

    /// <summary>The workspace with which it failed in a way that only a change helps; <see langword="null"/> when it did not.</summary>
    public string? StalledAt
    {
        get
        {
            lock (_lock)
            {
                return _running ? null : _stalledAt;
            }
        }
    }

    /// <summary>Ends when no pass is under way.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Asks for a pass.</summary>
    /// <param name="revision">The claim's revision; <see langword="null"/> when it is gone.</param>
    /// <param name="claim">The claim of that revision, where the caller has it.</param>
    /// <param name="pass">What the pass is for.</param>
    /// <param name="accepted">The services, when somebody deploys the claim just now.</param>
    /// <returns><see langword="null"/> when the environment is gone and with it this worker: ask a new one.</returns>
    public EnvironmentDocument? Request(
        string? revision,
        JsonObject? claim,
        PassKind pass,
        IReadOnlyList<ServiceDocument>? accepted
    )
    {
        lock (_lock)
        {
            if (_gone)
            {
                return null;
            }

            _retry?.Dispose();
            _retry = null;
            _update |= pass == PassKind.Update;
            // A pass that waits for what was delivered gives way to whoever corrected the manifests meanwhile.
            var isUnderWay =
                _pass is not null
                && _passRevision == revision
                && _running
                && (revision is null || _passWorkspace == workspaces.DigestOrNone);
            if (!isUnderWay || pass != PassKind.Claim)
            {
                // Times grow across restarts of the platform: a client that waits for a number is never met by an old one.
                _requested = Math.Max(_requested + 1, time.GetUtcNow().ToUnixTimeMilliseconds());
                _passRevision = revision;
            }

            if (!isUnderWay || pass == PassKind.Lock)
            {
                _pass?.Cancel();
            }
            else if (accepted is not null)
            {
                _clock.Restart(); // whoever deploys the same again waits from now on
            }

            var document = status.Report(
                name,
                new EnvironmentFact.Asked(_requested, revision, claim)
                {
                    Services = isUnderWay && pass == PassKind.Claim ? null : accepted,
                }
            );
            if (!_running && !stop.IsCancellationRequested)
            {
                _running = true;
                var run = Task.Run(RunAsync, CancellationToken.None);
                Completion = Completion.IsCompleted ? run : Task.WhenAll(Completion, run);
            }

            return document;
        }
    }

    /// <summary>Where it failed and waits for a change: a pass is made when something else is made of the claim now.</summary>
    /// <param name="workspace">What the workspace is known by, when it is that which may have changed.</param>
    public void Reconsider(string? workspace = null)
    {
        lock (_lock)
        {
            if (_running || _gone || _stalledAt is null || _stalledAt == workspace || stop.IsCancellationRequested)
            {
                return;
            }

            _stalledAt = workspace ?? _stalledAt;
            Completion = Task.Run(ReconsiderAsync, CancellationToken.None);
        }
    }

    private async Task ReconsiderAsync()
    {
        try
        {
            using var turn = await slots.TakeTurnAsync(stop);
            if (await reconciliation.WouldFailAgainAsync(name, stop))
            {
                return;
            }
        }
        catch (OperationCanceledException)
        {
            return; // the platform stops
        }

        Request(feed.Find(name)?.Revision, null, PassKind.Claim, accepted: null);
    }

    private async Task RunAsync()
    {
        while (true)
        {
            long target;
            bool update;
            bool isRemoval;
            CancellationTokenSource pass;
            WaitClock clock;
            var workspace = workspaces.DigestOrNone;
            lock (_lock)
            {
                target = _requested;
                _passWorkspace = workspace;
                (update, _update) = (_update, false);
                // A removal that broke off goes on, whatever is asked for since.
                isRemoval = _passRevision is null || feed.Find(name)?.Phase == EnvironmentPhase.Deleting;
                _clock = clock = new WaitClock(time);
                _pass = pass = CancellationTokenSource.CreateLinkedTokenSource(stop);
            }

            var outcome = await PassAsync(update, isRemoval, clock, pass.Token);
            lock (_lock)
            {
                _pass = null;
                pass.Dispose();
                if (stop.IsCancellationRequested)
                {
                    _running = false;
                    return;
                }

                if (_requested > target)
                {
                    continue; // asked for again meanwhile
                }

                _running = false;
                if (outcome == PassOutcome.Done && feed.Find(name)?.Phase == EnvironmentPhase.Deleting)
                {
                    _gone = true;
                    ended(this);
                    status.Forget(name);
                    return;
                }

                _failures = outcome == PassOutcome.Done ? 0 : _failures + 1;
                _stalledAt = outcome == PassOutcome.Stalled ? workspaces.DigestOrNone : null;
                status.Report(name, new EnvironmentFact.Ended(target, NextTry(outcome)));
                return;
            }
        }
    }

    /// <summary>When it is tried again by itself; sets the clock for it where nobody else does.</summary>
    private DateTimeOffset? NextTry(PassOutcome? outcome)
    {
        switch (outcome)
        {
            case PassOutcome.Done:
                return null;
            case PassOutcome.Stalled:
                return nextLook(); // with all others: until then it waits for a change
            default:
                var wait = TimeSpan.FromTicks(
                    Math.Min(LongestRetry.Ticks, FirstRetry.Ticks << Math.Min(_failures - 1, 10))
                );
                _retry = time.CreateTimer(
                    _ => Request(_passRevision, null, PassKind.Claim, accepted: null),
                    null,
                    wait,
                    Timeout.InfiniteTimeSpan
                );
                return time.GetUtcNow() + wait;
        }
    }

    private async Task<PassOutcome?> PassAsync(
        bool update,
        bool isRemoval,
        WaitClock clock,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using var turn = await slots.TakeTurnAsync(cancellationToken);
            return await reconciliation.RunAsync(name, update, isRemoval, clock, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return null; // outdated, or the platform stops
        }
    }
}
