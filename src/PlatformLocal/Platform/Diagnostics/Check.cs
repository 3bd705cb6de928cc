namespace PlatformLocal.Platform.Diagnostics;

/// <summary>How a check went.</summary>
public enum CheckStatus
{
    /// <summary>As it should be.</summary>
    Pass,

    /// <summary>Works, but not everything will.</summary>
    Warn,

    /// <summary>The platform will not work.</summary>
    Fail,
}

/// <summary>The outcome of one check.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Status">How it went.</param>
/// <param name="Message">What was found.</param>
/// <param name="Fix">A command or a sentence that puts it right; absent when there is nothing to do.</param>
/// <param name="Link">Where to read more.</param>
public sealed record CheckResult(
    string Name,
    CheckStatus Status,
    string Message,
    string? Fix = null,
    string? Link = null
);

/// <summary>The outcome of all checks.</summary>
/// <param name="Checks">In the order they were done.</param>
public sealed record DoctorReport(IReadOnlyList<CheckResult> Checks)
{
    /// <summary>What was repaired before the checks were done again; absent unless that was asked for.</summary>
    public IReadOnlyList<string>? Repairs { get; init; }

    /// <summary>Whether nothing failed.</summary>
    public bool IsHealthy => Checks.All(c => c.Status != CheckStatus.Fail);
}
