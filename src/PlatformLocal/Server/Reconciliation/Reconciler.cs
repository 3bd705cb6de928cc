using System.Collections.Concurrent;
using PlatformLocal.Client;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>Names of the environments that the cluster holds, with a claim or without.</summary>
/// <param name="cancellationToken">Stops asking.</param>
internal delegate Task<IReadOnlyList<string>> EnvironmentsInCluster(CancellationToken cancellationToken);

/// <summary>
/// Keeps environments as their claims want them: several at once, each strictly in order. It acts on what is, not on
/// what happened, so that nothing is lost when it misses an event or starts anew.
/// </summary>
internal sealed partial class Reconciler(
    ClaimStore claims,
    EnvironmentReconciliation reconciliation,
    EnvironmentsInCluster environmentsInCluster,
    EnvironmentFeed feed,
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
    private Task _loop = Task.CompletedTask;

    /// <summary>Ends when all claims were seen once, or when they could not be: nobody waits for a store that is away.</summary>
    public Task FirstLook => _firstLook.Task;

    public void Start() => _loop = RunAsync(_stop.Token);

    /// <summary>Has an environment looked at soon; work on an outdated claim is broken off.</summary>
    /// <param name="name">The environment.</param>
    /// <param name="revision">The claim's revision as the caller knows it; <see langword="null"/> when it is gone.</param>
    /// <param name="pass">What is to be looked at.</param>
    public EnvironmentDocument Request(string name, string? revision, PassKind pass = PassKind.Claim)
    {
        while (true)
        {
            if (_workers.GetOrAdd(name, NewWorker).Request(revision, pass) is { } document)
            {
                return document;
            }
        }
    }

    /// <summary>Has newer versions looked for soon, after what is under way.</summary>
    /// <param name="name">An environment that is known.</param>
    public void RequestUpdate(string name)
    {
        // The pass says when the next one is.
        var known = feed.Update(name, d => d with { NextUpdate = null });
        if (known.Phase != EnvironmentPhase.Deleting)
        {
            Request(name, known.Revision, PassKind.Update);
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
            _slots,
            time,
            ended => _workers.TryRemove(KeyValuePair.Create(name, ended)),
            _stop.Token
        );

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        var nextResync = DateTimeOffset.MinValue;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var now = time.GetUtcNow();
                if (now >= nextResync)
                {
                    seen.Clear();
                    foreach (var name in await environmentsInCluster(cancellationToken))
                    {
                        seen[name] = ""; // one whose claim went while nobody looked is then seen as removed
                    }

                    nextResync = now + ResyncInterval;
                }

                await LookAsync(seen, now, cancellationToken);
                _firstLook.TrySetResult();
                await claims.WaitForChangeAsync(NextLook(now, nextResync), cancellationToken);
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

    private async Task LookAsync(
        Dictionary<string, string> seen,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var current = await claims.ListAsync(cancellationToken);
        foreach (var (name, revision) in current)
        {
            var known = feed.Find(name);
            var expires = known?.ExpirationDate <= now && known.Phase != EnvironmentPhase.Deleting;
            if (!seen.TryGetValue(name, out var before) || before != revision || expires)
            {
                seen[name] = revision;
                if (known?.Requested is null or 0 || known.Revision != revision || before is null or "" || expires)
                {
                    // Nobody waits any more for what expired to get ready.
                    var breaksOff = expires && known!.Phase == EnvironmentPhase.Delivering;
                    Request(name, revision, breaksOff ? PassKind.Lock : PassKind.Claim);
                }
            }
        }

        foreach (var name in seen.Keys.Where(n => !current.ContainsKey(n)).ToList())
        {
            seen.Remove(name);
            Request(name, revision: null);
        }

        foreach (var due in feed.All.Where(d => d.NextUpdate <= now))
        {
            RequestUpdate(due.EnvironmentName);
        }
    }

    private TimeSpan NextLook(DateTimeOffset now, DateTimeOffset nextResync)
    {
        var next = feed
            .All.SelectMany(d => new[] { d.ExpirationDate, d.NextUpdate })
            .OfType<DateTimeOffset>()
            .Where(e => e > now)
            .Append(nextResync)
            .Append(now + ListInterval)
            .Min();
        return next - now;
    }

    [LoggerMessage(LogLevel.Warning, "Looking for claims failed and is tried again: {Message}")]
    private partial void LogLookFailed(string message);
}
