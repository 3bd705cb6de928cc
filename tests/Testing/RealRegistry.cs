using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Testing;

/// <summary>A registry in a container of its own, on a free port.</summary>
public sealed class RealRegistry : IAsyncDisposable
{
    private const ushort Port = 5000;
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";

    public const string User = "tester";
    public const string Password = "s3cret";

    // Made with a cost that is only good enough for tests.
    private const string PasswordFile = User + ":$2b$04$0K7HUfR1gGKhJzBect3iV.90PFPNnE6gX2yYV4Ahx6YXJfmzCsFF.\n";

    private readonly IContainer _container;
    private readonly TemporaryFolder _folder;

    private RealRegistry(IContainer container, TemporaryFolder folder, int port, bool hasTls)
    {
        _container = container;
        _folder = folder;
        // Only names of this machine are spoken to without TLS; with TLS any other name of it will do.
        Host = hasTls ? $"{LocalName}:{port}" : $"localhost:{port}";
    }

    public string Host { get; }

    public string CertificatesFolder => Path.Combine(_folder.Path, "certs.d");

    private static string LocalName { get; } = Dns.GetHostName();

    public static async Task<RealRegistry> StartAsync(
        bool hasPassword = false,
        bool hasTls = false,
        bool canDelete = true
    )
    {
        Assert.SkipUnless(Programs.Has("docker"), "docker is not installed");
        var image = Environment.GetEnvironmentVariable("LAB_REGISTRY_IMAGE");
        Assert.SkipWhen(string.IsNullOrEmpty(image), "LAB_REGISTRY_IMAGE does not name an image");
        var folder = new TemporaryFolder();
        var secrets = Directory.CreateDirectory(Path.Combine(folder.Path, "secrets")).FullName;
        var builder = Containers
            .Of(image!, Port, everywhere: hasTls)
            .WithEnvironment("REGISTRY_STORAGE_DELETE_ENABLED", canDelete ? "true" : "false")
            .WithBindMount(secrets, "/secrets", AccessMode.ReadOnly);
        if (hasPassword)
        {
            folder.Write("secrets/htpasswd", PasswordFile);
            builder = builder
                .WithEnvironment("REGISTRY_AUTH", "htpasswd")
                .WithEnvironment("REGISTRY_AUTH_HTPASSWD_REALM", "tests")
                .WithEnvironment("REGISTRY_AUTH_HTPASSWD_PATH", "/secrets/htpasswd");
        }

        if (hasTls)
        {
            using var key = RSA.Create(2048);
            using var certificate = Certificate(key);
            folder.Write("secrets/key.pem", key.ExportPkcs8PrivateKeyPem());
            folder.Write("secrets/certificate.pem", certificate.ExportCertificatePem());
            builder = builder
                .WithEnvironment("REGISTRY_HTTP_TLS_CERTIFICATE", "/secrets/certificate.pem")
                .WithEnvironment("REGISTRY_HTTP_TLS_KEY", "/secrets/key.pem");
        }

        var container = builder.WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged("listening on")).Build();
        await container.StartAsync(TestContext.Current.CancellationToken);
        var registry = new RealRegistry(container, folder, container.GetMappedPublicPort(Port), hasTls);
        if (hasTls)
        {
            var trusted = Directory.CreateDirectory(Path.Combine(registry.CertificatesFolder, registry.Host)).FullName;
            File.Copy(Path.Combine(secrets, "certificate.pem"), Path.Combine(trusted, "ca.crt"));
        }

        return registry;
    }

    public RepositoryName Repository(string path) => RepositoryName.Parse($"{Host}/{path}");

    public RegistryClient Connect(RegistryOptions? options = null) =>
        new(
            new ProgramRunner(TimeProvider.System),
            TimeProvider.System,
            (options ?? new RegistryOptions { DockerFolder = _folder.Path }) with
            {
                CertificatesFolder = CertificatesFolder,
            }
        );

    /// <summary>Pushes an image without content; another text makes another image.</summary>
    public async Task<string> PushImageAsync(string repository, string[] tags, string text)
    {
        using var client = Connect();
        var name = Repository(repository);
        var token = TestContext.Current.CancellationToken;
        var configuration = System.Text.Encoding.UTF8.GetBytes(text);
        var blob = await client.PutBlobAsync(name, configuration, token);
        var manifest = System.Text.Encoding.UTF8.GetBytes(
            $$$"""
            {"schemaVersion": 2, "mediaType": "{{{ImageType}}}", "layers": [],
             "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "{{{blob}}}", "size": {{{configuration.Length}}}}}
            """
        );
        foreach (var tag in tags)
        {
            await client.PutManifestAsync(name, tag, ImageType, manifest, token);
        }

        return Digest.Of(manifest);
    }

    public Task PushImageAsync(string repository, params string[] tags) => PushImageAsync(repository, tags, "{}");

    public async ValueTask DisposeAsync()
    {
        await _container.DisposeAsync();
        _folder.Dispose();
    }

    private static X509Certificate2 Certificate(RSA key)
    {
        var request = new CertificateRequest(
            "CN=registry of tests",
            key,
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1
        );
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(LocalName);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(2));
    }
}
