using System.Security.Cryptography;
using System.Text;
using PlatformLocal.Core;

namespace PlatformLocal.Platform.Steps;

/// <summary>One piece of a larger work that can be done twice with the same outcome as once.</summary>
public sealed record Step
{
    /// <summary>What people and the journal call it; unique within its graph.</summary>
    public required string Name { get; init; }

    /// <summary>The names of the steps that must be done before.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>Everything the outcome depends on; only its digest is kept. Another input means to run the step again.</summary>
    /// <value>Empty unless set.</value>
    public string Input { get; init; } = "";

    /// <summary>How long the step may take, all its attempts and pauses together.</summary>
    /// <value>5 minutes unless set.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>When it is tried again.</summary>
    /// <value>Never unless set.</value>
    public StepRetry Retry { get; init; } = StepRetry.Never;

    /// <summary>Does the work. Must be idempotent: a run that was killed begins it anew.</summary>
    public required Func<StepContext, CancellationToken, Task> RunAsync { get; init; }

    /// <summary>Whether the outcome of an earlier run still stands; asked only when the journal says so.</summary>
    /// <value>
    /// Nobody asks unless set: the journal is believed, except when a step this one depends on was run again.
    /// </value>
    public Func<StepContext, CancellationToken, Task<bool>>? IsDoneAsync { get; init; }

    /// <summary>Takes the outcome back, also a half one. Must be idempotent.</summary>
    /// <value>Nothing to take back unless set.</value>
    public Func<StepContext, CancellationToken, Task>? UndoAsync { get; init; }

    /// <summary>The digest of <see cref="Input"/>, as <c>sha256:…</c>.</summary>
    public string InputDigest => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Input)));
}

/// <summary>What a running step is given.</summary>
/// <param name="Time">The clock of its waits.</param>
/// <param name="Report">Tells what the step does or waits for just now.</param>
public sealed record StepContext(TimeProvider Time, Action<string> Report);

/// <summary>When and how often a step is tried again.</summary>
public sealed record StepRetry
{
    /// <summary>One attempt only.</summary>
    public static StepRetry Never { get; } = new();

    /// <summary>How many attempts there are, the first included.</summary>
    /// <value>1 unless set; at least 1.</value>
    public int Attempts { get; init; } = 1;

    /// <summary>The pause before the second attempt; it doubles with each further one, up to <see cref="LongestDelay"/>.</summary>
    /// <value>1 second unless set.</value>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause.</summary>
    /// <value>30 seconds unless set.</value>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Which failures are worth another attempt.</summary>
    /// <value>All but invalid input and what is not allowed, unless set.</value>
    public Func<Exception, bool> IsWorthwhile { get; init; } =
        fault => fault is not PlatformException { Kind: FailureKind.InvalidInput or FailureKind.NotAllowed };

    /// <summary>The pause after an attempt.</summary>
    /// <param name="attempt">The attempt that failed, from 1.</param>
    public TimeSpan DelayAfter(int attempt)
    {
        double ticks = Delay.Ticks * Math.Pow(2, attempt - 1);
        return ticks >= LongestDelay.Ticks ? LongestDelay : TimeSpan.FromTicks((long)ticks);
    }
}
