namespace PlatformLocal.Client;

/// <summary>How a step ended.</summary>
public enum StepOutcome
{
    /// <summary>It was run.</summary>
    Done,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It was stopped while it ran.</summary>
    Stopped,
}

/// <summary>The time one step took.</summary>
/// <param name="Step">The step's name.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="StartSeconds">When it began, in seconds since the run began.</param>
/// <param name="Seconds">How long it took, its attempts and pauses together.</param>
/// <param name="Attempts">How often it was tried.</param>
public sealed record StepTime(string Step, StepOutcome Outcome, double StartSeconds, double Seconds, int Attempts);

/// <summary>Where the time of a run went.</summary>
/// <param name="Steps">The steps that began, in the order they began.</param>
/// <param name="Seconds">How long the run took.</param>
/// <param name="CriticalPath">The chain of dependencies that took longest.</param>
public sealed record StepLedger(IReadOnlyList<StepTime> Steps, double Seconds, IReadOnlyList<string> CriticalPath);
