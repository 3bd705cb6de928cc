using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace PlatformLocal.Server.Endpoints;

/// <summary>The socket in the state folder: who may open it is decided by the file system, as for the token beside it.</summary>
internal static class LocalSocket
{
    /// <summary>Makes room for the socket: one that a killed process left is removed.</summary>
    /// <param name="path">Where it will be.</param>
    /// <returns>The path; <see langword="null"/> where there are no such sockets, or none at so long a path.</returns>
    public static string? TryPrepare(string path)
    {
        try
        {
            File.Delete(path);
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            probe.Bind(new UnixDomainSocketEndPoint(path));
            File.Delete(path);
            return path;
        }
        catch (Exception e) when (e is SocketException or ArgumentException or PlatformNotSupportedException)
        {
            return null; // then it is reached by its address alone
        }
    }

    /// <summary>Leaves the socket to its owner alone, also in a folder that others may look into.</summary>
    public static void Restrict(string path)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(path))
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>Whether a request came by a socket of the file system.</summary>
    public static bool IsOf(HttpContext context) =>
        context.Features.Get<IConnectionSocketFeature>()?.Socket.AddressFamily == AddressFamily.Unix;
}
