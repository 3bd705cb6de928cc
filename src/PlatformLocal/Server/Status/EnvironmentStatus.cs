namespace PlatformLocal.Server.Status;

/// <summary>Writes what is known of environments, and nobody else does: facts come in, documents come out.</summary>
internal sealed class EnvironmentStatus(EnvironmentFeed feed, ServedCluster cluster, TimeProvider time)
{
    private const int WaitingShown = 3;

    // What is odd about the versions and manifests themselves, without what conditions say.
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _odd = new(StringComparer.Ordinal);

    // What others hold, or serve in its place.
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _remarks = new(StringComparer.Ordinal);

    /// <summary>Takes a fact in; an unknown environment begins as pending.</summary>
    /// <returns>What is known then.</returns>
    public EnvironmentDocument Report(string name, EnvironmentFact fact) =>
        feed.Update(name, known => WithWarnings(After(known, fact)));

    /// <summary>Takes in what of an environment is not as its delivery wants it; tells others only when that is news.</summary>
    public EnvironmentDocument Look(EnvironmentDocument known, IReadOnlyList<string> remarks) =>
        remarks.SequenceEqual(_remarks.GetValueOrDefault(known.EnvironmentName) ?? [], StringComparer.Ordinal)
            ? known
            : Report(known.EnvironmentName, new EnvironmentFact.Remarked(remarks));

    /// <summary>Forgets an environment.</summary>
    public void Forget(string name)
    {
        feed.Remove(name);
        _odd.TryRemove(name, out _);
        _remarks.TryRemove(name, out _);
    }

    /// <summary>A document as it will be when the next pass fails in this way.</summary>
    public EnvironmentDocument Foresee(EnvironmentDocument known, PlatformException failure) => Fail(known, failure);

    /// <summary>Whether a failure stays until somebody changes something: trying again comes to the same.</summary>
    public static bool IsTerminal(PlatformException failure) => failure.Kind == FailureKind.InvalidInput;

    private EnvironmentDocument After(EnvironmentDocument known, EnvironmentFact fact) =>
        fact switch
        {
            EnvironmentFact.Asked asked => Ask(known, asked),
            EnvironmentFact.Began began => Begin(known, began),
            EnvironmentFact.Accepted { Claim: var claim } => With(known, ConditionTypes.Accepted, true, "Valid") with
            {
                EnvironmentType = EnvironmentTypes.NameOf(claim.EnvironmentType),
                User = claim.User,
                CreationDate = claim.CreationDate,
                ExpirationDate = claim.ExpirationDate,
            },
            EnvironmentFact.Placed placed => known with { Cluster = placed.Cluster, Delivery = placed.Delivery },
            EnvironmentFact.Resolved resolved => Resolve(known, resolved),
            EnvironmentFact.Progressed { Progress: var progress } => Progress(known, progress),
            EnvironmentFact.Delivered { Changes: var changes, Since: var since, Recreated: var recreated } => With(
                With(known, ConditionTypes.Delivered, true, changes is null ? "Unchanged" : "Applied"),
                ConditionTypes.Ready,
                true,
                "AllReady"
            ) with
            {
                Phase = EnvironmentPhase.Ready,
                Message = null,
                Causes = [],
                Changes = changes,
                ReadySince = since,
                Services =
                [
                    .. known.Services.Select(s =>
                        After(s, new ServiceProgress(s.Name, ServicePhase.Ready, MadeAgain(s.Name, recreated)))
                    ),
                ],
            },
            EnvironmentFact.Remarked { What: var what } => Remark(known, what),
            // One whose claim is away is not delivered before that is back.
            EnvironmentFact.Leaving { What: var what } => known is { Phase: EnvironmentPhase.Ready, Absence: null }
                ? Lose(known, what)
                : known with
                { },
            EnvironmentFact.Failed { Failure: var failure } => Fail(known, failure),
            EnvironmentFact.Remembered { Claim: var claim } => known with
            {
                Namespace = Claim.NamespaceOf(known.EnvironmentName),
                Simulated = cluster.IsSimulated,
                EnvironmentType = TextOf(claim, "environment_type"),
                User = TextOf(claim, "user"),
                CreationDate = DateTimeOffset.TryParse(
                    TextOf(claim, "creation_date"),
                    CultureInfo.InvariantCulture,
                    out var created
                )
                    ? created
                    : null,
            },
            EnvironmentFact.ClaimAway when known.Phase == EnvironmentPhase.Deleting => known with { },
            EnvironmentFact.ClaimAway { Until: var until } => With(
                known,
                ConditionTypes.ClaimPresent,
                false,
                until is null ? "BucketAway" : "Away",
                until is null
                    ? $"The claim of {known.EnvironmentName} is away, with its lock and its history, as if the bucket were: "
                        + "nothing is removed. Bring them back, or remove it with: "
                        + ShellCommand.Platformctl("destroy-environment", known.EnvironmentName)
                    : $"The claim of {known.EnvironmentName} is away: it is removed at {until:u} unless the claim comes back."
            ),
            EnvironmentFact.ClaimBack => known with { Conditions = WithoutAbsence(known) },
            EnvironmentFact.Removing => Remove(known),
            EnvironmentFact.Left { What: var what } => Leave(known, what),
            EnvironmentFact.UpdatesScheduled { Next: var next } => known with
            {
                NextUpdate = known.NextUpdate < next ? known.NextUpdate : next,
            },
            EnvironmentFact.UpdatesDue => known with { NextUpdate = null },
            EnvironmentFact.UpdatesLooked => With(known, ConditionTypes.UpdatesLooked, true, "Looked"),
            EnvironmentFact.UpdatesNotLooked not => With(
                known,
                ConditionTypes.UpdatesLooked,
                false,
                "NotLooked",
                $"Newer versions cannot be looked for: {not.Failure.Message}"
            ) with
            {
                NextUpdate = known.NextUpdate ?? not.Retry,
            },
            EnvironmentFact.Ended ended => known with { Completed = ended.Number, NextTry = ended.NextTry },
            _ => throw new ArgumentException($"{fact.GetType().Name} is no fact that a status knows.", nameof(fact)),
        };

