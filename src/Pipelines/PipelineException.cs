namespace Pipelines;

/// <summary>The failure that users of pipelines see: what failed and why, and what to do now.</summary>
public class PipelineException : Exception
{
    /// <summary>A failure that is told as it stands.</summary>
    /// <param name="message">What failed and why.</param>
    /// <param name="nextStep">What to do now, or <see langword="null"/> when the message says it already.</param>
    /// <param name="inner">The cause.</param>
    public PipelineException(string message, string? nextStep = null, Exception? inner = null)
        : base(message, inner) => NextStep = nextStep;

    /// <summary>What to do now.</summary>
    public string? NextStep { get; }
}
