using System.Globalization;
using Pipelines.Api;

namespace Pipelines.Blocks;

/// <summary>A run whose logs are wanted whether it fails or not.</summary>
public static class EndToEndRun
{
    private const string Folder = "/logs";

    /// <summary>Runs a command.</summary>
    /// <param name="container">Where.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="time">The clock: it runs on every call.</param>
    /// <returns>
    /// A directory with <c>output.log</c>, <c>errors.log</c>, <c>exit-code</c>, and what the command itself put into the
    /// folder that the variable <c>LOGS</c> names.
    /// </returns>
    public static Directory Run(Container container, IReadOnlyList<string> command, TimeProvider time) =>
        container
            .WithWorkdir(Folder)
            .WithEnvVariable("LOGS", Folder)
            .WithoutCachedResults(time)
            .WithExec(["sh", "-c", "\"$@\" >output.log 2>errors.log; printf %s $? >exit-code", "run", .. command])
            .Directory(Folder);

    /// <summary>The exit code of the command whose logs these are.</summary>
    /// <param name="logs">What <see cref="Run"/> returned.</param>
    /// <param name="cancellationToken">Stops waiting for the command.</param>
    public static async Task<int> ExitCodeAsync(Directory logs, CancellationToken cancellationToken) =>
        int.Parse(await logs.File("exit-code").ContentsAsync(cancellationToken), CultureInfo.InvariantCulture);
}
