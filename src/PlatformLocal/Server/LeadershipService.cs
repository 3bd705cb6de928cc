using PlatformLocal.Server.Reconciliation;

namespace PlatformLocal.Server;

/// <summary>Reconciles while this replica leads. Who cannot lead any more ends: a new process begins with nothing half done.</summary>
internal sealed partial class LeadershipService(
    LeaderElection election,
    Reconciler reconciler,
    ClaimStore claims,
    ServeOptions options,
    IHostApplicationLifetime lifetime,
    ILogger<LeadershipService> logger
) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task<bool> _leading = Task.FromResult(false);

    /// <summary>Whether this replica led and lost its lease.</summary>
    public bool HasLost => _leading is { IsCompletedSuccessfully: true, Result: true };

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // Not before the API answers: the others send their requests as soon as the lease says where.
        _leading = election.RunAsync(LeadAsync, LogElection, _stop.Token);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _leading;
        await reconciler.StopAsync();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stop.Dispose();

    private async Task LeadAsync(CancellationToken cancellationToken)
    {
        await MoveClaimsAsync(cancellationToken);
        reconciler.Start();
        LogElection($"{options.Replica!.Election.Identity} leads");
        await Task.Delay(Timeout.InfiniteTimeSpan, options.Time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await reconciler.StopAsync();
        lifetime.StopApplication();
    }

    // A platform that gets an object store later must not take its empty bucket for the wish to remove everything.
    private async Task MoveClaimsAsync(CancellationToken cancellationToken)
    {
        if (options.Replica!.ObjectStore is null || !Directory.Exists(options.State.Buckets))
        {
            return;
        }

        using var before = new DirectoryObjectStore(options.State.Buckets, options.Time);
        var moved = await claims.TakeOverAsync(before, cancellationToken);
        Directory.Delete(options.State.Buckets, recursive: true);
        LogElection($"{moved} objects moved from the volume to the object store");
    }

    [LoggerMessage(LogLevel.Information, "{Message}")]
    private partial void LogElection(string message);
}
