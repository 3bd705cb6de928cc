using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedKubernetes.Storage;

/// <summary>Makes files and folders durable, and says so when the disk fails: .NET's own call passes over that.</summary>
internal static partial class Disk
{
    private const int ReadOnly = 0;
    private const int Interrupted = 4;
    private const int InvalidArgument = 22;

    /// <summary>Returns when everything that was written to the file is on disk.</summary>
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
            Flush((int)file.DangerousGetHandle(), "The file");
        }
        finally
        {
            if (held)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Makes the names in a folder durable: a file that was renamed is there after a crash only then.</summary>
    /// <exception cref="IOException">The disk is failing.</exception>
    public static void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        var folder = Open(directory, ReadOnly);
        if (folder < 0)
        {
            return; // a folder that may be written and not read; the names are then as durable as the system makes them
        }
        try
        {
            Flush(folder, directory);
        }
        finally
        {
            _ = Close(folder);
        }
    }

    private static void Flush(int descriptor, string what)
    {
        while (Synchronize(descriptor) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    break;
                case InvalidArgument:
                    return; // nothing that has a disk
                case var code:
                    throw new IOException($"{what} cannot be flushed to disk: {new Win32Exception(code).Message}");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronize(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int file);
}
