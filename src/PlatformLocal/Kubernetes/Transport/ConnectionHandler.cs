using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PlatformLocal.Kubernetes.Configuration;

namespace PlatformLocal.Kubernetes.Transport;

/// <summary>Sets up the one connection pool of a client.</summary>
internal static class ConnectionHandler
{
    public static SocketsHttpHandler Create(ClusterConnection connection, Func<X509Certificate2?> certificate)
    {
        bool isLocal = connection.Server.IsLoopback;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // Compression costs more than it saves when nothing leaves the machine.
            AutomaticDecompression = isLocal ? DecompressionMethods.None : DecompressionMethods.GZip,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            EnableMultipleHttp2Connections = true,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            // A watch over a dead connection would otherwise wait in vain.
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            // Go programs, so kubectl too, never use the environment's proxy for loopback addresses.
            UseProxy = connection.Proxy is not null || !isLocal,
            Proxy = connection.Proxy is { } proxy ? new WebProxy(proxy) : null,
        };
        if (connection.Server.Scheme == Uri.UriSchemeHttps)
        {
            handler.SslOptions = CreateTls(connection, certificate);
        }
        return handler;
    }

    private static SslClientAuthenticationOptions CreateTls(
        ClusterConnection connection,
        Func<X509Certificate2?> certificate
    )
    {
        var tls = new SslClientAuthenticationOptions
        {
            LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate()!,
        };
        if (connection.InsecureSkipTlsVerify)
        {
#pragma warning disable CA5359 // The user asked for exactly this.
            tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (connection.CertificateAuthority is { } authority)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            try
            {
                policy.CustomTrustStore.ImportFromPem(authority);
            }
            catch (System.Security.Cryptography.CryptographicException fault)
            {
                throw Kubeconfig.Invalid(
                    $"The certificate authority of {connection} cannot be read: {fault.Message}",
                    inner: fault
                );
            }
            tls.CertificateChainPolicy = policy;
        }
        return tls;
    }
}
