using System.Text.Json.Serialization;
using PlatformLocal.Core.Environments;

namespace PlatformLocal.Client;

/// <summary>Where an environment is on its way.</summary>
public enum EnvironmentPhase
{
    /// <summary>The claim is stored and not yet looked at.</summary>
    Pending,

    /// <summary>Versions are resolved and manifests rendered.</summary>
    Resolving,

    /// <summary>Manifests are applied and waited for.</summary>
    Delivering,

    /// <summary>Everything is ready.</summary>
    Ready,

    /// <summary>The claim, or what it names, is not valid: nothing was changed in the cluster.</summary>
    Invalid,

    /// <summary>The delivery failed; it is tried again.</summary>
    Failed,

    /// <summary>It is being removed.</summary>
    Deleting,
}

/// <summary>An environment as the Platform API shows it.</summary>
public sealed record EnvironmentDocument
{
    private const int ServicesExplained = 10;

    /// <summary>Its name.</summary>
    public required string EnvironmentName { get; init; }

    /// <summary>Where it is on its way.</summary>
    public required EnvironmentPhase Phase { get; init; }

    /// <summary>The entity tag of the claim as it is stored, <see cref="Claim"/>; empty when it was removed.</summary>
    public string Revision { get; init; } = "";

    /// <summary>The entity tag of the claim that <see cref="Phase"/> and services speak of; behind <see cref="Revision"/> when a newer one was not looked at yet.</summary>
    public string ObservedRevision { get; init; } = "";

    /// <summary>The newest request for a reconciliation; grows with each.</summary>
    public long Requested { get; init; }

    /// <summary>The newest request that is done with; equals <see cref="Requested"/> when there is nothing to do.</summary>
    public long Completed { get; init; }

    /// <summary>What is waited for and why, or why it failed, in whole sentences.</summary>
    public string? Message { get; init; }

    /// <summary>What to do about a failure.</summary>
    public string? NextStep { get; init; }

    /// <summary>Which kind of failure <see cref="Message"/> tells of; absent when there is none.</summary>
    public FailureKind? Failure { get; init; }

    /// <summary>Its type: <c>dev</c>, <c>stage</c>, <c>prod</c> or <c>sue</c>.</summary>
    public string? EnvironmentType { get; init; }

    /// <summary>Who asked for it.</summary>
    public string? User { get; init; }

    /// <summary>The namespace it is in.</summary>
    public string? Namespace { get; init; }

    /// <summary>The cluster it has of its own; absent for one on the platform's.</summary>
    public string? Cluster { get; init; }

    /// <summary>Who delivers it: <c>direct</c> for the platform itself, or <c>flux</c>; absent until that is known.</summary>
    public DeliveryKind? Delivery { get; init; }

    /// <summary>When it was asked for first.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>When it is removed by itself; absent for never.</summary>
    public DateTimeOffset? ExpirationDate { get; init; }

    /// <summary>When it became ready with the current claim.</summary>
    public DateTimeOffset? ReadySince { get; init; }

    /// <summary>Whether its workloads are simulated: so on the embedded platform.</summary>
    public bool Simulated { get; init; }

    /// <summary>Why it is not further as a whole, such as a namespace that is not gone yet; see its services for theirs.</summary>
    public IReadOnlyList<CauseDocument> Causes { get; init; } = [];

    /// <summary>Its services, each after all that it depends on.</summary>
    public IReadOnlyList<ServiceDocument> Services { get; init; } = [];

    /// <summary>What the last delivery did to objects.</summary>
    public ChangeCounts? Changes { get; init; }

    /// <summary>Every fault of an invalid claim.</summary>
    public IReadOnlyList<FaultDocument> Faults { get; init; } = [];

    /// <summary>What is odd but no fault, as whole sentences.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>When newer versions that the claim accepts are looked for next; absent when they are not.</summary>
    public DateTimeOffset? NextUpdate { get; init; }

    /// <summary>When it is tried again by itself after a failure; absent when there is nothing to try.</summary>
    public DateTimeOffset? NextTry { get; init; }

    /// <summary>The sides of its state, from which <see cref="Phase"/>, <see cref="Message"/> and <see cref="Warnings"/> follow.</summary>
    public IReadOnlyList<ConditionDocument> Conditions { get; init; } = [];

    /// <summary>The complete claim; absent in listings.</summary>
    public JsonObject? Claim { get; init; }

    /// <summary>Its rollouts, newest first; absent in listings and events.</summary>
    public IReadOnlyList<RolloutDocument>? History { get; init; }

