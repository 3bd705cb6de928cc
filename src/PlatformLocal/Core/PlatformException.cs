namespace PlatformLocal.Core;

/// <summary>What kind of failure a <see cref="PlatformException"/> is; decides exit code and HTTP status.</summary>
public enum FailureKind
{
    /// <summary>The work failed (exit code 1, HTTP 500 or 502).</summary>
    Failed,

    /// <summary>The input is invalid (exit code 2, HTTP 400).</summary>
    InvalidInput,

    /// <summary>What was asked for does not exist (exit code 1, HTTP 404).</summary>
    NotFound,

    /// <summary>Somebody else changed it meanwhile (exit code 1, HTTP 409).</summary>
    Conflict,

    /// <summary>Something did not become ready in time (exit code 3, HTTP 504).</summary>
    NotReadyInTime,

    /// <summary>The caller may not do this (exit code 4, HTTP 403).</summary>
    NotAllowed,
}

/// <summary>The one failure that users see: what failed and why in <see cref="Exception.Message"/>, what to do now in <see cref="NextStep"/>.</summary>
public class PlatformException : Exception
{
    /// <summary>A failure that is told to the user as it stands.</summary>
    /// <param name="message">What failed and why: whole sentences without a stack trace.</param>
    /// <param name="nextStep">What to do now, or <see langword="null"/> when the message says it already.</param>
    /// <param name="inner">The cause, kept for debug output only.</param>
    public PlatformException(string message, string? nextStep = null, Exception? inner = null)
        : base(message, inner) => NextStep = nextStep;

    /// <summary>A failure of a kind.</summary>
    /// <param name="kind">What kind of failure this is.</param>
    /// <param name="message">What failed and why: whole sentences without a stack trace.</param>
    /// <param name="nextStep">What to do now, or <see langword="null"/> when the message says it already.</param>
    /// <param name="inner">The cause, kept for debug output only.</param>
    public PlatformException(FailureKind kind, string message, string? nextStep = null, Exception? inner = null)
        : this(message, nextStep, inner) => Kind = kind;

    /// <summary>What the user can do now.</summary>
    public string? NextStep { get; }

    /// <summary>What kind of failure this is.</summary>
    /// <value><see cref="FailureKind.Failed"/> unless set.</value>
    public FailureKind Kind { get; init; }
}
