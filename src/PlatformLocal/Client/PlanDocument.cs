namespace PlatformLocal.Client;

/// <summary>What a deployment would change.</summary>
public sealed record PlanDocument
{
    /// <summary>The environment's name.</summary>
    public required string EnvironmentName { get; init; }

    /// <summary>Whether the environment exists already.</summary>
    public required bool Exists { get; init; }

    /// <summary>Whether anything at all would change.</summary>
    public required bool HasChanges { get; init; }

    /// <summary>The services, each after all that it depends on; removed ones last.</summary>
    public required IReadOnlyList<ServicePlan> Services { get; init; }

    /// <summary>The objects, unchanged ones included.</summary>
    public required IReadOnlyList<ObjectChange> Objects { get; init; }

    /// <summary>What is odd but no fault, as whole sentences.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The complete claim that would be stored.</summary>
    public JsonObject? Claim { get; init; }

    /// <summary>The lock that would be stored; a deployment can be held to it later.</summary>
    public JsonObject? Lock { get; init; }
}

/// <summary>What a deployment would do to one service.</summary>
public sealed record ServicePlan
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The version it has; absent when it is new.</summary>
    public string? From { get; init; }

    /// <summary>The version it would have; absent when it would be removed.</summary>
    public string? To { get; init; }

    /// <summary>Why that version.</summary>
    public string? Reason { get; init; }

    /// <summary>Its image with the repository it comes from, its tag, and its digest when it is known; absent when it would be removed.</summary>
    public string? Image { get; init; }

    /// <summary>Where its definition comes from; absent when it would be removed.</summary>
    public string? Source { get; init; }

    /// <summary>The services it depends on.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];
}
