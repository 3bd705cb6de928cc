using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using IOPath = System.IO.Path;

namespace EmbeddedKubernetes.Storage;

/// <summary>The folder a cluster keeps between runs, locked while one uses it.</summary>
internal sealed partial class StateDirectory : IDisposable
{
    private const string Lock = "lock";

    private static readonly string[] s_secrets = ["token", "kubeconfig", "ca.key", "server.key"];
    private static readonly string[] s_files = [Lock, .. s_secrets, "ca.crt", "server.crt", "port", "store.journal"];

    private readonly FileStream _lock;

    private StateDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    /// <summary>Takes the folder. What others than its owner could read of its secrets is taken from them, and told.</summary>
    /// <exception cref="StateDirectoryException">
    /// Another process uses the folder, it cannot be written, or it has a folder in the place of a file.
    /// </exception>
    public static StateDirectory Open(string directory, ILogger log)
    {
        var path = IOPath.GetFullPath(directory);
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
        RequireNoFolders(path);
        var file = IOPath.Combine(path, Lock);
        try
        {
            // The system lets go of the lock when the process ends, however it ends.
            var held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            PrivateFile.Restrict(file);
            Tighten(path, log);
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

    private static void RequireNoFolders(string path)
    {
        if (s_files.Select(f => IOPath.Combine(path, f)).FirstOrDefault(Directory.Exists) is { } file)
        {
            throw new StateDirectoryException(
                $"{file} is a folder, and a file is expected there. Move it away, and put the file back if there is a copy of it.",
                inner: null
            );
        }
    }

    private static void Tighten(string path, ILogger log)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        foreach (var file in s_secrets.Select(f => IOPath.Combine(path, f)).Where(System.IO.File.Exists))
        {
            if ((System.IO.File.GetUnixFileMode(file) & PrivateFile.Others) != UnixFileMode.None)
            {
                PrivateFile.Restrict(file);
                LogReadable(log, file);
            }
        }
    }

    public string File(string name) => IOPath.Combine(Path, name);

    /// <summary>The token that kubeconfigs carry; one that is too short to be one is replaced.</summary>
    /// <exception cref="StateDirectoryException">It cannot be read or written.</exception>
    public string ReadOrCreateToken() =>
        Guard(
            "token",
            path =>
            {
                if (IOPath.Exists(path) && System.IO.File.ReadAllText(path).Trim() is { Length: >= 32 } known)
                {
                    return known;
                }
                var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
                PrivateFile.Write(path, token + "\n");
                return token;
            }
        );

    /// <exception cref="StateDirectoryException">It cannot be read.</exception>
    public int? ReadPort() =>
        Guard(
            "port",
            path =>
                IOPath.Exists(path)
                && int.TryParse(System.IO.File.ReadAllText(path), CultureInfo.InvariantCulture, out var port)
                && port is > 0 and <= 65535
                    ? port
                    : (int?)null
        );

    /// <exception cref="StateDirectoryException">It cannot be written.</exception>
    public void Write(string name, string text) =>
        Guard(
            name,
            path =>
            {
                PrivateFile.Write(path, text);
                return 0;
            }
        );

    private T Guard<T>(string name, Func<string, T> use)
    {
        var path = File(name);
        try
        {
            return use(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e);
        }
    }

    /// <summary>Why a file of the state directory can be neither read nor written, with what to do.</summary>
    public static StateDirectoryException Unusable(string path, Exception cause) =>
        new(
            $"{path} cannot be used: {cause.Message} Check the disk and the permissions of the file and its folder.",
            cause
        );

    public void Dispose() => _lock.Dispose();

    [LoggerMessage(
        LogLevel.Warning,
        "Others than its owner could read or write {Path}: that was taken from them. When they are not to be trusted, "
            + "stop the cluster and remove the file, of kubeconfig the token beside it: another one is made"
    )]
    private static partial void LogReadable(ILogger log, string path);
}

/// <summary>The state directory cannot be used; the message says why and what to do.</summary>
internal sealed class StateDirectoryException(string message, Exception? inner) : IOException(message, inner);
