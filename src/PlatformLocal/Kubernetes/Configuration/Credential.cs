using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PlatformLocal.Kubernetes.Configuration;

/// <summary>What goes with a request at one moment.</summary>
/// <param name="Authorization">The value of the <c>Authorization</c> header.</param>
/// <param name="Certificate">The certificate for the connection.</param>
/// <param name="ExpiresAt">When it must be renewed.</param>
internal sealed record Credential(string? Authorization, X509Certificate2? Certificate, DateTimeOffset ExpiresAt)
{
    public static X509Certificate2 ReadCertificate(string certificate, string key)
    {
        try
        {
            X509Certificate2 pair = X509Certificate2.CreateFromPem(certificate, key);
            if (!OperatingSystem.IsWindows())
            {
                return pair;
            }
            // Windows' TLS cannot use a key that lives in memory only.
            using (pair)
            {
                return X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), password: null);
            }
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            throw Kubeconfig.Invalid(
                $"The client certificate and its key cannot be used: {fault.Message}",
                inner: fault
            );
        }
    }
}
