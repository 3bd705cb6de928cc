using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes.Configuration;
using PlatformLocal.Testing;

namespace PlatformLocal.Kubernetes.Tests;

public sealed class TlsTests : IAsyncLifetime
{
    private readonly X509Certificate2 _authority = Create("CN=authority", issuer: null);
    private WebApplication? _app;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Uri Server => new(_app!.Urls.Single());

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        X509Certificate2 certificate = Create("CN=kubernetes", _authority, "kubernetes.example");
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
                kestrel.Listen(
                    IPAddress.Loopback,
                    0,
                    listen =>
                        listen.UseHttps(
                            certificate,
                            https =>
                            {
                                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                                https.AllowAnyClientCertificate();
                            }
                        )
                )
            );
        _app = builder.Build();
        _app.Run(context =>
        {
            string who = context.Connection.ClientCertificate?.Subject ?? "nobody";
            return context.SendAsync(200, $$"""{"gitVersion":"{{context.Request.Protocol}} {{who}}"}""");
        });
        await _app.StartAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        _authority.Dispose();
        await _app!.DisposeAsync();
    }

    [Fact]
    public async Task A_certificate_of_the_given_authority_and_name_is_trusted_and_http_2_spoken()
    {
        ClusterConnection connection = Connection() with { TlsServerName = "kubernetes.example" };

        (await AskAsync(connection)).Should().Be("HTTP/2 nobody");
    }

    [Fact]
    public async Task A_certificate_of_another_name_is_not_trusted() => await RefusesAsync(Connection());

    [Fact]
    public async Task A_certificate_of_another_authority_is_not_trusted()
    {
        using X509Certificate2 other = Create("CN=authority", issuer: null);

        await RefusesAsync(
            Connection() with
            {
                TlsServerName = "kubernetes.example",
                CertificateAuthority = other.ExportCertificatePem(),
            }
        );
    }

    [Fact]
    public async Task Without_an_authority_the_machines_own_decide() =>
        await RefusesAsync(Connection() with { CertificateAuthority = null, TlsServerName = "kubernetes.example" });

    [Fact]
    public async Task Any_certificate_is_taken_when_asked_to() =>
        (await AskAsync(Connection() with { CertificateAuthority = null, InsecureSkipTlsVerify = true }))
            .Should()
            .Be("HTTP/2 nobody");

    [Fact]
    public async Task A_client_certificate_says_who_we_are()
    {
        using X509Certificate2 client = Create("CN=anna", _authority);
        ClusterConnection connection = Connection() with
        {
            TlsServerName = "kubernetes.example",
            Credentials = new ClusterCredentials
            {
                ClientCertificate = client.ExportCertificatePem(),
                ClientKey = client.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem(),
            },
        };

        (await AskAsync(connection)).Should().Be("HTTP/2 CN=anna");
    }

    [Fact]
    public async Task Garbage_instead_of_certificates_is_told()
    {
        ClusterConnection key = Connection() with
        {
            Credentials = new ClusterCredentials { ClientCertificate = "x", ClientKey = "y" },
        };

        await FluentActions
            .Invoking(() => AskAsync(key))
            .Should()
            .ThrowAsync<PlatformException>()
            .WithMessage("The client certificate*");
        await FluentActions
            .Invoking(() =>
                AskAsync(
                    Connection() with
                    {
                        CertificateAuthority = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
                    }
                )
            )
            .Should()
            .ThrowAsync<PlatformException>()
            .WithMessage("The certificate authority*");
    }

    private ClusterConnection Connection() =>
        new() { Server = Server, CertificateAuthority = _authority.ExportCertificatePem() };

    private static async Task<string> AskAsync(ClusterConnection connection)
    {
        using var client = new KubernetesClient(connection, new KubernetesClientOptions { Retries = 0 });
        return (await client.GetVersionAsync(Token)).GitVersion;
    }

    private static async Task RefusesAsync(ClusterConnection connection)
    {
        Func<Task> ask = () => AskAsync(connection);
        KubernetesException fault = (await ask.Should().ThrowAsync<KubernetesException>()).Which;
        fault.Reason.Should().Be("Untrusted");
        fault.Message.Should().Contain("certificate");
    }

    private static X509Certificate2 Create(string subject, X509Certificate2? issuer, string? name = null)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(issuer is null, false, 0, true));
        if (name is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
        }
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        if (issuer is null)
        {
            return request.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
        }
        using X509Certificate2 signed = request.Create(
            issuer,
            now.AddDays(-1),
            now.AddDays(1),
            RandomNumberGenerator.GetBytes(8)
        );
        return signed.CopyWithPrivateKey(key);
    }
}