    private EnvironmentDocument Progress(EnvironmentDocument known, ServiceProgress progress)
    {
        var isWhole = progress.Service.Length == 0;
        var after = known with
        {
            Causes = isWhole ? progress.Causes : [],
            Services = isWhole
                ? known.Services
                : [.. known.Services.Select(s => s.Name == progress.Service ? After(s, progress) : s)],
        };
        after = after with { Message = Waiting(after) };
        return With(after, ConditionTypes.Ready, null, "Progressing", after.Message);
    }

    private EnvironmentDocument Lose(EnvironmentDocument known, ILookup<string, CauseDocument> what)
    {
        var after = known with
        {
            Phase = EnvironmentPhase.Delivering,
            ReadySince = null,
            Services =
            [
                .. known.Services.Select(s =>
                    what[s.Name].ToList() is { Count: > 0 } causes
                        ? After(
                            s,
                            new ServiceProgress(
                                s.Name,
                                ServicePhase.Waiting,
                                "waits until what is being deleted is gone, to make it again"
                            )
                            {
                                Causes = causes,
                            }
                        )
                        : s
                ),
            ],
        };
        after = after with { Message = Waiting(after) };
        return With(after, ConditionTypes.Ready, null, "Progressing", after.Message);
    }

    private ServiceDocument After(ServiceDocument known, ServiceProgress progress) =>
        known with
        {
            Phase = progress.Phase,
            PhaseSince =
                progress.Phase == ServicePhase.Ready ? null
                : known.Phase == progress.Phase ? known.PhaseSince ?? time.GetUtcNow()
                : time.GetUtcNow(),
            Message = progress.Message,
            Causes = progress.Causes,
        };

    /// <summary>What of a service was deleted and made again; <see langword="null"/> when nothing was.</summary>
    private static string? MadeAgain(string service, IReadOnlyList<ObjectChange> recreated)
    {
        var own = recreated.Where(c => c.Service == service).Select(c => $"{c.Kind} {c.Name}: {c.Note}").ToList();
        return own.Count == 0 ? null : $"deleted and made again {string.Join(", ", own)}";
    }

