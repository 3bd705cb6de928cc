using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EmbeddedKubernetes.Certificates;

/// <summary>The cluster's own authority, which kubeconfigs trust.</summary>
internal sealed class CertificateAuthority(X509Certificate2 certificate) : IDisposable
{
    private static readonly string[] s_names =
    [
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ];

    public string Pem => certificate.ExportCertificatePem();

    /// <summary>Whether it can sign: where only its certificate is known, it cannot.</summary>
    public bool HasKey => certificate.HasPrivateKey;

    public bool HoldsAt(DateTimeOffset now) => Holds(certificate, now);

    /// <summary>Whether a certificate holds now and for a month to come: one that was made while the clock was ahead does not yet.</summary>
    public static bool Holds(X509Certificate2 certificate, DateTimeOffset now) =>
        certificate.NotBefore.ToUniversalTime() <= now.UtcDateTime
        && certificate.NotAfter.ToUniversalTime() > now.AddDays(30).UtcDateTime;

    public static CertificateAuthority Create(DateTimeOffset now)
    {
        using var key = NewKey();
        var request = new CertificateRequest("CN=embedded-kubernetes-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true)
        );
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        // Clocks go back, and those of clients are behind.
        return new(request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10)));
    }

    public string ExportKey()
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>Signs a certificate for the server, which holds as long as the authority does.</summary>
    public (string Certificate, string Key) Issue(DateTimeOffset now)
    {
        using var key = NewKey();
        var request = new CertificateRequest("CN=embedded-kubernetes", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in s_names)
        {
            names.AddDnsName(name);
        }
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(certificate, true, false)
        );
        var (from, since) = (now.AddDays(-1), new DateTimeOffset(certificate.NotBefore));
        using var server = request.Create(
            certificate,
            from > since ? from : since,
            new DateTimeOffset(certificate.NotAfter),
            RandomNumberGenerator.GetBytes(16)
        );
        return (server.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Whether this authority signed a certificate.</summary>
    public bool Signed(X509Certificate2 other)
    {
        var own = certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault();
        var signer = other.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault();
        return own is not null
            && signer?.KeyIdentifier is { } identifier
            && identifier.Span.SequenceEqual(own.SubjectKeyIdentifierBytes.Span);
    }

    public void Dispose() => certificate.Dispose();

    private static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);
}
