using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.Delivery;
using PlatformLocal.Deployment.ObjectStore;
using PlatformLocal.Deployment.SearchIndex;
using PlatformLocal.Deployment.Secrets;
using PlatformLocal.Kubernetes;
using PlatformLocal.Server.History;

namespace PlatformLocal.Server.Reconciliation;

/// <summary>One pass over one environment: makes the cluster match the claim, whatever state both are in.</summary>
internal sealed partial class EnvironmentReconciliation(
    ClaimStore claims,
    ClaimCompiler compiler,
    EnvironmentDeliveries deliveries,
    EnvironmentUpdates updates,
    ISecretStore secrets,
    ISearchIndex index,
    EnvironmentFeed feed,
    bool simulated,
    TimeProvider time,
    ILogger<EnvironmentReconciliation> logger
)
{
    /// <summary>Makes the cluster match the claim once.</summary>
    /// <param name="name">The environment.</param>
    /// <param name="update">Whether to look for newer versions first.</param>
    /// <param name="cancellationToken">Breaks the work off.</param>
    /// <returns>Whether it does now; if not, <see cref="EnvironmentFeed"/> says why.</returns>
    public async Task<bool> RunAsync(string name, bool update, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await claims.GetAsync(name, cancellationToken);
            if (stored is null)
            {
                await RemoveAsync(name, cancellationToken);
                return true;
            }

            if (update && !await updates.PrepareAsync(stored, cancellationToken))
            {
                return true;
            }

            return await ConvergeAsync(stored, cancellationToken);
        }
        catch (InvalidDocumentException e)
        {
            Fail(name, EnvironmentPhase.Invalid, e, [.. e.Faults.Select(f => new FaultDocument(f.Path, f.Message))]);
        }
        catch (PlatformException e)
        {
            Fail(name, e.Kind == FailureKind.InvalidInput ? EnvironmentPhase.Invalid : EnvironmentPhase.Failed, e, []);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The boundary of one environment: a defect in handling it must not stop the others.
            LogUnexpected(e, name);
            var told = new PlatformException(
                $"An unexpected failure: {e.Message}",
                "The platform's log has the details; please report it."
            );
            Fail(name, EnvironmentPhase.Failed, told, []);
        }

        await index.IndexAsync(SearchDocuments.Of(feed.Find(name)!), cancellationToken);
        return false;
    }

    private async Task<bool> ConvergeAsync(StoredClaim stored, CancellationToken cancellationToken)
    {
        var name = stored.Name;
        feed.Update(
            name,
            d =>
                d with
                {
                    Phase = EnvironmentPhase.Resolving,
                    Revision = stored.Revision,
                    Namespace = Claim.NamespaceOf(name),
                    Simulated = simulated,
                    Message = null,
                    NextStep = null,
                    Failure = null,
                    Faults = [],
                    Warnings = [],
                }
        );
        var workspace = compiler.ReadWorkspace();
        var (claim, source) = stored.Read(workspace.Types);
        Show(claim, source);
        if (claim.ExpirationDate <= time.GetUtcNow())
        {
            LogExpired(name, claim.ExpirationDate.Value);
            await claims.DeleteAsync(name, WriteCondition.Matches(stored.Revision), cancellationToken);
            await RemoveAsync(name, cancellationToken);
            return true;
        }

        using var delivery = await deliveries.OfAsync(name, claim.IsolationIn(workspace.Types), cancellationToken);
        feed.Update(name, d => d with { Cluster = delivery.Cluster });
        var history = await claims.GetHistoryAsync(name, cancellationToken);
        var before = await claims.GetLockAsync(name, cancellationToken);
        var use = new LockUse(before) { Keep = history.IsOf(source) };
        var compiled = await compiler.CompileAsync(claim, workspace, use, cancellationToken);
        Show(compiled, updates.Explain(name, history, source));
        updates.Schedule(claim, workspace.Types, history, source);
        var resolved = compiled.ToLock().WithReasonsOf(before);
        var rollout = new Rollout
        {
            Time = time.GetUtcNow(),
            Cause = history.IsOf(source) ? RolloutCause.Workspace : RolloutCause.Claim,
            By = history.Newest is null ? claim.User : null,
            Lock = resolved,
            Claim = source,
        };
        history = await claims.RollOutAsync(stored, before, resolved, h => h.Begin(rollout), cancellationToken);
        rollout = history.Newest!;
        DeliveryResult result;
        try
        {
            result = await delivery.Delivery.DeliverAsync(
                compiled.Request,
                new ProgressReport(p => Show(name, p)),
                cancellationToken
            );
        }
        catch (PlatformException e)
        {
            if (await updates.GoBackAsync(stored, rollout, e, cancellationToken))
            {
                return await ConvergeAsync(stored, cancellationToken);
            }

            await EndAsync(RolloutOutcome.Failed, e.Message);
            throw;
        }

        await EndAsync(RolloutOutcome.Ready, null);
        var counts = Count(result.Changes);
        var ready = feed.Update(
            name,
            d =>
                d with
                {
                    Phase = EnvironmentPhase.Ready,
                    Changes = counts,
                    ReadySince = time.GetUtcNow(),
                    Services = [.. d.Services.Select(s => s with { Phase = ServicePhase.Ready, Message = null })],
                }
        );
        await index.IndexAsync(SearchDocuments.Of(ready), cancellationToken);
        LogReady(name, compiled.Request.Services.Count, counts.Created, counts.Updated, counts.Pruned);
        return true;

        Task EndAsync(RolloutOutcome outcome, string? message) =>
            claims.ChangeHistoryAsync(
                name,
                h => h.End(rollout.Number, outcome, time.GetUtcNow(), message),
                cancellationToken
            );
    }

    private async Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        feed.Update(name, d => d with { Phase = EnvironmentPhase.Deleting, Message = null, NextStep = null });
        using (var delivery = await deliveries.OfRemovedAsync(name, cancellationToken))
        {
            try
            {
                await delivery.Delivery.RemoveAsync(name, Claim.NamespaceOf(name), cancellationToken);
            }
            catch (KubernetesException e) when (delivery.Own is not null && e.Code == 0)
            {
                LogClusterGone(name, e.Message); // what was in it went with it
            }
        }

        await secrets.DeleteAsync(EnvironmentSecrets.PrefixOf(name), cancellationToken);
        await claims.DeleteLockAsync(name, cancellationToken);
        await claims.DeleteHistoryAsync(name, cancellationToken);
        await index.RemoveAsync(name, cancellationToken);
        LogRemoved(name);
    }

    private void Fail(
        string name,
        EnvironmentPhase phase,
        PlatformException failure,
        IReadOnlyList<FaultDocument> faults
    )
    {
        LogFailed(name, failure.Message);
        feed.Update(
            name,
            d =>
                d with
                {
                    // A removal that failed is still a removal.
                    Phase = d.Phase == EnvironmentPhase.Deleting ? EnvironmentPhase.Deleting : phase,
                    Message = failure.Message,
                    Failure = failure.Kind,
                    NextStep = failure.NextStep,
                    Faults = faults,
                    ReadySince = null,
                }
        );
    }

    private void Show(Claim claim, System.Text.Json.Nodes.JsonObject source) =>
        feed.Update(
            claim.EnvironmentName,
            d =>
                d with
                {
                    EnvironmentType = EnvironmentTypes.NameOf(claim.EnvironmentType),
                    User = claim.User,
                    CreationDate = claim.CreationDate,
                    ExpirationDate = claim.ExpirationDate,
                    Claim = source,
                }
        );

    private void Show(CompiledClaim compiled, string? remark) =>
        feed.Update(
            compiled.Claim.EnvironmentName,
            d =>
                d with
                {
                    Phase = EnvironmentPhase.Delivering,
                    Warnings = remark is null ? compiled.Warnings : [remark, .. compiled.Warnings],
                    Services =
                    [
                        .. compiled.Resolved.Services.Select(s => new ServiceDocument
                        {
                            Name = s.Definition.Name,
                            Version = s.Version.Text,
                            Reason = s.Reason,
                            DependsOn = s.DependsOn,
                            Phase = ServicePhase.Pending,
                        }),
                    ],
                }
        );

    private void Show(string name, ServiceProgress progress) =>
        feed.Update(
            name,
            d =>
                d with
                {
                    Services =
                    [
                        .. d.Services.Select(s =>
                            s.Name == progress.Service
                                ? s with
                                {
                                    Phase = progress.Phase,
                                    Message = progress.Message,
                                }
                                : s
                        ),
                    ],
                }
        );

    private static ChangeCounts Count(IReadOnlyList<ObjectChange> changes) =>
        new(
            changes.Count(c => c.Change == ChangeKind.Created),
            changes.Count(c => c.Change == ChangeKind.Updated),
            changes.Count(c => c.Change == ChangeKind.Unchanged),
            changes.Count(c => c.Change == ChangeKind.Pruned)
        );

    [LoggerMessage(
        LogLevel.Information,
        "{Name} is ready: {Services} services; {Created} objects created, {Updated} updated, {Pruned} pruned"
    )]
    private partial void LogReady(string name, int services, int created, int updated, int pruned);

    [LoggerMessage(LogLevel.Information, "{Name} expired at {Expired:u}: its claim is removed")]
    private partial void LogExpired(string name, DateTimeOffset expired);

    [LoggerMessage(LogLevel.Warning, "{Name} is removed, and its own cluster is out of reach: {Message}")]
    private partial void LogClusterGone(string name, string message);

    [LoggerMessage(LogLevel.Information, "{Name} is removed")]
    private partial void LogRemoved(string name);

    [LoggerMessage(LogLevel.Warning, "{Name} failed: {Message}")]
    private partial void LogFailed(string name, string message);

    [LoggerMessage(LogLevel.Error, "{Name} failed unexpectedly")]
    private partial void LogUnexpected(Exception cause, string name);

    // Progress<T> would post to the thread pool and mix the order up.
    private sealed class ProgressReport(Action<ServiceProgress> report) : IProgress<ServiceProgress>
    {
        public void Report(ServiceProgress value) => report(value);
    }
}
