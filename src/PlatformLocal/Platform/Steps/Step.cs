namespace PlatformLocal.Platform.Steps;

/// <summary>One piece of a larger work. It looks at the world and does what is missing: done twice it comes to the same as once.</summary>
internal sealed record Step
{
    /// <summary>What people call it; unique within its graph.</summary>
    public required string Name { get; init; }

    /// <summary>The names of the steps that must be done before.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>How long the step may take, all its attempts and pauses together.</summary>
    /// <value>5 minutes unless set.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>When it is tried again.</summary>
    /// <value>Never unless set.</value>
    public StepRetry Retry { get; init; } = StepRetry.Never;

    /// <summary>Whether its failure stops everything else; otherwise only what depends on it is not begun.</summary>
    /// <value>On unless set.</value>
    public bool StopsOthers { get; init; } = true;

    /// <summary>Does the work. Must be idempotent: a run that was killed begins it anew.</summary>
    public required Func<StepContext, CancellationToken, Task> RunAsync { get; init; }
}

/// <summary>What a running step is given.</summary>
/// <param name="Time">The clock of its waits.</param>
/// <param name="Report">Tells what the step does or waits for just now.</param>
internal sealed record StepContext(TimeProvider Time, Action<string> Report);

/// <summary>When and how often a step is tried again.</summary>
internal sealed record StepRetry
{
    /// <summary>One attempt only.</summary>
    public static StepRetry Never { get; } = new();

    /// <summary>How many attempts there are, the first included.</summary>
    /// <value>1 unless set; at least 1.</value>
    public int Attempts { get; init; } = 1;

    /// <summary>The pause before the second attempt; it doubles with each further one.</summary>
    /// <value>1 second unless set.</value>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Which failures are worth another attempt.</summary>
    /// <value>All but invalid input and what is not allowed, unless set.</value>
    public Func<Exception, bool> IsWorthwhile { get; init; } =
        fault => fault is not PlatformException { Kind: FailureKind.InvalidInput or FailureKind.NotAllowed };
}
