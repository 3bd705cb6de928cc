using PlatformLocal.Server.History;

namespace PlatformLocal.Server.Environments;

/// <summary>What a rollback may ask for, and why one is refused.</summary>
internal static class Rollbacks
{
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

    /// <summary>What a number stands for.</summary>
    /// <exception cref="PlatformException">There is no such number, or it never became ready.</exception>
    public static Rollout TargetIn(EnvironmentHistory history, string name, int number) =>
        history.Rollouts.FirstOrDefault(r => r.Number == number) switch
        {
            null => throw new PlatformException(
                FailureKind.NotFound,
                $"{name} has no {number} in its history.",
                $"It can be put back to: {ReadyIn(history)}."
            ),
            { Outcome: not RolloutOutcome.Ready } => throw new PlatformException(
                FailureKind.InvalidInput,
                $"{name} never became ready at {number}.",
                $"It can be put back to: {ReadyIn(history)}."
            ),
            var found => found,
        };

    /// <summary>Why a rollback cannot be as it was.</summary>
    public static PlatformException Impossible(string name, int number, string why, EnvironmentHistory history) =>
        new(
            FailureKind.Conflict,
            $"{name} cannot be put back to {number}, not everything of it is still there: {why}.",
            $"Bring back what is missing, or go back to another: {ReadyIn(history, but: number)}."
        );

    private static string ReadyIn(EnvironmentHistory history, int but = 0)
    {
        var ready = history.Rollouts.Where(r => r.Outcome == RolloutOutcome.Ready && r.Number != but);
        return string.Join(", ", ready.Select(r => r.Number)) is { Length: > 0 } numbers ? numbers : "there is none";
    }
}
