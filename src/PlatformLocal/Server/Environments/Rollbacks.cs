using PlatformLocal.Server.History;
using PlatformLocal.Server.Reconciliation;

namespace PlatformLocal.Server.Environments;

/// <summary>What a rollback may ask for, and why one is refused.</summary>
internal sealed class Rollbacks(ClaimCompiler compiler, TimeProvider time)
{
    // Each is rendered to find out: more than these nobody reads.
    private const int MostAdvised = 5;

    /// <summary>A rollback takes everything from the history.</summary>
    /// <exception cref="InvalidDocumentException">The request asks for more.</exception>
    public static void RefuseMoreThanName(DeployRequest request)
    {
        var faults = request
            .Claim.Where(p => p.Key != "environment_name")
            .Select(p => new Fault(p.Key, "cannot be changed by a rollback, which puts the claim back as it was"))
            .ToList();
        if (request.Upgrade.Count > 0 || request.Locked || request.Lock is not null || request.UseDevTags)
        {
            faults.Add(new Fault("rollback", "goes with neither upgrade nor locked nor useDevTags"));
        }

        if (faults.Count > 0)
        {
            throw new InvalidDocumentException("the rollback", faults);
        }
    }

    /// <summary>What an environment was at a number, made again.</summary>
    /// <param name="history">The environment's history.</param>
    /// <param name="request">The rollback.</param>
    /// <param name="snapshot">The workspace.</param>
    /// <param name="require">Refuses a claim that cannot take the place of the present one.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    /// <exception cref="PlatformException">There is no such number, it never became ready, or it cannot be made as it was; names those that can.</exception>
    public async Task<(Rollout Target, CompiledClaim Compiled)> PrepareAsync(
        EnvironmentHistory history,
        DeployRequest request,
        WorkspaceSnapshot snapshot,
        Action<Claim> require,
        CancellationToken cancellationToken
    )
    {
        var number = request.Rollback;
        var name = Payload.NameIn(request.Claim);
        var target = history.Rollouts.FirstOrDefault(r => r.Number == number);
        if (target is null)
        {
            throw new PlatformException(
                FailureKind.NotFound,
                $"{name} has no {number} in its history.",
                await AdviseAsync("It can be put back to: {0}.", "There is none that it could be put back to.")
            );
        }

        if (target.Outcome != RolloutOutcome.Ready)
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"{name} never became ready at {number}.",
                await AdviseAsync("It can be put back to: {0}.", "There is none that it could be put back to.")
            );
        }

        try
        {
            return (target, await ReplayAsync(target));
        }
        catch (MissingException e)
        {
            throw new PlatformException(
                FailureKind.Conflict,
                $"{name} cannot be put back to {number}, not everything of it is still there: {e.Message}.",
                await AdviseAsync(
                    "Bring back what is missing, or go back to another: {0}.",
                    "Bring back what is missing: there is no other that it could be put back to."
                )
            );
        }

        async Task<CompiledClaim> ReplayAsync(Rollout rollout)
        {
            var claim = ClaimReader.Read(rollout.Claim, snapshot.Workspace.Types, $"The claim of {name} at {number}");
            if (claim.ExpirationDate <= time.GetUtcNow())
            {
                throw new PlatformException(
                    FailureKind.InvalidInput,
                    $"The claim of {name} at {number} expired at {claim.ExpirationDate:u}: put back, it would remove the environment.",
                    "Deploy a claim with these versions and a later expiration_date instead."
                );
            }

            require(claim);
            return await RenderAsync(claim, rollout.Lock, snapshot, request.Offline, cancellationToken);
        }

        async Task<string> AdviseAsync(string some, string none)
        {
            var possible = new List<int>();
            var others = history.Rollouts.Where(r => r.Outcome == RolloutOutcome.Ready && r != target);
            if (target?.Outcome == RolloutOutcome.Ready)
            {
                others = others.Where(r => r != history.Newest); // what it is now is no other to go back to
            }

            foreach (var rollout in others.Reverse())
            {
                try
                {
                    _ = await ReplayAsync(rollout);
                    possible.Insert(0, rollout.Number);
                }
                catch (PlatformException)
                {
                    // It is not advised: that is all there is to say of it.
                }

                if (possible.Count == MostAdvised)
                {
                    break;
                }
            }

            return possible.Count > 0
                ? string.Format(CultureInfo.InvariantCulture, some, string.Join(", ", possible))
                : none;
        }
    }

    /// <exception cref="MissingException">It would not be what it was.</exception>
    private async Task<CompiledClaim> RenderAsync(
        Claim claim,
        EnvironmentLock locked,
        WorkspaceSnapshot snapshot,
        bool offline,
        CancellationToken cancellationToken
    )
    {
        var policy = new VersionPolicy
        {
            Lock = locked,
            Keep = true,
            Offline = offline,
        };
        CompiledClaim compiled;
        try
        {
            compiled = await compiler.CompileAsync(claim, snapshot, policy, cancellationToken);
        }
        catch (PlatformException e) when (e.Kind is FailureKind.InvalidInput or FailureKind.NotFound)
        {
            throw new MissingException(e.Message.TrimEnd('.'), e);
        }

        var now = compiled.ToLock();
        return locked.DifferencesTo(now).Count == 0
            ? compiled
            : throw new MissingException(string.Join("; ", locked.ChangesTo(now)));
    }

    /// <summary>Something of what an environment was is not there any more.</summary>
    private sealed class MissingException(string what, Exception? cause = null) : PlatformException(what, null, cause);
}
