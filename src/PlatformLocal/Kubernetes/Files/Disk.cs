using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PlatformLocal.Kubernetes.Files;

/// <summary>Makes files durable, and says so when the disk fails: .NET's own call passes over that.</summary>
public static class Disk
{
    private const int Interrupted = 4;
    private const int InvalidArgument = 22;

    /// <summary>Returns when everything that was written to the file is on disk.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="IOException">The disk is failing: what of it was written nobody knows.</exception>
    public static void Flush(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
            while (Synchronize((int)file.DangerousGetHandle()) != 0)
            {
                switch (Marshal.GetLastPInvokeError())
                {
                    case Interrupted:
                        break;
                    case InvalidArgument:
                        return; // nothing that has a disk
                    case var code:
                        throw new IOException($"It cannot be flushed to disk: {new Win32Exception(code).Message}");
                }
            }
        }
        finally
        {
            if (held)
            {
                file.DangerousRelease();
            }
        }
    }

    [DllImport("libc", EntryPoint = "fsync", ExactSpelling = true, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Synchronize(int file);
}
