namespace PlatformLocal.Kubernetes.Processes;

/// <summary>A program, how to start it, and how long it may take.</summary>
public sealed record ProgramCommand
{
    /// <summary>The program's name, looked up in <c>PATH</c>, or a path to it.</summary>
    public required string Program { get; init; }

    /// <summary>The arguments, each passed as it stands: no shell reads them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Environment variables on top of the inherited ones; <see langword="null"/> removes one.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } =
        new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>The folder the program runs in.</summary>
    /// <value>The current folder unless set.</value>
    public string? WorkingDirectory { get; init; }

    /// <summary>What the program reads from its standard input, which is closed afterwards.</summary>
    /// <value>Nothing unless set: the program sees the end of its input at once.</value>
    public string? StandardInput { get; init; }

    /// <summary>How long the program may run.</summary>
    /// <value>10 minutes unless set.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the program may tidy up after it was asked to stop; then its whole tree is killed.</summary>
    /// <value>5 seconds unless set.</value>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How the program is asked to stop. Windows knows no such signals: there its tree is killed at once.</summary>
    /// <value><see cref="StopSignal.Terminate"/> unless set.</value>
    public StopSignal StopSignal { get; init; } = StopSignal.Terminate;

    /// <summary>Texts that are replaced by <c>***</c> wherever the command or its lines are shown.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Is told of every line, secrets redacted, while the program runs; from two threads.</summary>
    public Action<ProgramLine>? OnLine { get; init; }

    /// <summary>How many characters of each stream are kept, the last ones.</summary>
    /// <value>16 Mi characters unless set.</value>
    public int CaptureLimit { get; init; } = 16 * 1024 * 1024;

    /// <summary>What to do when the program is missing.</summary>
    /// <value>A hint for the programs we know, otherwise to install it and to put it into <c>PATH</c>.</value>
    public string? InstallHint { get; init; }

    /// <summary>The command as a person would type it, secrets redacted.</summary>
    public override string ToString() => Redaction.Apply(ShellCommand.Of(Arguments.Prepend(Program)), Secrets);
}

/// <summary>The signal that asks a program to stop.</summary>
public enum StopSignal
{
    /// <summary><c>SIGTERM</c>, what most programs understand.</summary>
    Terminate,

    /// <summary><c>SIGINT</c>, what a terminal sends on Ctrl-C.</summary>
    Interrupt,
}

/// <summary>One line a program wrote.</summary>
/// <param name="Text">The line without its end, secrets redacted.</param>
/// <param name="IsError">Whether it came from standard error.</param>
public readonly record struct ProgramLine(string Text, bool IsError);

/// <summary>What a program left behind.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output, as it wrote it.</param>
/// <param name="Error">Its standard error, as it wrote it.</param>
/// <param name="IsTruncated">Whether it wrote more than was kept.</param>
/// <param name="Duration">How long it ran.</param>
public sealed record ProgramResult(int ExitCode, string Output, string Error, bool IsTruncated, TimeSpan Duration);
