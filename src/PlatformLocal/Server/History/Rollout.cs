namespace PlatformLocal.Server.History;

/// <summary>A claim and the exact versions it resolved to, on their way into an environment.</summary>
internal sealed record Rollout
{
    /// <summary>Counts the rollouts of an environment, from 1.</summary>
    public int Number { get; init; }

    /// <summary>When it ended, or began while it is under way.</summary>
    public required DateTimeOffset Time { get; init; }

    public required RolloutCause Cause { get; init; }

    /// <summary>Who asked for it; <see langword="null"/> when nobody did, or nobody knows.</summary>
    public string? By { get; init; }

    /// <summary>The number of the rollout that it puts back.</summary>
    public int? BackTo { get; init; }

    public RolloutOutcome Outcome { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Message { get; init; }

    /// <summary>Which services failed, and the beginning of why.</summary>
    public string? Why { get; init; }

    /// <summary>What an automatic update brought and did not become ready: service to version.</summary>
    public IReadOnlyDictionary<string, string> Blamed { get; init; } = new Dictionary<string, string>();

    public required EnvironmentLock Lock { get; init; }

    /// <summary>The claim as it was stored.</summary>
    public required JsonObject Claim { get; init; }

    public bool IsOf(JsonObject claim) => JsonNode.DeepEquals(Claim, claim);
}
