namespace PlatformLocal.Cli;

/// <summary>What the program's exit codes mean.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Invalid = 2;
    public const int NotReadyInTime = 3;
    public const int NotAllowed = 4;
    public const int Interrupted = 130;

    public static int For(FailureKind kind) =>
        kind switch
        {
            FailureKind.InvalidInput => Invalid,
            FailureKind.NotReadyInTime => NotReadyInTime,
            FailureKind.NotAllowed => NotAllowed,
            _ => Failed,
        };
}
