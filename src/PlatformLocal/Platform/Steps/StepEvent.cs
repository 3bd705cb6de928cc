namespace PlatformLocal.Platform.Steps;

/// <summary>What happened to a step.</summary>
internal enum StepEventKind
{
    /// <summary>It begins.</summary>
    Started,

    /// <summary>It says what it does just now.</summary>
    Progress,

    /// <summary>An attempt failed and there will be another one.</summary>
    Retrying,

    /// <summary>It is done.</summary>
    Done,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It was stopped: by the caller, or because another step failed.</summary>
    Stopped,
}

/// <summary>Something that happened to a step.</summary>
/// <param name="Step">The step's name.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Message">What the step said or why it failed; empty when there is nothing to add.</param>
/// <param name="Elapsed">The time since the step began.</param>
internal sealed record StepEvent(string Step, StepEventKind Kind, string Message, TimeSpan Elapsed);
