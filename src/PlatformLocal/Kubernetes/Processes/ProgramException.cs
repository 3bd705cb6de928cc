namespace PlatformLocal.Kubernetes.Processes;

/// <summary>A program that is missing, failed, or did not finish in time.</summary>
public sealed class ProgramException : PlatformException
{
    internal ProgramException(string message, string? nextStep = null, Exception? inner = null)
        : base(message, nextStep, inner) { }

    /// <summary>The command, secrets redacted.</summary>
    public required string Command { get; init; }

    /// <summary>The exit code, or <see langword="null"/> when the program did not come to an end by itself.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The last lines the program wrote, secrets redacted.</summary>
    public IReadOnlyList<string> LastLines { get; init; } = [];
}
