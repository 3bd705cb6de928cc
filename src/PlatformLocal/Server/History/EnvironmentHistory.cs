namespace PlatformLocal.Server.History;

/// <summary>What an environment was and is becoming.</summary>
/// <param name="Rollouts">The rollouts, oldest first; a new one begins when the claim or a lock differs from the last.</param>
internal sealed record EnvironmentHistory(IReadOnlyList<Rollout> Rollouts)
{
    /// <summary>How many that became ready are kept, with the others between them.</summary>
    public const int MostReady = 20;

    /// <summary>How many are kept in all: of more, the oldest that never became ready go first.</summary>
    public const int Most = 60;

    public static EnvironmentHistory Empty { get; } = new([]);

    public Rollout? Newest => Rollouts.Count > 0 ? Rollouts[^1] : null;

    /// <summary>Whether a claim is the one that was rolled out last.</summary>
    public bool IsOf(JsonObject claim) => Newest?.IsOf(claim) == true;

    /// <summary>The rollback that an environment stays at, until its claim is changed or upgraded.</summary>
    public Rollout? HeldAt(JsonObject claim) => Standing(claim) is { Cause: RolloutCause.Rollback } held ? held : null;

    /// <summary>The failed update that an environment came back from, while nothing newer took its place.</summary>
    public Rollout? FailedUpdate(JsonObject claim) =>
        Standing(claim) is { Cause: RolloutCause.AutomaticRollback } back
            ? Rollouts.LastOrDefault(r => r.Number < back.Number && r.Cause == RolloutCause.AutomaticUpdate)
            : null;

    /// <summary>Versions by service that automatic updates of this claim brought and that did not become ready.</summary>
    public ILookup<string, string> BlamedFor(JsonObject claim) =>
        Rollouts
            .Where(r => r is { Cause: RolloutCause.AutomaticUpdate, Outcome: RolloutOutcome.Failed } && r.IsOf(claim))
            .SelectMany(r => r.Blamed)
            .ToLookup(b => b.Key, b => b.Value, StringComparer.Ordinal);

    /// <summary>The last rollout of a claim that became ready.</summary>
    public Rollout? LastReady(JsonObject claim) =>
        Rollouts.LastOrDefault(r => r.Outcome == RolloutOutcome.Ready && r.IsOf(claim));

    /// <summary>The history with a rollout under way: a new one, unless the last is the same or goes on with this lock.</summary>
    public EnvironmentHistory Begin(Rollout next)
    {
        // What was announced and came out otherwise: versions moved in between.
        if (
            Newest is { Outcome: RolloutOutcome.InProgress } announced
            && announced.IsOf(next.Claim)
            && announced.Lock.DifferencesTo(next.Lock).Count > 0
        )
        {
            var told = next.Cause == RolloutCause.Workspace ? announced : next;
            return new EnvironmentHistory([.. Rollouts.SkipLast(1)]).Begin(
                next with
                {
                    Cause = told.Cause,
                    By = told.By,
                    BackTo = told.BackTo,
                }
            );
        }

        var isSame = Newest is { } last && last.IsOf(next.Claim) && last.Lock.DifferencesTo(next.Lock).Count == 0;
        var isOnPurpose =
            next.Cause == RolloutCause.Rollback
            || (next.Cause == RolloutCause.Upgrade && HeldAt(next.Claim) is not null);
        if (isSame && !isOnPurpose)
        {
            return this;
        }

        var before = Rollouts.Select(r =>
            r.Outcome == RolloutOutcome.InProgress ? r with { Outcome = RolloutOutcome.Superseded } : r
        );
        return Bounded([
            .. before,
            next with
            {
                Number = (Newest?.Number ?? 0) + 1,
                Outcome = RolloutOutcome.InProgress,
            },
        ]);
    }

    /// <summary>The history with the end of a rollout; unchanged when that is known.</summary>
    public EnvironmentHistory End(int number, RolloutOutcome outcome, DateTimeOffset time, string? message = null) =>
        Change(number, r => r.Outcome == outcome ? r : r with { Outcome = outcome, Time = time, Message = message });

    /// <summary>The history with what a failed update is blamed on, and why.</summary>
    public EnvironmentHistory Blame(int number, IReadOnlyDictionary<string, string> services, string? why = null) =>
        Change(number, r => r with { Blamed = services, Why = why });

    /// <summary>The history without a rollout that did not come about.</summary>
    public EnvironmentHistory Without(int number) => new([.. Rollouts.Where(r => r.Number != number)]);

    /// <summary>The history for people and programs, newest first.</summary>
    public IReadOnlyList<RolloutDocument> ToDocuments()
    {
        var documents = new List<RolloutDocument>();
        var before = new EnvironmentLock("", new Dictionary<string, LockedService>());
        foreach (var rollout in Rollouts)
        {
            documents.Add(
                new RolloutDocument
                {
                    Number = rollout.Number,
                    Time = rollout.Time,
                    Cause = rollout.Cause,
                    By = rollout.By,
                    BackTo = rollout.BackTo,
                    Outcome = rollout.Outcome,
                    Message = rollout.Message,
                    Changes = before.ChangesTo(rollout.Lock),
                }
            );
            before = rollout.Outcome == RolloutOutcome.Ready ? rollout.Lock : before;
        }

        documents.Reverse();
        return documents;
    }

    // A change of the workspace under the same versions takes nothing back.
    private Rollout? Standing(JsonObject claim) =>
        Rollouts.LastOrDefault(r => r.Cause != RolloutCause.Workspace) is { } last && last.IsOf(claim) && IsOf(claim)
            ? last
            : null;

    private EnvironmentHistory Change(int number, Func<Rollout, Rollout> change)
    {
        var changed = Rollouts.Select(r => r.Number == number ? change(r) : r).ToList();
        return changed.Zip(Rollouts).All(p => ReferenceEquals(p.First, p.Second)) ? this : Bounded(changed);
    }

    private static EnvironmentHistory Bounded(List<Rollout> rollouts)
    {
        var ready = rollouts.FindAll(r => r.Outcome == RolloutOutcome.Ready);
        if (ready.Count > MostReady)
        {
            rollouts.RemoveAll(r => r.Number < ready[^MostReady].Number);
        }

        while (rollouts.Count > Most)
        {
            _ = rollouts.Remove(rollouts.First(r => r.Outcome != RolloutOutcome.Ready));
        }

        return new EnvironmentHistory(rollouts);
    }
}
