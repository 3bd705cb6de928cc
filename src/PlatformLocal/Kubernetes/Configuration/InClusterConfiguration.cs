namespace PlatformLocal.Kubernetes.Configuration;

/// <summary>How a program inside of a pod reaches its cluster.</summary>
/// <remarks>Rules: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/</remarks>
internal static class InClusterConfiguration
{
    public const string DefaultFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <returns>The connection, or <see langword="null"/> outside of a pod.</returns>
    public static ClusterConnection? Find(Func<string, string?> environment, string folder = DefaultFolder)
    {
        string token = Path.Combine(folder, "token");
        if (
            environment("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host
            || environment("KUBERNETES_SERVICE_PORT") is not { Length: > 0 } port
            || !File.Exists(token)
        )
        {
            return null;
        }
        string authority = Path.Combine(folder, "ca.crt");
        string targetNamespace = Path.Combine(folder, "namespace");
        string bracketed = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        return new ClusterConnection
        {
            Server = new Uri($"https://{bracketed}:{port}"),
            Context = "in-cluster",
            Namespace = File.Exists(targetNamespace) ? File.ReadAllText(targetNamespace).Trim() : null,
            CertificateAuthority = File.Exists(authority) ? File.ReadAllText(authority) : null,
            Credentials = new ClusterCredentials { TokenFile = token },
        };
    }
}
