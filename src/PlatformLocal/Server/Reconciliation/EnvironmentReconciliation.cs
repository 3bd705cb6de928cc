using PlatformLocal.Server.History;
using PlatformLocal.Server.Status;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>One pass over one environment: makes the cluster match the claim, whatever state both are in.</summary>
internal sealed partial class EnvironmentReconciliation(
    ClaimStore claims,
    ClaimCompiler compiler,
    EnvironmentDeliveries deliveries,
    EnvironmentUpdates updates,
    EncryptedFileSecretStore secrets,
    MemorySearchIndex index,
    EnvironmentStatus status,
    KubernetesClient kubernetes,
    TimeProvider time,
    ILogger<EnvironmentReconciliation> logger
)
{
    private readonly ConcurrentDictionary<string, DeliveredRecord> _recalled = new(StringComparer.Ordinal);

    // What was made of claims that failed, by which it is seen whether another workspace changes that.
    private readonly ConcurrentDictionary<string, Attempt> _attempts = new(StringComparer.Ordinal);

    /// <summary>Tells what is ready with what was delivered last: the next pass over it has nothing to do if that is still wanted.</summary>
    public void Recall(IEnumerable<(string Name, DeliveredRecord Record)> ready)
    {
        foreach (var (name, record) in ready)
        {
            _recalled[name] = record;
        }
    }

    /// <summary>Tells of an environment whose claim went while nobody looked what its history says of it.</summary>
    public async Task RememberAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            if ((await claims.GetHistoryAsync(name, cancellationToken)).Newest is { } newest)
            {
                status.Report(name, new EnvironmentFact.Remembered(newest.Claim));
            }
        }
        catch (UnreadableObjectException e)
        {
            LogNotKnown(name, e.Message);
        }
    }

    /// <summary>Makes the cluster match the claim once.</summary>
    /// <param name="name">The environment.</param>
    /// <param name="update">Whether newer versions are looked for.</param>
    /// <param name="isRemoval">Whether the environment is to go when there is no claim: one that is only away removes nothing.</param>
    /// <param name="clock">Since when somebody waits for it.</param>
    /// <param name="cancellationToken">Breaks the pass off.</param>
    /// <returns>Whether it does now; if not, the environment's status says why.</returns>
    public async Task<PassOutcome> RunAsync(
        string name,
        bool update,
        bool isRemoval,
        WaitClock clock,
        CancellationToken cancellationToken
    )
    {
        PlatformException failure;
        string? revision = null;
        _attempts.TryRemove(name, out _);
        try
        {
            var stored = await ReadAsync(name, cancellationToken);
            revision = stored?.Revision;
            if (stored is null)
            {
                if (isRemoval)
                {
                    await RemoveAsync(name, cancellationToken);
                }
            }
            else if (!update || await updates.PrepareAsync(stored, cancellationToken))
            {
                await ConvergeAsync(stored, clock, cancellationToken);
            }

            return PassOutcome.Done;
        }
        catch (PlatformException e)
        {
            failure = e;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The boundary of one environment: a defect in handling it must not stop the others.
            LogUnexpected(e, name);
            failure = new PlatformException(
                $"An unexpected failure: {e.Message}",
                "The platform's log has the details; please report it."
            );
        }

        _attempts.AddOrUpdate(
            name,
            _ => new Attempt(revision, null, failure.Message),
            (_, attempt) =>
                attempt.Revision == revision && attempt.Build is not null
                    ? attempt
                    : new Attempt(revision, null, failure.Message)
        );
        LogFailed(name, failure.Message);
        var failed = status.Report(name, new EnvironmentFact.Failed(failure));
        index.Index(SearchDocuments.Of(failed));
        return EnvironmentStatus.IsTerminal(failure) ? PassOutcome.Stalled : PassOutcome.Failed;
    }

    // Not between the writes of whoever changes it: claim, lock and build belong together.
    private async Task<StoredClaim?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        using var hold = await claims.HoldAsync(name, cancellationToken);
        return await claims.GetAsync(name, cancellationToken);
    }

    private async Task ConvergeAsync(StoredClaim stored, WaitClock clock, CancellationToken cancellationToken)
    {
        var name = stored.Name;
        status.Report(name, new EnvironmentFact.Began(stored.Revision, stored.Source()));
        var snapshot = compiler.ReadWorkspace();
        var types = snapshot.Workspace.Types;
        var (claim, source) = stored.Read(types);
        status.Report(name, new EnvironmentFact.Accepted(claim));
        if (claim.ExpirationDate <= time.GetUtcNow())
        {
            LogExpired(name, claim.ExpirationDate.Value);
            await claims.DeleteAsync(name, WriteCondition.Matches(stored.Revision), cancellationToken);
            await RemoveAsync(name, cancellationToken);
            return;
        }

        using var delivery = await deliveries.OfAsync(claim, snapshot.Workspace, cancellationToken);
        status.Report(name, new EnvironmentFact.Placed(delivery.Cluster, delivery.Delivery.Kind));
        var history = await claims.GetHistoryAsync(name, cancellationToken);
        var before = await claims.GetLockAsync(name, cancellationToken);
        if (
            _recalled.TryRemove(name, out var record)
            && before is not null
            && delivery.Own is null
            && history.IsOf(source)
            && history.Newest is { Outcome: RolloutOutcome.Ready } standing
            && standing.Lock.DifferencesTo(before).Count == 0
            && record.Inputs == compiler.DigestOf(stored, before, snapshot)
            && record.Secrets == await compiler.SecretsAsync(name, record.SecretPaths, cancellationToken)
            && record.ServicesOf(before) is { } services
        )
        {
            status.Report(name, ResolvedTo(services, record.Warnings, history, source));
            updates.Schedule(claim, types, history, source);
            var known = status.Report(name, new EnvironmentFact.Delivered(null, standing.Time));
            index.Index(SearchDocuments.Of(known));
            return;
        }

        var isSame = history.IsOf(source);
        var (compiled, resolved) = await BuildAsync(
            claim,
            stored.Revision,
            snapshot,
            before,
            isSame,
            cancellationToken
        );
        _attempts[name] = new Attempt(stored.Revision, compiled.FingerprintWith(resolved), null);
        status.Report(name, ResolvedTo(ServicesOf(compiled), compiled.Warnings, history, source));
        updates.Schedule(claim, types, history, source);
        var rollout = new Rollout
        {
            Time = time.GetUtcNow(),
            Cause = isSame ? RolloutCause.Workspace : RolloutCause.Claim,
            By = history.Newest is null ? claim.User : null,
            Lock = resolved,
            Claim = source,
        };
        history = await claims.RollOutAsync(stored, before, resolved, h => h.Begin(rollout), cancellationToken);
        compiler.Keep(stored.Revision, resolved, compiled);
        rollout = history.Newest!;
        DeliveryResult result;
        try
        {
            result = await delivery.Delivery.DeliverAsync(
                compiled.Request with
                {
                    Clock = clock,
                    IsPutBack = rollout.BackTo is not null,
                    Keep = (asked, token) => claims.PutFluxAsync(name, asked, token),
                },
                new ProgressReport(p => status.Report(name, new EnvironmentFact.Progressed(p))),
                cancellationToken
            );
        }
        catch (PlatformException e)
        {
            if (await updates.GoBackAsync(stored, rollout, e, cancellationToken))
            {
                await ConvergeAsync(stored, clock, cancellationToken);
                return;
            }

            await EndAsync(RolloutOutcome.Failed, e.Message);
            throw;
        }

        await EndAsync(RolloutOutcome.Ready, null);
        if (delivery.Delivery.Kind != DeliveryKind.Flux)
        {
            await claims.DeleteFluxAsync(name, cancellationToken);
        }

        if (delivery.Own is null)
        {
            await RememberAsync(stored, compiled, resolved);
        }

        status.Report(name, new EnvironmentFact.Remarked(result.Remarks));
        var counts = Count(result.Changes);
        var ready = status.Report(
            name,
            new EnvironmentFact.Delivered(counts, time.GetUtcNow())
            {
                Recreated = [.. result.Changes.Where(c => c.Change == ChangeKind.Recreated)],
            }
        );
        index.Index(SearchDocuments.Of(ready));
        LogReady(name, Counted.Of(compiled.Request.Services.Count, "service"), counts);

        Task EndAsync(RolloutOutcome outcome, string? message) =>
            claims.ChangeHistoryAsync(
                name,
                h => h.End(rollout.Number, outcome, time.GetUtcNow(), message),
                cancellationToken
            );
    }

    /// <summary>Whether what failed would be made of the same again: then trying it comes to the same.</summary>
    public async Task<bool> WouldFailAgainAsync(string name, CancellationToken cancellationToken)
    {
        if (!_attempts.TryGetValue(name, out var attempt))
        {
            return false;
        }

        try
        {
            var stored = await ReadAsync(name, cancellationToken);
            if (stored is null || stored.Revision != attempt.Revision)
            {
                return false;
            }

            var snapshot = compiler.ReadWorkspace();
            var (claim, source) = stored.Read(snapshot.Workspace.Types);
            var history = await claims.GetHistoryAsync(name, cancellationToken);
            var before = await claims.GetLockAsync(name, cancellationToken);
            var (compiled, resolved) = await BuildAsync(
                claim,
                stored.Revision,
                snapshot,
                before,
                history.IsOf(source),
                cancellationToken
            );
            return compiled.FingerprintWith(resolved) == attempt.Build;
        }
        catch (PlatformException e)
        {
            return e.Message == attempt.Fault;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return false; // the pass tells of it
        }
    }

    private async Task<(CompiledClaim Compiled, EnvironmentLock Resolved)> BuildAsync(
        Claim claim,
        string revision,
        WorkspaceSnapshot snapshot,
        EnvironmentLock? before,
        bool isSame,
        CancellationToken cancellationToken
    )
    {
        // Nobody asks for other versions by starting the platform, nor by changing what there is beside the claim.
        var policy = new VersionPolicy
        {
            Lock = before,
            Keep = isSame,
            TrustsLock = isSame,
        };
        var compiled = await compiler.BuildAsync(claim, revision, snapshot, policy, cancellationToken);
        var resolved = compiled.ToLock().WithReasonsOf(isSame ? before : null);
        if (isSame)
        {
            RequireVersionsOf(before, resolved);
        }

        return (compiled, resolved);
    }

    private static void RequireVersionsOf(EnvironmentLock? before, EnvironmentLock now)
    {
        var moved = before?.DifferencesTo(now).Where(d => d.What == "version").ToList();
        if (moved is { Count: > 0 })
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{now.EnvironmentName} keeps its versions until it is deployed again, and the workspace does not let it: "
                    + $"{string.Join("; ", moved)}.",
                "Bring back what is missing, or deploy its claim again: plan-environment shows what would change."
            );
        }
    }

    private async Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        status.Report(name, new EnvironmentFact.Removing());
        using (var delivery = await deliveries.OfRemovedAsync(name, cancellationToken))
        {
            try
            {
                var left = await delivery.Direct.RemoveAsync(
                    name,
                    Claim.NamespaceOf(name),
                    causes =>
                        status.Report(name, new EnvironmentFact.Progressed(ServiceProgress.OfEnvironment(causes))),
                    cancellationToken
                );
                if (left.Count > 0)
                {
                    status.Report(
                        name,
                        new EnvironmentFact.Left([.. left.Select(l => $"{l.Kind} {l.Name} stays: {l.Note}.")])
                    );
                    LogLeft(name, string.Join("; ", left.Select(l => $"{l.Kind} {l.Name}: {l.Note}")));
                }
            }
            catch (KubernetesException e) when (delivery.Own is not null && e.Code == 0)
            {
                LogClusterGone(name, e.Message); // what was in it went with it
            }
        }

        await secrets.DeleteAsync(EnvironmentSecrets.PrefixOf(name), cancellationToken);
        await claims.DeleteFluxAsync(name, cancellationToken);
        await claims.DeleteLockAsync(name, cancellationToken);
        await claims.DeleteHistoryAsync(name, cancellationToken);
        claims.ForgetRemoval(name);
        _attempts.TryRemove(name, out _);
        index.Remove(name);
        LogRemoved(name);
    }

    // An optimisation of the next start alone: an environment that is ready stays so without it.
    private async Task RememberAsync(StoredClaim stored, CompiledClaim build, EnvironmentLock locked)
    {
        var record = new DeliveredRecord(
            compiler.DigestOf(stored, locked, build.Snapshot),
            build.Secrets,
            build.SecretPaths,
            build.Resolved.Services.ToDictionary(s => s.Definition.Name, s => s.DependsOn, StringComparer.Ordinal),
            build.Warnings
        );
        var place = new ObjectReference("v1", "Namespace", null, Claim.NamespaceOf(stored.Name));
        try
        {
            await kubernetes.PatchAsync(place, PatchKind.Merge, record.ToPatch(), null, CancellationToken.None);
        }
        catch (PlatformException e)
        {
            LogNotRemembered(stored.Name, e.Message);
        }
    }

    /// <summary>The services of a claim before anything is delivered.</summary>
    public static IReadOnlyList<ServiceDocument> ServicesOf(CompiledClaim compiled) =>
        [
            .. compiled.Resolved.Services.Select(s => new ServiceDocument
            {
                Name = s.Definition.Name,
                Version = s.Version.Text,
                Reason = s.Reason,
                DependsOn = s.DependsOn,
                Phase = ServicePhase.Pending,
            }),
        ];

    private static EnvironmentFact.Resolved ResolvedTo(
        IReadOnlyList<ServiceDocument> services,
        IReadOnlyList<string> warnings,
        EnvironmentHistory history,
        JsonObject source
    ) => new(services, warnings) { Held = history.HeldAt(source), TakenBack = history.FailedUpdate(source) };

    private static ChangeCounts Count(IReadOnlyList<ObjectChange> changes)
    {
        return new ChangeCounts(
            Of(ChangeKind.Created),
            Of(ChangeKind.Updated),
            Of(ChangeKind.Unchanged),
            Of(ChangeKind.Pruned)
        )
        {
            Recreated = Of(ChangeKind.Recreated),
        };

        int Of(ChangeKind kind) => changes.Count(c => c.Change == kind);
    }

    [LoggerMessage(LogLevel.Information, "{Name} is ready: {Services}; {Changes}")]
    private partial void LogReady(string name, string services, ChangeCounts changes);

    [LoggerMessage(LogLevel.Information, "{Name} expired at {Expired:u}: its claim is removed")]
    private partial void LogExpired(string name, DateTimeOffset expired);

    [LoggerMessage(LogLevel.Warning, "{Name} is removed, and its own cluster is out of reach: {Message}")]
    private partial void LogClusterGone(string name, string message);

    [LoggerMessage(LogLevel.Warning, "{Name} is ready, and its next start cannot be made shorter: {Message}")]
    private partial void LogNotRemembered(string name, string message);

    [LoggerMessage(LogLevel.Warning, "What {Name} was, whose claim is away, cannot be told: {Message}")]
    private partial void LogNotKnown(string name, string message);

    [LoggerMessage(LogLevel.Warning, "{Name} is removed, and of what it brought stays: {What}")]
    private partial void LogLeft(string name, string what);

    [LoggerMessage(LogLevel.Information, "{Name} is removed")]
    private partial void LogRemoved(string name);

    [LoggerMessage(LogLevel.Warning, "{Name} failed: {Message}")]
    private partial void LogFailed(string name, string message);

    [LoggerMessage(LogLevel.Error, "{Name} failed unexpectedly")]
    private partial void LogUnexpected(Exception cause, string name);

    /// <summary>What was tried for an environment.</summary>
    /// <param name="Revision">The claim's revision; <see langword="null"/> when it could not be read.</param>
    /// <param name="Build">What was made of it; <see langword="null"/> when it did not come to that.</param>
    /// <param name="Fault">Why it did not.</param>
    private sealed record Attempt(string? Revision, string? Build, string? Fault);

    // Progress<T> would post to the thread pool and mix the order up.
    private sealed class ProgressReport(Action<ServiceProgress> report) : IProgress<ServiceProgress>
    {
        public void Report(ServiceProgress value) => report(value);
    }
}
