namespace PlatformLocal.Client;

/// <summary>One side of an environment's state, in the shape that Kubernetes gives to conditions.</summary>
/// <param name="Type">Which side: one of <see cref="ConditionTypes"/>.</param>
/// <param name="Status"><see cref="True"/>, <see cref="False"/> or <see cref="Unknown"/>.</param>
/// <param name="Reason">Why, in one word for programs.</param>
public sealed record ConditionDocument(string Type, string Status, string Reason)
{
    /// <summary>It is so.</summary>
    public const string True = "True";

    /// <summary>It is not so.</summary>
    public const string False = "False";

    /// <summary>It is being found out.</summary>
    public const string Unknown = "Unknown";

    /// <summary>Why, in whole sentences for people.</summary>
    public string? Message { get; init; }

    /// <summary>The entity tag of the claim that this was found of.</summary>
    public string ObservedRevision { get; init; } = "";

    /// <summary>When <see cref="Status"/> changed last.</summary>
    public required DateTimeOffset LastTransitionTime { get; init; }
}

/// <summary>The sides of an environment's state.</summary>
public static class ConditionTypes
{
    /// <summary>The claim is valid.</summary>
    public const string Accepted = "Accepted";

    /// <summary>The claim has exact versions and manifests.</summary>
    public const string Resolved = "Resolved";

    /// <summary>The cluster has the manifests.</summary>
    public const string Delivered = "Delivered";

    /// <summary>Everything is ready.</summary>
    public const string Ready = "Ready";

    /// <summary>Nothing keeps newer versions away: no rollback, no update that failed.</summary>
    public const string UpToDate = "UpToDate";

    /// <summary>The reason of <see cref="UpToDate"/> when an automatic update failed and was taken back.</summary>
    public const string UpdateTakenBack = "UpdateTakenBack";

    /// <summary>Newer versions were looked for the last time it was due.</summary>
    public const string UpdatesLooked = "UpdatesLooked";

    /// <summary>The claim is where it was. Absent unless it is away: then the message says what becomes of the environment.</summary>
    public const string ClaimPresent = "ClaimPresent";

    /// <summary>It failed in a way that trying again does not help: it waits for a change. Absent otherwise.</summary>
    public const string Stalled = "Stalled";
}
