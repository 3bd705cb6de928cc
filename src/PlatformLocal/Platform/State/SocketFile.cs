namespace PlatformLocal.Platform.State;

/// <summary>What has the name of a socket, and may be none.</summary>
internal static class SocketFile
{
    /// <summary>Renames what is no socket: no process of the platform made it.</summary>
    /// <param name="path">The socket's path.</param>
    /// <param name="warn">Is told the new name.</param>
    public static void SetAside(string path, Action<string> warn)
    {
        if (!File.Exists(path) || !CanBeOpened(path))
        {
            return;
        }

        var aside = Enumerable.Range(1, int.MaxValue).Select(i => $"{path}.aside{i}").First(a => !Path.Exists(a));
        File.Move(path, aside);
        warn($"{path} was no socket. It is set aside as {aside}.");
    }

    // A socket cannot. Writing as well: reading alone would wait for whoever writes into a pipe.
    private static bool CanBeOpened(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return true; // the socket may be opened by its owner
        }
        catch (IOException)
        {
            return false;
        }
    }
}
