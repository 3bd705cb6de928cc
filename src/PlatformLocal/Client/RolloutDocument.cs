using PlatformLocal.Core.Resolution;

namespace PlatformLocal.Client;

/// <summary>What made an environment roll out.</summary>
public enum RolloutCause
{
    /// <summary>Somebody deployed a claim, or put one into the bucket.</summary>
    Claim,

    /// <summary>Somebody asked for newer versions of the same claim.</summary>
    Upgrade,

    /// <summary>Newer versions that the claim accepts appeared.</summary>
    AutomaticUpdate,

    /// <summary>Somebody asked for an earlier rollout again.</summary>
    Rollback,

    /// <summary>An automatic update failed, and what was there before it is put back.</summary>
    AutomaticRollback,

    /// <summary>The workspace changed under the same claim: a definition, a manifest, or a version that is gone.</summary>
    Workspace,
}

/// <summary>What became of a rollout.</summary>
public enum RolloutOutcome
{
    /// <summary>It is under way.</summary>
    InProgress,

    /// <summary>Everything in it became ready.</summary>
    Ready,

    /// <summary>Something in it did not become ready.</summary>
    Failed,

    /// <summary>Another rollout began before it ended.</summary>
    Superseded,
}

/// <summary>An entry of an environment's history.</summary>
public sealed record RolloutDocument
{
    /// <summary>Its number: what <c>--rollback</c> takes.</summary>
    public required int Number { get; init; }

    /// <summary>When it ended, or began while it is under way.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What made it.</summary>
    public required RolloutCause Cause { get; init; }

    /// <summary>Who asked for it; absent when nobody did, or nobody knows.</summary>
    public string? By { get; init; }

    /// <summary>The number of the rollout that it puts back; absent for others.</summary>
    public int? BackTo { get; init; }

    /// <summary>What became of it.</summary>
    public required RolloutOutcome Outcome { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Message { get; init; }

    /// <summary>What differs from the last one before it that became ready; all services for the first.</summary>
    public IReadOnlyList<LockDifference> Changes { get; init; } = [];
}

/// <summary>What a registry's notification led to.</summary>
/// <param name="Environments">The environments for which newer versions are looked for now.</param>
public sealed record RegistryEventsDocument(IReadOnlyList<string> Environments);
