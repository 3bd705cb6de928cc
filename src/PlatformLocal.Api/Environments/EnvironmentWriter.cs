using System.Text.Json.Nodes;
using PlatformLocal.Api.Reconciliation;
using PlatformLocal.Delivery;
using PlatformLocal.Documents;
using PlatformLocal.Environments;
using PlatformLocal.ObjectStore;
using PlatformLocal.PlatformApi;
using PlatformLocal.Resolution;
using PlatformLocal.Workspaces;

namespace PlatformLocal.Api.Environments;

/// <summary>Turns payloads into stored claims, or into plans.</summary>
internal sealed class EnvironmentWriter(
    ClaimStore claims,
    ClaimCompiler compiler,
    EnvironmentDeliveries deliveries,
    Reconciler reconciler,
    TimeProvider time
)
{
    /// <exception cref="PlatformException">The claim or what it names is refused, or somebody changed it meanwhile.</exception>
    public async Task<EnvironmentDocument> WriteAsync(
        JsonObject payload,
        DeployQuery query,
        WriteCondition condition,
        CancellationToken cancellationToken
    )
    {
        var workspace = compiler.ReadWorkspace();
        (payload, var given) = GivenLock.Take(payload);
        var (claim, existing) = await ToClaimAsync(payload, query, workspace.Types, cancellationToken);
        RefuseToMove(claim, existing, workspace.Types);

        // Whoever asks hears of unknown services and conflicts now, not from the reconciler later.
        var stored = await claims.GetLockAsync(claim.EnvironmentName, cancellationToken);
        var before = given ?? stored;
        var compiled = await CompileAsync(claim, workspace, query, before, given is not null, cancellationToken);
        if (given is null && (query.Upgrades.Count == 0 || before is null))
        {
            var revision = await claims.PutAsync(claim, condition, cancellationToken);
            return reconciler.Request(claim.EnvironmentName, revision);
        }

        // The reconciler keeps what the lock says: what was asked for is handed to it as a lock, before it sees the claim.
        await claims.PutLockAsync(claim.EnvironmentName, compiled.ToLock().WithReasonsOf(before), cancellationToken);
        try
        {
            var revision = await claims.PutAsync(claim, condition, cancellationToken);
            return reconciler.Request(claim.EnvironmentName, revision);
        }
        catch (PlatformException)
        {
            await (
                stored is null
                    ? claims.DeleteLockAsync(claim.EnvironmentName, CancellationToken.None)
                    : claims.PutLockAsync(claim.EnvironmentName, stored, CancellationToken.None)
            );
            throw;
        }
    }

    /// <exception cref="PlatformException">The claim or what it names is refused.</exception>
    public async Task<PlanDocument> PlanAsync(
        JsonObject payload,
        DeployQuery query,
        CancellationToken cancellationToken
    )
    {
        var workspace = compiler.ReadWorkspace();
        (payload, var given) = GivenLock.Take(payload);
        var (claim, existing) = await ToClaimAsync(payload, query, workspace.Types, cancellationToken);
        RefuseToMove(claim, existing, workspace.Types);
        var stored = await claims.GetLockAsync(claim.EnvironmentName, cancellationToken);
        var before = given ?? stored;
        var compiled = await CompileAsync(claim, workspace, query, before, given is not null, cancellationToken);
        // An environment that is not there yet has nothing in either cluster.
        var isolation = existing is null ? Isolation.Namespace : claim.IsolationIn(workspace.Types);
        using var delivery = await deliveries.OfAsync(claim.EnvironmentName, isolation, cancellationToken);
        var objects = await delivery.Delivery.PlanAsync(compiled.Request, cancellationToken);
        var services = PlanServices(compiled, stored);
        return new PlanDocument
        {
            EnvironmentName = claim.EnvironmentName,
            Exists = existing is not null,
            HasChanges =
                objects.Any(o => o.Change is not (ChangeKind.Unchanged or ChangeKind.Kept))
                || services.Exists(s => s.From != s.To),
            Services = services,
            Objects = objects,
            Warnings = compiled.Warnings,
            Claim = ClaimWriter.Write(claim),
            Lock = compiled.ToLock().WithReasonsOf(before).ToJson(),
        };
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
                $"{claim.EnvironmentName} is in {Place(existing.IsolationIn(types))} and cannot move to {Place(claim.IsolationIn(types))}.",
                $"Remove it first, with what is in it: platformctl destroy-environment {claim.EnvironmentName}"
            )
            {
                Kind = FailureKind.Conflict,
            };
        }

        static string Place(Isolation isolation) =>
            isolation == Isolation.Cluster ? "a cluster of its own" : "a namespace of the platform's cluster";
    }

    private async Task<(Claim Claim, Claim? Existing)> ToClaimAsync(
        JsonObject payload,
        DeployQuery query,
        IReadOnlyDictionary<EnvironmentType, EnvironmentTypeDefaults> types,
        CancellationToken cancellationToken
    )
    {
        var name = payload["environment_name"]?.ToString() ?? "";
        var stored = Names.FaultOf(name) is null ? await claims.GetAsync(name, cancellationToken) : null;
        Claim? existing = null;
        if (stored is not null)
        {
            try
            {
                existing = ClaimReader.Read(
                    JsonText.ParseObject(stored.Content.Span, "the stored claim"),
                    types,
                    "the stored claim"
                );
            }
            catch (InvalidDocumentException)
            {
                // The stored claim is what the payload puts right: there is nothing to keep of it.
            }
        }

        var claim = Payload.ToClaim(
            payload,
            types,
            new PayloadOptions
            {
                DeployOnlySpecified = query.DeployOnlySpecified ?? false,
                UseDevTags = query.UseDevTags ?? false,
                User = query.User is { Length: > 0 } user ? user : System.Environment.UserName,
                Now = time.GetUtcNow(),
                Existing = existing,
            }
        );
        return (claim, stored is null ? null : existing ?? claim);
    }

    private async Task<CompiledClaim> CompileAsync(
        Claim claim,
        Workspace workspace,
        DeployQuery query,
        EnvironmentLock? before,
        bool isGiven,
        CancellationToken cancellationToken
    )
    {
        var isLocked = isGiven || (query.Locked ?? false);
        var use = new LockUse(before)
        {
            Upgrade = query.Upgrades,
            IsLocked = isLocked,
            Offline = query.Offline ?? false,
        };
        var compiled = await compiler.CompileAsync(claim, workspace, use, cancellationToken);
        if (
            query.Upgrades.FirstOrDefault(u =>
                u != "*" && !compiled.Has(u) && before?.Services.ContainsKey(u) != true
            ) is
            { } unknown
        )
        {
            throw new PlatformException(
                $"{unknown} is to be upgraded, and {claim.EnvironmentName} has no such service.",
                $"It has: {string.Join(", ", compiled.Resolved.Services.Select(s => s.Definition.Name))}."
            )
            {
                Kind = FailureKind.InvalidInput,
            };
        }

        if (isLocked)
        {
            RefuseMoved(claim.EnvironmentName, before, compiled.ToLock());
        }

        return compiled;
    }

    private static void RefuseMoved(string name, EnvironmentLock? before, EnvironmentLock now)
    {
        if (before is null)
        {
            throw new PlatformException(
                $"{name} has no lock that could be kept to.",
                "Deploy it once without --locked."
            )
            {
                Kind = FailureKind.NotFound,
            };
        }

        var moved = before.DifferencesTo(now);
        if (moved.Count > 0)
        {
            throw new PlatformException(
                $"{name} would not be what its lock says: {string.Join("; ", moved)}.",
                moved.Any(m => m.What == "image_digest")
                    ? "An image was pushed anew: deploy with --upgrade to take it, or without --locked to keep the one before."
                    : "Deploy without --locked to accept this; plan-environment shows what would change."
            )
            {
                Kind = FailureKind.Conflict,
            };
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
}
