using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Platform.Diagnostics;

/// <summary>Asks programs for something that may be answered or not.</summary>
internal static class ProgramQuestion
{
    /// <summary>What a program says, without spaces around it; or why it says nothing.</summary>
    public static async Task<(string Output, ProgramException? Fault)> AskAsync(
        this ProgramRunner programs,
        TimeSpan timeout,
        string program,
        IReadOnlyList<string> arguments,
        CancellationToken cancellationToken
    )
    {
        var command = new ProgramCommand
        {
            Program = program,
            Arguments = arguments,
            Timeout = timeout,
        };
        try
        {
            return ((await programs.RunAsync(command, cancellationToken)).Output.Trim(), null);
        }
        catch (ProgramException e)
        {
            return ("", e);
        }
    }
}
