using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Server.Status;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>The environments that the cluster holds, with a claim or without, and what is remembered of their last delivery.</summary>
internal delegate Task<IReadOnlyDictionary<string, string?>> EnvironmentsInCluster(CancellationToken cancellationToken);

/// <summary>
/// Keeps environments as their claims want them: several at once, each strictly in order. It acts on what is, not on
/// what happened, so that nothing is lost when it misses an event or starts anew.
/// </summary>
internal sealed partial class Reconciler(
    ClaimStore claims,
    EnvironmentReconciliation reconciliation,
    EnvironmentsInCluster environmentsInCluster,
    ReadyEnvironments readyEnvironments,
    EnvironmentFeed feed,
    EnvironmentStatus status,
    WorkspaceSnapshots workspaces,
    TimeProvider time,
    ILogger<Reconciler> logger
) : IAsyncDisposable
{
    // Most of the time an environment waits for readiness: enough that a few which never get there hold nobody up.
    private const int EnvironmentsAtOnce = 32;

    // Watches on folders can miss changes: listings are the truth.
    private static readonly TimeSpan ListInterval = TimeSpan.FromSeconds(2);

    // Puts back what somebody changed by hand in the cluster.
    private static readonly TimeSpan ResyncInterval = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, EnvironmentWorker> _workers = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _slots = new(EnvironmentsAtOnce, EnvironmentsAtOnce);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _firstLook = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly VanishedClaims _vanished = new(workspaces, status, time, logger);
    private Task _loop = Task.CompletedTask;
    private DateTimeOffset _nextResync = DateTimeOffset.MinValue;

    /// <summary>Ends when all claims were seen once, or when they could not be: nobody waits for a store that is away.</summary>
    public Task FirstLook => _firstLook.Task;

    public void Start() => _loop = RunAsync(_stop.Token);

    /// <summary>Has an environment looked at soon; work on an outdated claim is broken off.</summary>
    /// <param name="name">The environment.</param>
    /// <param name="revision">The claim's revision as the caller knows it; <see langword="null"/> when it is gone.</param>
    /// <param name="claim">The claim of that revision, where the caller has it.</param>
    /// <param name="pass">What is to be looked at.</param>
    /// <param name="accepted">The services, when somebody deploys the claim just now.</param>
    public EnvironmentDocument Request(
        string name,
        string? revision,
        JsonObject? claim = null,
        PassKind pass = PassKind.Claim,
        IReadOnlyList<ServiceDocument>? accepted = null
    )
    {
        while (true)
        {
            if (_workers.GetOrAdd(name, NewWorker).Request(revision, claim, pass, accepted) is { } document)
            {
                return document;
            }
        }
    }

    /// <summary>Has made again what is wanted of a ready environment and is being deleted.</summary>
    /// <param name="name">An environment that is known.</param>
    /// <param name="leaving">What that is, by service.</param>
    public EnvironmentDocument Restore(string name, ILookup<string, CauseDocument> leaving)
    {
        var known = status.Report(name, new EnvironmentFact.Leaving(leaving));
        return known.Phase == EnvironmentPhase.Delivering ? Request(name, known.Revision, known.Claim) : known;
    }

    /// <summary>Has newer versions looked for soon, after what is under way.</summary>
    /// <param name="name">An environment that is known.</param>
    public void RequestUpdate(string name)
    {
        // The pass says when the next one is.
        var known = status.Report(name, new EnvironmentFact.UpdatesDue());
        if (known.Phase != EnvironmentPhase.Deleting)
        {
            Request(name, known.Revision, known.Claim, PassKind.Update);
        }
    }

    /// <summary>Breaks all work off and ends what listeners hear; the next start goes on where it was.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _firstLook.TrySetResult();
        await Task.WhenAll(_workers.Values.Select(w => w.Completion));
        feed.Close();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        _slots.Dispose();
    }

    private EnvironmentWorker NewWorker(string name) =>
        new(
            name,
            reconciliation,
            feed,
            status,
            workspaces,
            () => _nextResync,
            _slots,
            time,
            ended => _workers.TryRemove(KeyValuePair.Create(name, ended)),
            _stop.Token
        );

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, ListedClaim?>(StringComparer.Ordinal);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var now = time.GetUtcNow();
                var isResync = now >= _nextResync;
                if (isResync)
                {
                    var inCluster = await environmentsInCluster(cancellationToken);
                    foreach (var name in inCluster.Keys)
                    {
                        seen.TryAdd(name, null); // one whose claim went while nobody looked is then seen as removed
                    }

                    if (_nextResync == DateTimeOffset.MinValue)
                    {
                        await RecallAsync(inCluster, cancellationToken);
                    }

                    _nextResync = now + ResyncInterval;
                }

                await LookAsync(seen, isResync, now, cancellationToken);
                _firstLook.TrySetResult();
                await WaitAsync(now, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The boundary of the loop: a store or cluster out of reach is tried again, and nothing is removed.
                _firstLook.TrySetResult();
                LogLookFailed(e.Message);
                await Task.Delay(ListInterval, time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // At the start most environments are as they were: what is ready with what was delivered last is not planned anew.
    private async Task RecallAsync(IReadOnlyDictionary<string, string?> inCluster, CancellationToken cancellationToken)
    {
        var records = inCluster
            .Select(e => (e.Key, Record: DeliveredRecord.Parse(e.Value)))
            .Where(e => e.Record is not null)
            .ToList();
        if (records.Count > 0)
        {
            var ready = await readyEnvironments.ListAsync(cancellationToken);
            reconciliation.Recall(records.Where(r => ready.Contains(r.Key)).Select(r => (r.Key, r.Record!)));
        }
    }

    // Our own writes are changes too: a large bucket must not be listed after each of them.
    private async Task WaitAsync(DateTimeOffset looked, CancellationToken cancellationToken)
    {
        var pause = (time.GetUtcNow() - looked) * 4;
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause < ListInterval ? pause : ListInterval, time, cancellationToken);
        }

        await claims.WaitForChangeAsync(NextLook(time.GetUtcNow()), cancellationToken);
    }

    private async Task LookAsync(
        Dictionary<string, ListedClaim?> seen,
        bool isResync,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var listing = await claims.LookAsync(cancellationToken);
        var current = listing.Claims;
        ReconsiderStalled();
        foreach (var (name, listed) in current)
        {
            var known = feed.Find(name);
            var expires = known?.ExpirationDate <= now && known.Phase != EnvironmentPhase.Deleting;
            var before = seen.GetValueOrDefault(name);
            seen[name] = listed;
            claims.ForgetRemoval(name);
            var isBack = _vanished.Forget(name);
            if (isBack)
            {
                status.Report(name, new EnvironmentFact.ClaimBack());
            }

            if (
                isResync
                || isBack
                || expires
                || known?.Requested is null or 0
                || (before?.Revision != listed.Revision && known.Revision != listed.Revision)
                || (
                    before is not null
                    && before.Beside != listed.Beside
                    && await IsDamagedAsync(known, cancellationToken)
                )
            )
            {
                // Nobody waits any more for what expired to get ready.
                var breaksOff = expires && known!.Phase == EnvironmentPhase.Delivering;
                Request(name, listed.Revision, pass: breaksOff ? PassKind.Lock : PassKind.Claim);
            }
            else if (before?.Beside != listed.Beside && _workers.TryGetValue(name, out var worker))
            {
                worker.Reconsider(); // what it failed with may be put right
            }
        }

        // What was asked for before the listing was there before it, also where no listing ever showed it.
        var asked = feed
            .All.Where(d => d.Requested > 0 && d.Requested < now.ToUnixTimeMilliseconds())
            .Where(d => d.Phase != EnvironmentPhase.Deleting)
            .Select(d => d.EnvironmentName);
        foreach (var name in seen.Keys.Union(asked).Where(n => !current.ContainsKey(n)).ToList())
        {
            var before = seen.GetValueOrDefault(name);
            var known = feed.Find(name);
            if (known is null ? before is not null || _vanished.Has(name) : known.Phase == EnvironmentPhase.Deleting)
            {
                // Somebody asked for that, or it expired.
                seen.Remove(name);
                _vanished.Forget(name);
                continue;
            }

            if (claims.IsRemoved(name))
            {
                // The same, and whoever did that is about to say it: saying it twice does no harm.
                seen.Remove(name);
                Request(name, revision: null);
                continue;
            }

            if (known?.EnvironmentType is null)
            {
                await reconciliation.RememberAsync(name, cancellationToken);
            }

            if (_vanished.IsRemoval(name, listing.HasBeside(name) || IsUntouched(before, known)))
            {
                seen.Remove(name);
                Request(name, revision: null);
            }
        }

        foreach (var due in feed.All.Where(d => d.NextUpdate <= now))
        {
            RequestUpdate(due.EnvironmentName);
        }
    }

    /// <summary>Whether nothing was ever made of a claim: then nothing was beside it either.</summary>
    private static bool IsUntouched(ListedClaim? claim, EnvironmentDocument? known) =>
        claim is { HasBeside: false } && known is { Services.Count: 0 };

    /// <summary>Whether what is kept beside the claim of a ready environment cannot be read any more: then it is told of wherever it is shown.</summary>
    private async Task<bool> IsDamagedAsync(EnvironmentDocument known, CancellationToken cancellationToken)
    {
        if (known.Phase != EnvironmentPhase.Ready)
        {
            return false;
        }

        try
        {
            await claims.GetLockAsync(known.EnvironmentName, cancellationToken);
            await claims.GetHistoryAsync(known.EnvironmentName, cancellationToken);
            return false;
        }
        catch (UnreadableObjectException)
        {
            return true;
        }
    }

    /// <summary>Has those looked at that wait for a change, when the workspace is another one than they failed with.</summary>
    private void ReconsiderStalled()
    {
        var stalled = _workers.Values.Where(w => w.StalledAt is not null).ToList();
        if (stalled.Count == 0)
        {
            return;
        }

        var digest = workspaces.DigestOrNone;
        foreach (var worker in stalled)
        {
            worker.Reconsider(digest);
        }
    }

    private TimeSpan NextLook(DateTimeOffset now)
    {
        var next = feed
            .All.SelectMany(d => new[] { d.ExpirationDate, d.NextUpdate })
            .OfType<DateTimeOffset>()
            .Where(e => e > now)
            .Append(_nextResync)
            .Append(now + ListInterval)
            .Min();
        // What fell due while claims were looked at is not waited for.
        return next > now ? next - now : TimeSpan.Zero;
    }

    [LoggerMessage(LogLevel.Warning, "Looking for claims failed and is tried again: {Message}")]
    private partial void LogLookFailed(string message);
}