    /// <summary>What becomes of it because its claim is away: a whole sentence; <see langword="null"/> while the claim is there.</summary>
    [JsonIgnore]
    public string? Absence =>
        Conditions
            .FirstOrDefault(c => c is { Type: ConditionTypes.ClaimPresent, Status: ConditionDocument.False })
            ?.Message;

    /// <summary>Its phase in words, and that its claim is away.</summary>
    [JsonIgnore]
    public string State => Phase.ToString().ToLowerInvariant() + (Absence is null ? "" : ", claim away");

    /// <summary>How many of its services are ready, such as <c>7 of 12 ready</c>.</summary>
    [JsonIgnore]
    public string ReadyCount => $"{Services.Count(s => s.Phase == ServicePhase.Ready)} of {Services.Count} ready";

    /// <summary>What is not ready and why, a line each, details indented below; a few services stand for many.</summary>
    public IReadOnlyList<string> Explain()
    {
        var lines = Causes.Select(c => c.ToString()).ToList();
        var waiting = Services
            .Where(s => s.Phase != ServicePhase.Ready && Phase != EnvironmentPhase.Deleting)
            .OrderByDescending(s => s.Causes.Count > 0)
            .ThenByDescending(s => s.Phase)
            .ToList();
        foreach (var service in waiting.Take(ServicesExplained))
        {
            var what = service.Message?.Split('\n')[0] ?? $"is {service.Phase.ToString().ToLowerInvariant()}";
            lines.Add($"{service.Name}: {what}");
            lines.AddRange(service.Causes.Select(c => $"  {c}"));
        }

        if (waiting.Count > ServicesExplained)
        {
            lines.Add(
                $"and {Counted.Of(waiting.Count - ServicesExplained, "more service is", "more services are")} not ready"
            );
        }

        return lines;
    }

    /// <summary>Whether nothing more happens until somebody changes something.</summary>
    [JsonIgnore]
    public bool IsSettled =>
        Completed >= Requested
        && Phase is EnvironmentPhase.Ready or EnvironmentPhase.Invalid or EnvironmentPhase.Failed;
}

/// <summary>A service of an environment.</summary>
public sealed record ServiceDocument
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The version that was chosen.</summary>
    public required string Version { get; init; }

    /// <summary>Why this version.</summary>
    public string? Reason { get; init; }

    /// <summary>The services it depends on.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>Where it is: <c>pending</c>, <c>applying</c>, <c>waiting</c>, <c>ready</c> or <c>failed</c>.</summary>
    public required ServicePhase Phase { get; init; }

    /// <summary>Since when it is in this phase; absent before anything is delivered, and when it is ready.</summary>
    public DateTimeOffset? PhaseSince { get; init; }

    /// <summary>What it waits for, or why it failed.</summary>
    public string? Message { get; init; }

    /// <summary>Why what it waits for is not ready, as far as the cluster says it.</summary>
    public IReadOnlyList<CauseDocument> Causes { get; init; } = [];
}

/// <summary>How many objects a delivery created, updated, made again, left and pruned.</summary>
/// <param name="Created">New objects.</param>
/// <param name="Updated">Changed objects.</param>
/// <param name="Unchanged">Objects that were right already.</param>
/// <param name="Pruned">Objects that are no longer wanted.</param>
public sealed record ChangeCounts(int Created, int Updated, int Unchanged, int Pruned)
{
    /// <summary>Objects that were deleted and made again, because what differs cannot be changed.</summary>
    public int Recreated { get; init; }

    /// <summary>The counts in words, such as <c>5 objects, 1 created and 4 unchanged</c>.</summary>
    public override string ToString()
    {
        List<string> counts = [];
        Add(Created, "created");
        Add(Updated, "updated");
        Add(Recreated, "recreated");
        Add(Unchanged, "unchanged");
        Add(Pruned, "removed");
        var all = Counted.Of(Created + Updated + Recreated + Unchanged + Pruned, "object");
        return counts.Count switch
        {
            0 => all,
            1 => $"{all} {counts[0].Split(' ')[1]}",
            var several => $"{all}, {string.Join(", ", counts.Take(several - 1))} and {counts[^1]}",
        };

        void Add(int count, string what)
        {
            if (count > 0)
            {
                counts.Add($"{count} {what}");
            }
        }
    }
}

/// <summary>One fault of a document.</summary>
/// <param name="Path">Where.</param>
/// <param name="Message">What.</param>
public sealed record FaultDocument(string Path, string Message);

/// <summary>All environments.</summary>
/// <param name="Environments">By name; without their claims.</param>
public sealed record EnvironmentListDocument(IReadOnlyList<EnvironmentDocument> Environments);
