using PlatformLocal.Server.History;
using PlatformLocal.Server.Reconciliation;
using PlatformLocal.Server.Status;

namespace PlatformLocal.Server.Environments;

/// <summary>Turns payloads into stored claims, or into plans.</summary>
internal sealed class EnvironmentWriter(
    ClaimStore claims,
    ClaimCompiler compiler,
    EnvironmentDeliveries deliveries,
    Rollbacks rollbacks,
    EnvironmentFeed feed,
    Reconciler reconciler,
    TimeProvider time
)
{
    /// <exception cref="PlatformException">The claim or what it names is refused, or somebody changed it meanwhile.</exception>
    public async Task<EnvironmentDocument> WriteAsync(
        DeployRequest request,
        WriteCondition condition,
        CancellationToken cancellationToken
    )
    {
        // A pass that is under way finds its claim or lock changed and gives way, or is done before this begins.
        using var hold = await claims.HoldAsync(NameIn(request), cancellationToken);

        var name = NameIn(request);
        if (request.Rollback != 0)
        {
            Rollbacks.RefuseMoreThanName(request);
        }

        ClaimStore.Require(name, await GetStoredAsync(name, cancellationToken), condition);

        // Whoever asks hears of unknown services and conflicts now, not from the reconciler later.
        var intent = await IntendAsync(request, cancellationToken);
        (name, var before) = (intent.Compiled.Claim.EnvironmentName, intent.Before);
        await deliveries.RequireNamespaceAsync(intent.Compiled, cancellationToken);
        if (before is null && !intent.IsLockGiven)
        {
            var created = await claims.PutAsync(name, intent.Rollout.Claim, condition, cancellationToken);
            compiler.Keep(created, locked: null, intent.Compiled);
            return Accept(intent, created, PassKind.Claim);
        }

        // The reconciler keeps what the lock says: what was asked for is handed to it as a lock, before it sees the claim.
        var history = await claims.GetHistoryAsync(name, cancellationToken);
        var begun = await claims.ChangeHistoryAsync(name, h => h.Begin(intent.Rollout), cancellationToken);
        var isNew = begun.Newest!.Number > (history.Newest?.Number ?? 0);
        await claims.PutLockAsync(name, intent.Rollout.Lock, cancellationToken);
        try
        {
            var revision = await claims.PutAsync(name, intent.Rollout.Claim, condition, cancellationToken);
            compiler.Keep(revision, intent.Rollout.Lock, intent.Compiled);
            return Accept(intent, revision, isNew ? PassKind.Lock : PassKind.Claim);
        }
        catch (PlatformException) when (isNew)
        {
            await claims.ChangeHistoryAsync(name, h => h.Without(begun.Newest.Number), CancellationToken.None);
            await (
                before is null
                    ? claims.DeleteLockAsync(name, CancellationToken.None)
                    : claims.PutLockAsync(name, before, CancellationToken.None)
            );
            throw;
        }
    }

    /// <summary>Has it delivered; answers with what was accepted and not with what was before.</summary>
    private EnvironmentDocument Accept(Intent intent, string revision, PassKind pass)
    {
        var services = EnvironmentReconciliation.ServicesOf(intent.Compiled);
        var name = intent.Compiled.Claim.EnvironmentName;
        var now = reconciler.Request(name, revision, intent.Rollout.Claim, pass, services);
        return now.Phase == EnvironmentPhase.Delivering ? now : now with { Services = services };
    }

    /// <exception cref="PlatformException">The claim or what it names is refused.</exception>
    public async Task<PlanDocument> PlanAsync(DeployRequest request, CancellationToken cancellationToken)
    {
        var intent = await IntendAsync(request, cancellationToken);
        var claim = intent.Compiled.Claim;
        var wanted = intent.Compiled with
        {
            Request = intent.Compiled.Request with { IsPutBack = intent.Rollout.BackTo is not null },
        };
        var objects = await deliveries.PlanAsync(wanted, cancellationToken);
        var services = PlanServices(intent.Compiled, intent.Before);
        return new PlanDocument
        {
            EnvironmentName = claim.EnvironmentName,
            Exists = intent.Exists,
            HasChanges =
                objects.Any(o => o.Change is not (ChangeKind.Unchanged or ChangeKind.Kept))
                || services.Exists(s => s.From != s.To),
            Services = services,
            Objects = objects,
            Warnings = intent.Compiled.Warnings,
            Claim = intent.Rollout.Claim,
            Lock = intent.Rollout.Lock.ToJson(),
        };
    }

    private Task<Intent> IntendAsync(DeployRequest request, CancellationToken cancellationToken) =>
        request.Rollback != 0
            ? IntendRollbackAsync(request, cancellationToken)
            : IntendClaimAsync(request, cancellationToken);

    private async Task<Intent> IntendClaimAsync(DeployRequest request, CancellationToken cancellationToken)
    {
        var snapshot = compiler.ReadWorkspace();
        var types = snapshot.Workspace.Types;
        var (claim, existing) = await ToClaimAsync(request, types, cancellationToken);
        RefuseToMove(claim, existing, types);
        var source = ClaimWriter.Write(claim);
        var given = LockIn(request, claim.EnvironmentName);
        var stored = await claims.GetLockAsync(claim.EnvironmentName, cancellationToken);
        var before = given ?? stored;
        var history = await claims.GetHistoryAsync(claim.EnvironmentName, cancellationToken);
        var policy = VersionPolicy.Of(request, before, history.HeldAt(source) is not null);
        var compiled = await CompileAsync(claim, snapshot, policy, cancellationToken);
        var rollout = new Rollout
        {
            Time = time.GetUtcNow(),
            Cause = request.Upgrade.Count > 0 ? RolloutCause.Upgrade : RolloutCause.Claim,
            By = request.User,
            Lock = compiled.ToLock().WithReasonsOf(given ?? (history.IsOf(source) ? stored : null)),
            Claim = source,
        };
        return new Intent(compiled, stored, existing is not null, rollout) { IsLockGiven = given is not null };
    }

    private async Task<Intent> IntendRollbackAsync(DeployRequest request, CancellationToken cancellationToken)
    {
        Rollbacks.RefuseMoreThanName(request);
        var snapshot = compiler.ReadWorkspace();
        var types = snapshot.Workspace.Types;
        var name = NameIn(request);
        var (stored, existing) = await FindAsync(name, types, cancellationToken);
        if (stored is null)
        {
            throw NothingToPutBack(name);
        }

        var history = await claims.GetHistoryAsync(name, cancellationToken);
        var (target, compiled) = await rollbacks.PrepareAsync(
            history,
            request,
            snapshot,
            claim => RefuseToMove(claim, existing, types),
            cancellationToken
        );
        var rollout = new Rollout
        {
            Time = time.GetUtcNow(),
            Cause = RolloutCause.Rollback,
            By = request.User,
            BackTo = target.Number,
            Lock = target.Lock,
            Claim = target.Claim,
        };
        var before = await claims.GetLockAsync(name, cancellationToken);
        return new Intent(compiled, before, Exists: true, rollout);
    }

    /// <summary>Why there is no claim in whose place another one could be put.</summary>
    private PlatformException NothingToPutBack(string name) =>
        feed.Find(name) switch
        {
            null => feed.NotFound(name),
            { Phase: EnvironmentPhase.Deleting } => new PlatformException(
                FailureKind.Conflict,
                $"{name} is being removed: nothing can be put back in its place.",
                "Deploy its claim when it is gone."
            ),
            _ => new PlatformException(
                FailureKind.Conflict,
                $"The claim of {name} is away: nothing can be put back in its place.",
                $"Bring {name}.json back into the bucket, or deploy the claim with: {ShellCommand.Platformctl("deploy-environment", "--file", $"{name}.json")}"
            ),
        };

    private static string NameIn(DeployRequest request) => request.Claim["environment_name"]?.ToString() ?? "";

    /// <summary>The lock that a request brings, to which the deployment is held.</summary>
    /// <exception cref="InvalidDocumentException">It is no lock, or one of another environment.</exception>
    private static EnvironmentLock? LockIn(DeployRequest request, string name)
    {
        if (request.Lock is null)
        {
            return null;
        }

        var given = EnvironmentLock.Read(request.Lock, "the lock");
        return given.EnvironmentName == name
            ? given
            : throw new InvalidDocumentException(
                "the lock",
                [
                    new Fault(
                        "environment_name",
                        $"is '{given.EnvironmentName}', and the claim is of '{name}': a lock holds for its environment alone"
                    ),
                ]
            );
    }

    private void RefuseToMove(
        Claim claim,
        Claim? existing,
        IReadOnlyDictionary<EnvironmentType, EnvironmentTypeDefaults> types
    )
    {
        if (
            deliveries.GivesOwnClusters
            && existing is not null
            && existing.IsolationIn(types) != claim.IsolationIn(types)
        )
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"{claim.EnvironmentName} is in {Place(existing.IsolationIn(types))} and cannot move to {Place(claim.IsolationIn(types))}.",
                $"Remove it first, with what is in it: {ShellCommand.Platformctl("destroy-environment", claim.EnvironmentName)}"
            );
        }

        static string Place(Isolation isolation) =>
            isolation == Isolation.Cluster ? "a cluster of its own" : "a namespace of the platform's cluster";
    }

    private async Task<(Claim Claim, Claim? Existing)> ToClaimAsync(
        DeployRequest request,
        IReadOnlyDictionary<EnvironmentType, EnvironmentTypeDefaults> types,
        CancellationToken cancellationToken
    )
    {
        var (stored, existing) = await FindAsync(NameIn(request), types, cancellationToken);
        var claim = Payload.ToClaim(request.Claim, types, request, time.GetUtcNow(), existing);
        return (claim, stored is null ? null : existing ?? claim);
    }

    /// <summary>The stored claim; unread when it is not valid: then it is what the caller puts right.</summary>
    private async Task<(StoredClaim? Stored, Claim? Claim)> FindAsync(
        string name,
        IReadOnlyDictionary<EnvironmentType, EnvironmentTypeDefaults> types,
        CancellationToken cancellationToken
    )
    {
        var stored = await GetStoredAsync(name, cancellationToken);
        try
        {
            return (stored, stored?.Read(types).Claim);
        }
        catch (InvalidDocumentException)
        {
            return (stored, null);
        }
    }

    private async Task<StoredClaim?> GetStoredAsync(string name, CancellationToken cancellationToken) =>
        Names.FaultOf(name) is null ? await claims.GetAsync(name, cancellationToken) : null;

    private async Task<CompiledClaim> CompileAsync(
        Claim claim,
        WorkspaceSnapshot snapshot,
        VersionPolicy policy,
        CancellationToken cancellationToken
    )
    {
        var compiled = await compiler.CompileAsync(claim, snapshot, policy, cancellationToken);
        if (
            policy.Upgrade.FirstOrDefault(u =>
                u != "*" && !compiled.Has(u) && policy.Lock?.Services.ContainsKey(u) != true
            ) is
            { } unknown
        )
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{unknown} is to be upgraded, and {claim.EnvironmentName} has no such service.",
                $"It has: {string.Join(", ", compiled.Resolved.Services.Select(s => s.Definition.Name))}."
            );
        }

        if (policy.IsLocked)
        {
            RefuseMoved(claim.EnvironmentName, policy.Lock, compiled.ToLock());
        }

        return compiled;
    }

    private static void RefuseMoved(string name, EnvironmentLock? before, EnvironmentLock now)
    {
        if (before is null)
        {
            throw new PlatformException(
                FailureKind.NotFound,
                $"{name} has no lock that could be kept to.",
                "Deploy it once without --locked."
            );
        }

        var moved = before.DifferencesTo(now);
        if (moved.Count > 0)
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"{name} would not be what its lock says: {string.Join("; ", moved)}.",
                moved.Any(m => m.What == "image_digest")
                    ? "An image was pushed anew: deploy with --upgrade to take it, or without --locked to keep the one before."
                    : "Deploy without --locked to accept this; plan-environment shows what would change."
            );
        }
    }

    private static List<ServicePlan> PlanServices(CompiledClaim compiled, EnvironmentLock? locked)
    {
        var before = locked?.Services ?? new Dictionary<string, LockedService>();
        var after = compiled.ToLock().Services;
        var plans = compiled
            .Resolved.Services.Select(s => new ServicePlan
            {
                Name = s.Definition.Name,
                From = before.GetValueOrDefault(s.Definition.Name)?.Version.Text,
                To = s.Version.Text,
                Reason = s.Reason,
                Image = after[s.Definition.Name].PinnedImage,
                Source = after[s.Definition.Name].Source,
                DependsOn = s.DependsOn,
            })
            .ToList();
        plans.AddRange(
            before
                .Where(b => !plans.Exists(p => p.Name == b.Key))
                .Select(b => new ServicePlan { Name = b.Key, From = b.Value.Version.Text })
                .ToList()
        );
        return plans;
    }

    /// <summary>What a request comes to before anything is written.</summary>
    /// <param name="Compiled">The claim with versions and manifests.</param>
    /// <param name="Before">What the environment is locked to now.</param>
    /// <param name="Exists">Whether there is a claim already.</param>
    /// <param name="Rollout">What would roll out.</param>
    private sealed record Intent(CompiledClaim Compiled, EnvironmentLock? Before, bool Exists, Rollout Rollout)
    {
        /// <summary>Whether the caller says what it is to be locked to.</summary>
        public bool IsLockGiven { get; init; }
    }
}
