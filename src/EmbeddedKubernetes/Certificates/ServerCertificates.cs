using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EmbeddedKubernetes.Certificates;

/// <summary>The cluster's own authority and the certificate its server shows.</summary>
internal sealed record ServerCertificates(string AuthorityPem, X509Certificate2 Server)
{
    private const string AuthorityFile = "ca.crt";
    private const string ServerFile = "server.crt";
    private const string KeyFile = "server.key";

    /// <summary>Loads what the directory holds, or makes new ones and keeps them there.</summary>
    /// <param name="directory">The state directory; null keeps nothing.</param>
    /// <param name="now">Certificates about to expire are replaced.</param>
    public static ServerCertificates LoadOrCreate(string? directory, DateTimeOffset now)
    {
        if (directory is not null && TryLoad(directory, now) is { } known)
        {
            return known;
        }
        var (authority, certificate, key) = Create(now);
        if (directory is not null)
        {
            PrivateFile.Write(Path.Combine(directory, AuthorityFile), authority);
            PrivateFile.Write(Path.Combine(directory, KeyFile), key);
            PrivateFile.Write(Path.Combine(directory, ServerFile), certificate);
        }
        return new(authority, Load(certificate, key));
    }

    private static ServerCertificates? TryLoad(string directory, DateTimeOffset now)
    {
        try
        {
            var authority = File.ReadAllText(Path.Combine(directory, AuthorityFile));
            var server = Load(
                File.ReadAllText(Path.Combine(directory, ServerFile)),
                File.ReadAllText(Path.Combine(directory, KeyFile))
            );
            // One that was made while the clock was ahead does not hold yet.
            return
                server.NotAfter.ToUniversalTime() > now.AddDays(30).UtcDateTime
                && server.NotBefore.ToUniversalTime() <= now.UtcDateTime
                ? new(authority, server)
                : null;
        }
        catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException)
        {
            // Missing or damaged: new ones are made.
            return null;
        }
    }

    private static X509Certificate2 Load(string certificate, string key) =>
        X509Certificate2.CreateFromPem(certificate, key);

    private static (string Authority, string Certificate, string Key) Create(DateTimeOffset now)
    {
        var from = now.AddDays(-1); // clocks go back, and those of clients are behind
        var until = now.AddYears(10);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest(
            "CN=embedded-kubernetes-ca",
            authorityKey,
            HashAlgorithmName.SHA256
        );
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authorityRequest.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true)
        );
        var subject = new X509SubjectKeyIdentifierExtension(authorityRequest.PublicKey, false);
        authorityRequest.CertificateExtensions.Add(subject);
        using var authority = authorityRequest.CreateSelfSigned(from, until);

        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var serverRequest = new CertificateRequest("CN=embedded-kubernetes", serverKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (
            var name in (ReadOnlySpan<string>)
                [
                    "localhost",
                    "kubernetes",
                    "kubernetes.default",
                    "kubernetes.default.svc",
                    "kubernetes.default.svc.cluster.local",
                ]
        )
        {
            names.AddDnsName(name);
        }
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        serverRequest.CertificateExtensions.Add(names.Build());
        serverRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        serverRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        serverRequest.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false)
        );
        serverRequest.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(subject)
        );
        using var server = serverRequest.Create(authority, from, until, RandomNumberGenerator.GetBytes(16));
        return (authority.ExportCertificatePem(), server.ExportCertificatePem(), serverKey.ExportPkcs8PrivateKeyPem());
    }
}