    /// <summary>How far it is and what it waits for, in sentences; a few services stand for many.</summary>
    private static string Waiting(EnvironmentDocument known)
    {
        var told = known.Services.Where(s => s.Message is not null && s.Phase != ServicePhase.Pending);
        var services = told.OrderByDescending(s => s.Causes.Count > 0).Take(WaitingShown);
        IEnumerable<string> sentences =
        [
            .. known.Phase == EnvironmentPhase.Deleting ? [] : new[] { known.ReadyCount },
            .. known.Causes.Select(c => c.ToString()),
            .. services.SelectMany(s =>
                s.Causes.Select(c => c.ToString()).Prepend($"{s.Name}: {s.Message!.Split('\n')[0]}")
            ),
        ];
        return string.Join(' ', sentences.Select(s => $"{s.TrimEnd('.')}."));
    }

    private EnvironmentDocument Remove(EnvironmentDocument known)
    {
        _odd.TryRemove(known.EnvironmentName, out _);
        _remarks.TryRemove(known.EnvironmentName, out _);
        return With(known with { Conditions = [] }, ConditionTypes.Ready, false, "Deleting") with
        {
            Phase = EnvironmentPhase.Deleting,
            Services = [.. known.Services.Select(s => s with { Message = null, Causes = [] })],
            Causes = [],
            Message = null,
            NextStep = null,
            Failure = null,
            Faults = [],
        };
    }

    private EnvironmentDocument Leave(EnvironmentDocument known, IReadOnlyList<string> what)
    {
        _odd[known.EnvironmentName] = what;
        return known with { };
    }

