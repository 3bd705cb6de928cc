using System.Diagnostics;

namespace PlatformLocal.Kubernetes.Processes;

/// <summary>
/// Programs that a run of ours started and left behind when it was killed: they go on working on what the next run is about
/// to do. Told by an argument that only we give, such as a path in our state folder; whoever asks holds the lock of what
/// they work on, so that no run that is alive is behind them. Linux only; elsewhere none is found.
/// </summary>
public static class OrphanedPrograms
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Ends them and waits until they are gone.</summary>
    /// <param name="program">The program's file name.</param>
    /// <param name="argument">One of its arguments, as it stands.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How many there were.</returns>
    public static async Task<int> StopAsync(string program, string argument, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        var found = 0;
        foreach (var id in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName))
        {
            if (int.TryParse(id, out int number) && IsOurs(number, program, argument))
            {
                found++;
                await StopAsync(number, cancellationToken);
            }
        }

        return found;
    }

    private static bool IsOurs(int id, string program, string argument)
    {
        try
        {
            string[] command = File.ReadAllText($"/proc/{id}/cmdline").Split('\0');
            return Path.GetFileName(command[0]) == program && command.Contains(argument, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it ended in this moment, or is somebody else's
        }
    }

    private static async Task StopAsync(int id, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            ProcessSignals.KillTree(process);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(s_patience);
            await process.WaitForExitAsync(patience.Token);
        }
        catch (ArgumentException)
        {
            // it ended in this moment
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PlatformException(
                $"The process {id}, which an earlier run left behind, does not end.",
                $"End it by hand: kill -9 {id}"
            );
        }
    }
}
