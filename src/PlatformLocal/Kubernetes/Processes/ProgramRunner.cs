using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using PlatformLocal.Core;

namespace PlatformLocal.Kubernetes.Processes;

/// <summary>Runs external programs.</summary>
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
        ProgramResult result = await RunAnyAsync(command, cancellationToken, killToken);
        return result.ExitCode == 0 ? result : throw Failed(command, result);
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
        long started = timeProvider.GetTimestamp();
        using Process process = Start(command);
        LineCapture output = Capture(command, isError: false);
        LineCapture error = Capture(command, isError: true);
        Task pumps = Task.WhenAll(output.PumpAsync(process.StandardOutput), error.PumpAsync(process.StandardError));
        Task feed = FeedAsync(process, command.StandardInput);

        bool inTime;
        try
        {
            inTime = await WaitAsync(process, command, cancellationToken, killToken);
        }
        finally
        {
            // Also after cancellation: what it said while it tidied up is told.
            await Task.WhenAny(Task.WhenAll(pumps, feed), LateAsync());
        }
        if (pumps.IsFaulted)
        {
            await pumps; // A line callback threw: its fault is the caller's.
        }

        var result = new ProgramResult(
            process.ExitCode,
            output.Text,
            error.Text,
            output.IsTruncated || error.IsTruncated,
            timeProvider.GetElapsedTime(started)
        );
        return inTime ? result : throw TooLate(command, result);

        Task LateAsync() => Task.Delay(s_lateOutput, timeProvider, CancellationToken.None);
    }

    /// <returns>Whether the program ended by itself within its timeout.</returns>
    private async Task<bool> WaitAsync(
        Process process,
        ProgramCommand command,
        CancellationToken cancellationToken,
        CancellationToken killToken
    )
    {
        using var timeout = new CancellationTokenSource(command.Timeout, timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken, killToken);
        try
        {
            await process.WaitForExitAsync(stop.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            await StopAsync(process, command, killToken);
            killToken.ThrowIfCancellationRequested();
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    private async Task StopAsync(Process process, ProgramCommand command, CancellationToken killToken)
    {
        if (!killToken.IsCancellationRequested && ProcessSignals.Ask(process, command.StopSignal))
        {
            using var grace = new CancellationTokenSource(command.GracePeriod, timeProvider);
            using var kill = CancellationTokenSource.CreateLinkedTokenSource(grace.Token, killToken);
            try
            {
                await process.WaitForExitAsync(kill.Token);
                return;
            }
            catch (OperationCanceledException)
            {
                // It did not listen: kill it below.
            }
        }
        ProcessSignals.KillTree(process);
        await process.WaitForExitAsync(CancellationToken.None);
    }

    private static Process Start(ProgramCommand command)
    {
        var start = new ProcessStartInfo(command.Program, command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = s_utf8,
            StandardOutputEncoding = s_utf8,
            StandardErrorEncoding = s_utf8,
            UseShellExecute = false,
            WorkingDirectory = command.WorkingDirectory ?? "",
        };
        foreach ((string name, string? value) in command.Environment)
        {
            start.Environment[name] = value;
        }
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
            return Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            throw new ProgramException(
                $"The program {command.Program} cannot be started: {fault.Message}.",
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

    private static async Task FeedAsync(Process process, string? input)
    {
        try
        {
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input);
            }
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended, or closed its input, before it read all of it: its exit code tells.
        }
    }

    private static ProgramException Failed(ProgramCommand command, ProgramResult result)
    {
        string[] lines = LastLines(command, result);
        return new ProgramException(
            $"{command.Program} failed with exit code {result.ExitCode}.{Shown(lines)}",
            $"Run it yourself to see more: {command}"
        )
        {
            Command = command.ToString(),
            ExitCode = result.ExitCode,
            LastLines = lines,
        };
    }

    private static ProgramException TooLate(ProgramCommand command, ProgramResult result)
    {
        string[] lines = LastLines(command, result);
        return new ProgramException(
            $"{command.Program} did not finish within {command.Timeout.TotalSeconds:0.#} s and was stopped.{Shown(lines)}",
            $"Run it yourself to see what it waits for: {command}"
        )
        {
            Command = command.ToString(),
            LastLines = lines,
            Kind = FailureKind.NotReadyInTime,
        };
    }

    private static string Shown(string[] lines) =>
        lines.Length == 0 ? " It wrote nothing." : $" Its last lines:\n  {string.Join("\n  ", lines)}";

    private static string[] LastLines(ProgramCommand command, ProgramResult result)
    {
        string text = string.IsNullOrWhiteSpace(result.Error) ? result.Output : result.Error;
        string[] lines = Redaction
            .Apply(text, command.Secrets)
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return lines[Math.Max(0, lines.Length - LinesShown)..];
    }
}
