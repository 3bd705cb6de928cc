using System.Security.Cryptography;

namespace EmbeddedKubernetes.Storage;

/// <summary>The folder a cluster keeps between runs, locked while one uses it.</summary>
internal sealed class StateDirectory : IDisposable
{
    private readonly FileStream _lock;

    private StateDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    /// <exception cref="StateDirectoryException">Another process uses the folder, or it cannot be written.</exception>
    public static StateDirectory Open(string directory)
    {
        var path = System.IO.Path.GetFullPath(directory);
        try
        {
            PrivateFile.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StateDirectoryException(
                $"The state directory {path} cannot be created: {e.Message} Choose a folder that you may write.",
                e
            );
        }
        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            // The system lets go of the lock when the process ends, however it ends.
            var held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            PrivateFile.Restrict(file);
            return new(path, held);
        }
        catch (IOException e)
        {
            throw new StateDirectoryException(
                $"The state directory {path} is in use by another process. Stop that one, or choose another directory.",
                e
            );
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StateDirectoryException(
                $"The state directory {path} cannot be written: {e.Message} Choose a folder that you may write.",
                e
            );
        }
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string ReadOrCreateToken()
    {
        var path = File("token");
        if (System.IO.File.Exists(path) && System.IO.File.ReadAllText(path).Trim() is { Length: >= 32 } known)
        {
            return known;
        }
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        PrivateFile.Write(path, token + "\n");
        return token;
    }

    public int? ReadPort()
    {
        try
        {
            return
                int.TryParse(System.IO.File.ReadAllText(File("port")), CultureInfo.InvariantCulture, out var port)
                && port is > 0 and <= 65535
                ? port
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void WritePort(int port) => PrivateFile.Write(File("port"), port.ToString(CultureInfo.InvariantCulture));

    public void Dispose() => _lock.Dispose();
}

/// <summary>The state directory cannot be used; the message says why and what to do.</summary>
internal sealed class StateDirectoryException(string message, Exception inner) : IOException(message, inner);
