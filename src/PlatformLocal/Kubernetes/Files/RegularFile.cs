using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PlatformLocal.Kubernetes.Files;

/// <summary>Reads files that anybody may have put there: neither a pipe nor a huge file holds the reader up.</summary>
public static class RegularFile
{
    /// <summary>The content of a file.</summary>
    /// <param name="path">The file, or a link to one.</param>
    /// <param name="atMost">How many bytes it may have.</param>
    /// <exception cref="IOException">It is missing, larger, no file that can be read from its beginning, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] Read(string path, int atMost)
    {
        if (Directory.Exists(path))
        {
            throw new IOException($"{path} is a folder, and no file.");
        }

        using var stream = new FileStream(Open(path), FileAccess.Read, bufferSize: 0);
        if (!stream.CanSeek)
        {
            throw new IOException($"{path} is a pipe or a device, and no file.");
        }

        if (stream.Length > atMost)
        {
            throw TooLarge(path, atMost);
        }

        // A device says that it is empty, and a file may grow.
        var content = new byte[Math.Min(stream.Length + 1, atMost + 1L)];
        var length = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return length < content.Length ? content[..length]
            : length > atMost ? throw TooLarge(path, atMost)
            : throw new IOException($"{path} changes while it is read.");
    }

    private static IOException TooLarge(string path, int atMost) =>
        new($"{path} has more than {atMost / 1024 / 1024} MiB.");

    private static SafeFileHandle Open(string path)
    {
        if (
            OperatingSystem.IsLinux()
            && new FileInfo(path) is var file
            && (file.Length == 0 || file.LinkTarget is not null)
        )
        {
            // It may be a pipe, or lead to one: opening it would wait for somebody who writes.
            const int readOnlyWithoutWaiting = 0x800 | 0x80000;
            var descriptor = OpenFile([.. Encoding.UTF8.GetBytes(path), 0], readOnlyWithoutWaiting);
            if (descriptor >= 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }
        }

        return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }

    [DllImport("libc", EntryPoint = "open", ExactSpelling = true, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OpenFile(byte[] path, int flags);
}
