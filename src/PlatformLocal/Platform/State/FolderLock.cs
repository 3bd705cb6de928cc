using PlatformLocal.Kubernetes.Files;

namespace PlatformLocal.Platform.State;

/// <summary>Who holds a lock.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Work">The command it runs.</param>
/// <param name="Since">Since when, as text, such as <c>2026-03-01 09:30:00Z</c>: every command reads this file, and reading times is slow.</param>
/// <param name="Doing">What of it is done just now.</param>
public sealed record LockHolder(int ProcessId, string Work, string Since, IReadOnlyList<string> Doing)
{
    /// <summary>The holder as it is told to somebody who waits for it.</summary>
    public override string ToString() =>
        $"process {ProcessId}, {Work} since {Since}"
        + (Doing.Count == 0 ? "" : $", just now: {string.Join(", ", Doing)}");
}

/// <summary>
/// A lock that one process at a time holds, by a file beside what it protects; the end of the process, however it comes,
/// is the end of the lock. While it is free nothing is at work on what it protects.
/// </summary>
public sealed class FolderLock : IDisposable
{
    // What flock says of a lock that somebody else has; its file may be gone when that is read.
    private const int WouldBlock = 11;
    private const int WouldBlockOnMac = 35;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(25);

    private readonly FileStream _file;
    private readonly Lock _lock = new();
    private LockHolder _holder;
    private bool _isGivenBack;

    private FolderLock(FileStream file, LockHolder holder)
    {
        _file = file;
        _holder = holder;
        try
        {
            WriteHolder();
        }
        catch
        {
            File.Delete(file.Name);
            file.Dispose();
            throw;
        }
    }

    /// <summary>Takes a lock, or waits for whoever holds it.</summary>
    /// <param name="path">The lock's file; its folder is made when it is missing.</param>
    /// <param name="work">The command that takes it, for others who wait.</param>
    /// <param name="patience">The longest wait.</param>
    /// <param name="onWait">Is told once whom it waits for, when it does not get the lock at once.</param>
    /// <param name="time">The clock of the wait.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The lock, to be given back by disposing of it; <see langword="null"/> when somebody else kept it.</returns>
    /// <exception cref="PlatformException">The file cannot be made.</exception>
    public static async Task<FolderLock?> TryTakeAsync(
        string path,
        string work,
        TimeSpan patience,
        Action<LockHolder?>? onWait,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var started = time.GetTimestamp();
        var isTold = false;
        while (true)
        {
            if (Open(path) is { } file)
            {
                var since = time.GetUtcNow().ToString("u", CultureInfo.InvariantCulture);
                return new FolderLock(file, new LockHolder(Environment.ProcessId, work, since, []));
            }

            var waited = time.GetElapsedTime(started);
            if (waited >= patience)
            {
                return null;
            }

            // Whoever only looks whether it is held holds it for an instant: that is not worth a word.
            if (!isTold && waited > s_interval * 8)
            {
                isTold = true;
                onWait?.Invoke(HolderOf(path));
            }

            await Task.Delay(s_interval, time, cancellationToken);
        }
    }

    /// <summary>Whether somebody holds a lock just now.</summary>
    /// <param name="path">The lock's file.</param>
    /// <exception cref="FolderInPlaceException">There is a folder in its place.</exception>
    public static bool IsHeld(string path)
    {
        PrivateFile.RequireNoFolder(path);
        try
        {
            using var probe = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Who holds a lock, or held it until it was killed; <see langword="null"/> when nobody says.</summary>
    /// <param name="path">The lock's file.</param>
    public static LockHolder? HolderOf(string path)
    {
        try
        {
            return StateFile.Read(HolderFile(path), StateJson.Default.LockHolder, "");
        }
        catch (PlatformException)
        {
            return null; // it is for messages only
        }
    }

    /// <summary>Tells those who wait what is done just now.</summary>
    /// <param name="doing">The parts of the work that go on.</param>
    public void Tell(IReadOnlyList<string> doing)
    {
        lock (_lock)
        {
            _holder = _holder with { Doing = doing };
            WriteHolder();
        }
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose()
    {
        if (_isGivenBack)
        {
            return;
        }

        _isGivenBack = true;
        File.Delete(HolderFile(_file.Name));
        File.Delete(_file.Name); // before it is free: another one must not lose its own
        _file.Dispose();
    }

    private static FileStream? Open(string path)
    {
        try
        {
            PrivateFile.EnsureFolder(Path.GetDirectoryName(path)!);
            PrivateFile.RequireNoFolder(path);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (IsFound(file))
            {
                return file;
            }

            file.Dispose();
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null; // it went in this moment
        }
        catch (IOException e) when (e.HResult is WouldBlock or WouldBlockOnMac || File.Exists(path))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException(
                $"The lock {path} cannot be made: {e.Message}",
                "Make its folder writable, or choose another one with --state.",
                e
            );
        }
    }

    // The file goes with the lock: one that was opened just before is nothing that others would find.
    private static bool IsFound(FileStream file) =>
        OperatingSystem.IsLinux()
            ? new FileInfo($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}").LinkTarget is { } name
                && !name.EndsWith(" (deleted)", StringComparison.Ordinal)
            : File.Exists(file.Name);

    private void WriteHolder()
    {
        var content = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(_holder, StateJson.Default.LockHolder);
        PrivateFile.Replace(HolderFile(_file.Name), content, isDurable: false);
    }

    /// <summary>The file that says who holds a lock.</summary>
    internal static string HolderFile(string path) => Path.ChangeExtension(path, ".holder.json");
}
