using System.Security.Cryptography;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>The names that follow from a platform's name.</summary>
internal static class KindClusterName
{
    // A node is called <cluster>-control-plane, or <cluster>-worker23, and that is a host name of 63 characters at most.
    private const int LongestName = 45;

    /// <summary>The Kind cluster of a platform: the platform's name; a longer one ends with a digest of the rest.</summary>
    public static string Of(string platform) =>
        platform.Length <= LongestName
            ? platform
            : $"{platform[..(LongestName - 9)].TrimEnd('-')}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(platform)))[..8]}";

    /// <summary>The kubeconfig context that kind makes for a cluster.</summary>
    public static string ContextOf(string cluster) => $"kind-{cluster}";

    /// <summary>The container that is a cluster's first node.</summary>
    public static string ControlPlaneOf(string cluster) => $"{cluster}-control-plane";
}
