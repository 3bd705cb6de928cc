using System.Runtime.InteropServices;

namespace PlatformLocal.Cli;

/// <summary>Lets this process outlive the terminal and the program that started it.</summary>
internal static partial class BackgroundProcess
{
    private const int ReadWrite = 2;
    private const int Create = 0x40;
    private const int Append = 0x400;
    private const int CreateOnMac = 0x200;
    private const int AppendOnMac = 0x8;

    /// <summary>Begins a session of its own and replaces the standard streams with a log file.</summary>
    /// <param name="log">The file that standard output and error are appended to.</param>
    public static void Detach(string log)
    {
        _ = SetSession(); // fails only for a process that leads a group already, which is as good

        var flags = OperatingSystem.IsMacOS() ? ReadWrite | CreateOnMac | AppendOnMac : ReadWrite | Create | Append;
        var file = Open(
            log,
            flags,
            mode: 0x180 /* 0600 */
        );
        var nothing = Open("/dev/null", ReadWrite, 0);
        if (file < 0 || nothing < 0)
        {
            throw new PlatformException($"The log {log} cannot be opened (error {Marshal.GetLastPInvokeError()}).");
        }

        _ = Duplicate(nothing, 0);
        _ = Duplicate(file, 1);
        _ = Duplicate(file, 2);
    }

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    private static partial int SetSession();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int from, int to);
}
