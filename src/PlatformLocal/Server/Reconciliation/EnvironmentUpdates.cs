using PlatformLocal.Server.History;
using PlatformLocal.Server.Status;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>
/// Brings newer versions that a claim accepts into its environment, and what was there before back when they do not
/// become ready.
/// </summary>
internal sealed partial class EnvironmentUpdates(
    ClaimStore claims,
    ClaimCompiler compiler,
    EnvironmentFeed feed,
    EnvironmentStatus status,
    TimeProvider time,
    ILogger<EnvironmentUpdates> logger
)
{
    // When the workspace cannot be read, nobody knows how often it wants to be looked at.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(1);

    /// <summary>Locks newer versions when there are some, for the delivery that follows.</summary>
    /// <returns>Whether there is anything to deliver; what is not ready is tried again in any case.</returns>
    public async Task<bool> PrepareAsync(StoredClaim stored, CancellationToken cancellationToken)
    {
        var name = stored.Name;
        var isReady = feed.Find(name)?.Phase == EnvironmentPhase.Ready;
        try
        {
            var snapshot = compiler.ReadWorkspace();
            var types = snapshot.Workspace.Types;
            var (claim, source) = stored.Read(types);
            var history = await claims.GetHistoryAsync(name, cancellationToken);
            if (!history.IsOf(source))
            {
                return true; // it is deployed anew just now
            }

            if (!Schedule(claim, types, history, source))
            {
                return !isReady;
            }

            var before = await claims.GetLockAsync(name, cancellationToken);
            var policy = new VersionPolicy
            {
                Lock = before,
                Upgrade = ["*"],
                KeepImages = true,
                Avoid = history.BlamedFor(source),
            };
            var candidate = (await compiler.CompileAsync(claim, snapshot, policy, cancellationToken)).ToLock();
            status.Report(name, new EnvironmentFact.UpdatesLooked());
            if (before?.ChangesTo(candidate).Any(d => d.What is "version" or "service") != true)
            {
                return !isReady;
            }

            var rollout = new Rollout
            {
                Time = time.GetUtcNow(),
                Cause = RolloutCause.AutomaticUpdate,
                Lock = candidate.WithReasonsOf(before),
                Claim = source,
            };
            await claims.RollOutAsync(stored, before, rollout.Lock, h => h.Begin(rollout), cancellationToken);
            LogUpdate(name, string.Join(", ", before.ChangesTo(candidate).Select(c => c.ToChange())));
            return true;
        }
        catch (PlatformException e) when (e is not UnreadableObjectException)
        {
            LogNotLooked(name, e.Message);
            status.Report(name, new EnvironmentFact.UpdatesNotLooked(e, time.GetUtcNow() + RetryInterval));
            return !isReady;
        }
    }

    /// <summary>Says when newer versions are looked for next.</summary>
    /// <returns>Whether they are looked for at all.</returns>
    public bool Schedule(
        Claim claim,
        IReadOnlyDictionary<EnvironmentType, EnvironmentTypeDefaults> types,
        EnvironmentHistory history,
        JsonObject source
    )
    {
        var next =
            claim.AcceptsNewer && history.HeldAt(source) is null
                ? time.GetUtcNow() + types[claim.EnvironmentType].UpdatesEvery
                : null;
        status.Report(claim.EnvironmentName, new EnvironmentFact.UpdatesScheduled(next));
        return next is not null;
    }

    /// <summary>After a failed automatic update puts the lock back that was ready before it.</summary>
    /// <returns>Whether there is something to go back to, and the versions are to blame.</returns>
    public async Task<bool> GoBackAsync(
        StoredClaim stored,
        Rollout failed,
        PlatformException failure,
        CancellationToken cancellationToken
    )
    {
        var name = stored.Name;
        var history = await claims.GetHistoryAsync(name, cancellationToken);
        if (
            failed.Cause != RolloutCause.AutomaticUpdate
            || history.LastReady(failed.Claim) is not { } good
            || IsUnreachable(failure)
        )
        {
            return false;
        }

        var brought = good
            .Lock.ChangesTo(failed.Lock)
            .Where(d => d.What is "version" or "service" && d.To is not null)
            .ToDictionary(d => d.Service, d => d.To!, StringComparer.Ordinal);
        var services = feed.Find(name)!.Services.Where(s => s.Phase == ServicePhase.Failed).ToList();
        var broken = services
            .Where(s => brought.ContainsKey(s.Name))
            .ToDictionary(s => s.Name, s => s.Version, StringComparer.Ordinal);
        // What failed and why, as far as it fits a sentence: the rest is in the history.
        var why = services.Take(1).Select(Why).FirstOrDefault();
        var back = new Rollout
        {
            Time = time.GetUtcNow(),
            Cause = RolloutCause.AutomaticRollback,
            BackTo = good.Number,
            Lock = good.Lock,
            Claim = failed.Claim,
        };
        await claims.RollOutAsync(
            stored,
            failed.Lock,
            good.Lock,
            h =>
                h.End(failed.Number, RolloutOutcome.Failed, back.Time, failure.Message)
                    .Blame(failed.Number, broken.Count > 0 ? broken : brought, why)
                    .Begin(back),
            cancellationToken
        );
        LogBack(name, good.Number, failure.Message);
        return true;
    }

    private static string Why(ServiceDocument failed)
    {
        var lines = (failed.Message ?? "").Split('\n', StringSplitOptions.TrimEntries);
        var cause = failed.Causes.Count > 0 ? failed.Causes[0].ToString() : lines.ElementAtOrDefault(1) ?? "";
        return $"{failed.Name}: {lines[0].TrimEnd('.')}. {cause}".Trim();
    }

    // A cluster that is away says nothing about versions.
    private static bool IsUnreachable(Exception? failure) =>
        failure switch
        {
            null => false,
            KubernetesException { Code: 0 } => true,
            AggregateException many => many.InnerExceptions.Any(IsUnreachable),
            _ => IsUnreachable(failure.InnerException),
        };

    [LoggerMessage(LogLevel.Information, "{Name} is updated: {Changes}")]
    private partial void LogUpdate(string name, string changes);

    [LoggerMessage(LogLevel.Warning, "{Name}: newer versions cannot be looked for: {Message}")]
    private partial void LogNotLooked(string name, string message);

    [LoggerMessage(LogLevel.Warning, "{Name} goes back to {Number}, its update failed: {Message}")]
    private partial void LogBack(string name, int number, string message);
}
