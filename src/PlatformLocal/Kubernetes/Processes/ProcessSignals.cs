using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PlatformLocal.Kubernetes.Processes;

/// <summary>The two strengths of stopping a program.</summary>
internal static class ProcessSignals
{
    private const int Interrupt = 2;
    private const int Terminate = 15;

    /// <summary>Asks the program itself, not its children, to stop.</summary>
    /// <returns>Whether it could be asked.</returns>
    public static bool Ask(int processId, StopSignal signal) =>
        !OperatingSystem.IsWindows() && Kill(processId, signal == StopSignal.Interrupt ? Interrupt : Terminate) == 0;

    /// <summary>Kills the program and all its children.</summary>
    public static void KillTree(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception fault)
            when (fault is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It ended in this moment, or a child did: there is nothing left to kill.
        }
    }

    [DllImport("libc", EntryPoint = "kill", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
