using System.ComponentModel;
using CliWrap;

namespace PlatformLocal.Kubernetes.Processes;

/// <summary>Runs external programs.</summary>
/// <remarks>
/// CliWrap starts them, keeps their pipes moving and kills their trees. Ours are the clock of timeouts, the signal that asks
/// (it knows SIGINT only), and the end of waiting for output that a child of an ended program holds open.
/// </remarks>
/// <param name="timeProvider">The clock of timeouts and grace periods.</param>
public sealed class ProgramRunner(TimeProvider timeProvider)
{
    private const int LinesShown = 12;

    /// <summary>How long output is awaited that a child of an ended program may still hold open.</summary>
    private static readonly TimeSpan s_lateOutput = TimeSpan.FromSeconds(2);

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Runs a program to its end and demands exit code 0.</summary>
    /// <param name="command">What to run.</param>
    /// <param name="cancellationToken">Asks the program to stop, and kills its tree after the grace period.</param>
    /// <param name="killToken">Kills the program's tree at once.</param>
    /// <exception cref="ProgramException">The program is missing, failed, or did not finish in time.</exception>
    /// <exception cref="OperationCanceledException">A token was cancelled; the program is gone.</exception>
    public async Task<ProgramResult> RunAsync(
        ProgramCommand command,
        CancellationToken cancellationToken,
        CancellationToken killToken = default
    )
    {
        var result = await RunAnyAsync(command, cancellationToken, killToken);
        return result.ExitCode == 0 ? result : throw Failed(command, result.Output, result.Error, result.ExitCode);
    }

    /// <summary>Runs a program to its end, whatever its exit code is.</summary>
    /// <param name="command">What to run.</param>
    /// <param name="cancellationToken">Asks the program to stop, and kills its tree after the grace period.</param>
    /// <param name="killToken">Kills the program's tree at once.</param>
    /// <exception cref="ProgramException">The program is missing, or did not finish in time.</exception>
    /// <exception cref="OperationCanceledException">A token was cancelled; the program is gone.</exception>
    public async Task<ProgramResult> RunAnyAsync(
        ProgramCommand command,
        CancellationToken cancellationToken,
        CancellationToken killToken = default
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        killToken.ThrowIfCancellationRequested();
        var started = timeProvider.GetTimestamp();
        using var kill = new CancellationTokenSource();
        using var late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, timeProvider);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var output = Capture(command, isError: false);
        var error = Capture(command, isError: true);
        var running = Start(
            command,
            PipeSource.Create(FeedAsync),
            PipeTarget.Create((stream, _) => output.PumpAsync(stream, late.Token)),
            PipeTarget.Create((stream, _) => error.PumpAsync(stream, late.Token)),
            kill.Token
        );

        var inTime = await WaitAsync(running.ProcessId, ended.Task, kill, command, cancellationToken, killToken);
        var exitCode = await FinishAsync();
        if (!inTime)
        {
            killToken.ThrowIfCancellationRequested();
            cancellationToken.ThrowIfCancellationRequested();
            throw Failed(command, output.Text, error.Text, exitCode: null);
        }
        return new ProgramResult(
            exitCode,
            output.Text,
            error.Text,
            output.IsTruncated || error.IsTruncated,
            timeProvider.GetElapsedTime(started)
        );

        // CliWrap cancels the input, read or not, when the program has ended; output it would await for ever.
        async Task FeedAsync(Stream input, CancellationToken end)
        {
            _ = end.Register(() =>
            {
                late.CancelAfter(s_lateOutput);
                ended.TrySetResult();
            });
            await input.WriteAsync(s_utf8.GetBytes(command.StandardInput ?? ""), end);
        }

        // Also after it was asked to stop: what it said while it tidied up is told. A fault of a line callback is the caller's.
        async Task<int> FinishAsync()
        {
            try
            {
                return (await running).ExitCode;
            }
            catch (OperationCanceledException) when (kill.IsCancellationRequested)
            {
                return -1; // Killed: nobody is told this code.
            }
        }
    }

    /// <returns>Whether the program ended by itself within its timeout.</returns>
    private async Task<bool> WaitAsync(
        int processId,
        Task ended,
        CancellationTokenSource kill,
        ProgramCommand command,
        CancellationToken cancellationToken,
        CancellationToken killToken
    )
    {
        using var timeout = new CancellationTokenSource(command.Timeout, timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken, killToken);
        if (await EndsAsync(ended, stop.Token))
        {
            return true;
        }
        if (!killToken.IsCancellationRequested && ProcessSignals.Ask(processId, command.StopSignal))
        {
            using var grace = new CancellationTokenSource(command.GracePeriod, timeProvider);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(grace.Token, killToken);
            if (await EndsAsync(ended, patience.Token))
            {
                return false;
            }
        }
        await kill.CancelAsync();
        return false;

        static async Task<bool> EndsAsync(Task ended, CancellationToken token)
        {
            await ended.WaitAsync(token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ended.IsCompleted;
        }
    }

    private static CommandTask<CommandResult> Start(
        ProgramCommand command,
        PipeSource input,
        PipeTarget output,
        PipeTarget error,
        CancellationToken kill
    )
    {
        if (command.WorkingDirectory is { } folder && !Directory.Exists(folder))
        {
            throw new ProgramException($"Cannot run {command.Program} in {folder}: the folder does not exist.")
            {
                Command = command.ToString(),
                Kind = FailureKind.InvalidInput,
            };
        }
        try
        {
            return Cli.Wrap(command.Program)
                .WithArguments(command.Arguments)
                .WithEnvironmentVariables(command.Environment)
                .WithWorkingDirectory(command.WorkingDirectory ?? "")
                .WithValidation(CommandResultValidation.None)
                .WithStandardInputPipe(input)
                .WithStandardOutputPipe(output)
                .WithStandardErrorPipe(error)
                .ExecuteAsync(kill);
        }
        catch (Win32Exception fault)
        {
            throw new ProgramException(
                $"The program {command.Program} cannot be started: {(fault.InnerException ?? fault).Message}.",
                command.InstallHint ?? InstallHints.For(command.Program),
                fault
            )
            {
                Command = command.ToString(),
            };
        }
    }

    private static LineCapture Capture(ProgramCommand command, bool isError) =>
        new(
            command.CaptureLimit,
            command.OnLine is { } onLine
                ? line => onLine(new ProgramLine(Redaction.Apply(line, command.Secrets), isError))
                : null
        );

    private static ProgramException Failed(ProgramCommand command, string output, string error, int? exitCode)
    {
        var lines = LastLines(command, output, error);
        var (what, see) = exitCode is null
            ? ($"did not finish within {command.Timeout.TotalSeconds:0.#} s and was stopped.", "what it waits for")
            : ($"failed with exit code {exitCode}.", "more");
        return new ProgramException(
            $"{command.Program} {what}{Shown(lines)}",
            $"Run it yourself to see {see}: {command}"
        )
        {
            Command = command.ToString(),
            ExitCode = exitCode,
            LastLines = lines,
            Kind = exitCode is null ? FailureKind.NotReadyInTime : FailureKind.Failed,
        };
    }

    private static string Shown(string[] lines) =>
        lines.Length == 0 ? " It wrote nothing." : $" Its last lines:\n  {string.Join("\n  ", lines)}";

    private static string[] LastLines(ProgramCommand command, string output, string error)
    {
        var lines = Redaction
            .Apply(string.IsNullOrWhiteSpace(error) ? output : error, command.Secrets)
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return lines[Math.Max(0, lines.Length - LinesShown)..];
    }
}