    private static string? TextOf(JsonObject claim, string field) =>
        claim[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private EnvironmentDocument Remark(EnvironmentDocument known, IReadOnlyList<string> what)
    {
        _remarks[known.EnvironmentName] = what;
        return known with { };
    }

    private static IReadOnlyList<ConditionDocument> WithoutAbsence(EnvironmentDocument known) =>
        [.. known.Conditions.Where(c => c.Type != ConditionTypes.ClaimPresent)];

    private EnvironmentDocument Ask(EnvironmentDocument known, EnvironmentFact.Asked asked)
    {
        if (asked.Revision is null)
        {
            // What it waited for or failed with before says nothing of its removal.
            var isUnderWay = known is { Phase: EnvironmentPhase.Deleting, Failure: null };
            return Number(isUnderWay ? known : Remove(known), asked);
        }

        var after = Number(known, asked);
        // What was before is no answer to whoever asks for something now.
        return asked.Services is not { } services || after.Phase == EnvironmentPhase.Deleting
            ? after
            : With(after, ConditionTypes.Ready, null, "Pending") with
            {
                Phase = EnvironmentPhase.Pending,
                Services = services,
                Message = null,
                NextStep = null,
                Failure = null,
                Faults = [],
                Causes = [],
                Changes = null,
                ReadySince = null,
            };
    }

    private static EnvironmentDocument Number(EnvironmentDocument known, EnvironmentFact.Asked asked) =>
        known with
        {
            Requested = asked.Number,
            NextTry = null,
            // That the claim of what is removed is not there is no news.
            Conditions = asked.Revision is null ? WithoutAbsence(known) : known.Conditions,
            // Whoever asks right after a removal must not take it for what it was.
            Phase =
                asked.Revision is null ? EnvironmentPhase.Deleting
                : known.Requested == 0 ? EnvironmentPhase.Pending
                : known.Phase,
            // Both or none: who reads one and writes back by the other would lose somebody's change.
            Revision = asked.Revision ?? known.Revision,
            Claim =
                asked.Revision is null || asked.Revision == known.Revision ? asked.Claim ?? known.Claim : asked.Claim,
        };

    private EnvironmentDocument Begin(EnvironmentDocument known, EnvironmentFact.Began began)
    {
        _odd.TryRemove(known.EnvironmentName, out _);
        var after = known with
        {
            Phase = EnvironmentPhase.Resolving,
            Revision = began.Revision,
            ObservedRevision = began.Revision,
            Claim = began.Claim,
            Namespace = Claim.NamespaceOf(known.EnvironmentName),
            Simulated = cluster.IsSimulated,
            Causes = [],
            Message = null,
            NextStep = null,
            Failure = null,
            Faults = [],
            Conditions =
            [
                .. known.Conditions.Where(c => c.Type is not (ConditionTypes.Stalled or ConditionTypes.UpdatesLooked)),
            ],
        };
        foreach (
            var type in new[]
            {
                ConditionTypes.Accepted,
                ConditionTypes.Resolved,
                ConditionTypes.Delivered,
                ConditionTypes.Ready,
            }
        )
        {
            after = With(after, type, null, "Progressing");
        }

        return after;
    }

    private EnvironmentDocument Resolve(EnvironmentDocument known, EnvironmentFact.Resolved resolved)
    {
        _odd[known.EnvironmentName] = resolved.Warnings;
        var after = With(known, ConditionTypes.Resolved, true, "Resolved") with
        {
            Phase = EnvironmentPhase.Delivering,
            Services = resolved.Services,
        };
        after = after with { Message = Waiting(after) };
        if (resolved.Held is { } held)
        {
            var who = held.By is { } by ? $" by {by}" : "";
            return With(
                after,
                ConditionTypes.UpToDate,
                false,
                "Held",
                $"{known.EnvironmentName} was put back to {held.BackTo}{who} and stays there until its claim is changed or upgraded."
            );
        }

        return resolved.TakenBack is { } failed
            ? With(
                after,
                ConditionTypes.UpToDate,
                false,
                ConditionTypes.UpdateTakenBack,
                $"The automatic update to {string.Join(", ", failed.Blamed.Select(b => $"{b.Key} {b.Value}"))} failed at "
                    + $"{failed.Time:u} and was taken back; only something newer is tried again. {failed.Why ?? failed.Message}"
            )
            : With(after, ConditionTypes.UpToDate, true, "NothingHeldBack");
    }

    private EnvironmentDocument Fail(EnvironmentDocument known, PlatformException failure)
    {
        var isTerminal = IsTerminal(failure);
        var faults = failure is InvalidDocumentException invalid
            ? invalid.Faults.Select(f => new FaultDocument(f.Path, f.Message)).ToList()
            : [];
        // What was under way when it failed is what failed.
        var stage = new[] { ConditionTypes.Accepted, ConditionTypes.Resolved }.FirstOrDefault(t =>
            known.Conditions.FirstOrDefault(c => c.Type == t)?.Status != ConditionDocument.True
        );
        var reason = isTerminal ? "Refused" : "Failed";
        var after = With(known, stage ?? ConditionTypes.Delivered, false, reason, failure.Message);
        after = With(after, ConditionTypes.Ready, false, reason, failure.Message);
        if (isTerminal)
        {
            after = With(after, ConditionTypes.Stalled, true, reason, "It is tried again when something was changed.");
        }

        return after with
        {
            // A removal that failed is still a removal.
            Phase =
                known.Phase == EnvironmentPhase.Deleting ? EnvironmentPhase.Deleting
                : isTerminal ? EnvironmentPhase.Invalid
                : EnvironmentPhase.Failed,
            Message = failure.Message,
            Failure = failure.Kind,
            NextStep = failure.NextStep,
            Faults = faults,
            ReadySince = null,
        };
    }

    private EnvironmentDocument With(
        EnvironmentDocument known,
        string type,
        bool? isTrue,
        string reason,
        string? message = null
    )
    {
        var before = known.Conditions.FirstOrDefault(c => c.Type == type);
        var status = isTrue switch
        {
            true => ConditionDocument.True,
            false => ConditionDocument.False,
            null => ConditionDocument.Unknown,
        };
        var now = new ConditionDocument(type, status, reason)
        {
            Message = message,
            ObservedRevision = known.ObservedRevision,
            LastTransitionTime = before?.Status == status ? before.LastTransitionTime : time.GetUtcNow(),
        };
        return known with
        {
            Conditions = before is null
                ? [.. known.Conditions, now]
                : [.. known.Conditions.Select(c => c.Type == type ? now : c)],
        };
    }

    private EnvironmentDocument WithWarnings(EnvironmentDocument known) =>
        known with
        {
            Warnings =
            [
                .. MessageOf(known, ConditionTypes.ClaimPresent),
                .. MessageOf(known, ConditionTypes.UpToDate),
                .. _odd.GetValueOrDefault(known.EnvironmentName) ?? [],
                // While it is delivered, or when that failed, nobody knows what they will be.
                .. known.Phase == EnvironmentPhase.Ready ? _remarks.GetValueOrDefault(known.EnvironmentName) ?? [] : [],
                .. MessageOf(known, ConditionTypes.UpdatesLooked),
            ],
        };

    private static IEnumerable<string> MessageOf(EnvironmentDocument known, string type) =>
        known
            .Conditions.Where(c => c.Type == type && c.Status == ConditionDocument.False)
            .Select(c => c.Message)
            .OfType<string>();
}
