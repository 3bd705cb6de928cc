using System.Net;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Testing;

/// <summary>A registry in a container of its own, on a free port.</summary>
public sealed class RealRegistry : IAsyncDisposable
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";

    public const string User = "tester";
    public const string Password = "s3cret";

    // Made with a cost that is only good enough for tests.
    private const string PasswordFile = User + ":$2b$04$0K7HUfR1gGKhJzBect3iV.90PFPNnE6gX2yYV4Ahx6YXJfmzCsFF.\n";

    private readonly string _container;
    private readonly TemporaryFolder _folder;

    private RealRegistry(string container, TemporaryFolder folder, int port, bool hasTls)
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
        List<string> arguments =
        [
            "run",
            "--detach",
            "--label",
            "platform-lab",
            "--publish",
            "127.0.0.1::5000",
            "--env",
            $"REGISTRY_STORAGE_DELETE_ENABLED={(canDelete ? "true" : "false")}",
        ];
        if (hasPassword)
        {
            folder.Write("secrets/htpasswd", PasswordFile);
            arguments.AddRange([
                "--env",
                "REGISTRY_AUTH=htpasswd",
                "--env",
                "REGISTRY_AUTH_HTPASSWD_REALM=tests",
                "--env",
                "REGISTRY_AUTH_HTPASSWD_PATH=/secrets/htpasswd",
            ]);
        }

        if (hasTls)
        {
            Assert.SkipUnless(Programs.Has("openssl"), "openssl is not installed");
            arguments = [.. arguments.Select(a => a == "127.0.0.1::5000" ? "5000" : a)];
            var secrets = Directory.CreateDirectory(Path.Combine(folder.Path, "secrets")).FullName;
            await RunAsync(
                "openssl",
                [
                    "req",
                    "-x509",
                    "-newkey",
                    "rsa:2048",
                    "-nodes",
                    "-days",
                    "2",
                    "-subj",
                    "/CN=registry of tests",
                    "-addext",
                    $"subjectAltName=DNS:{LocalName}",
                    "-keyout",
                    Path.Combine(secrets, "key.pem"),
                    "-out",
                    Path.Combine(secrets, "certificate.pem"),
                ]
            );
            arguments.AddRange([
                "--env",
                "REGISTRY_HTTP_TLS_CERTIFICATE=/secrets/certificate.pem",
                "--env",
                "REGISTRY_HTTP_TLS_KEY=/secrets/key.pem",
            ]);
        }

        if (hasPassword || hasTls)
        {
            arguments.AddRange(["--volume", $"{folder.Path}/secrets:/secrets:ro"]);
        }

        var container = (await RunAsync("docker", [.. arguments, image!])).Trim();
        var published = (await RunAsync("docker", ["port", container, "5000/tcp"])).Split('\n')[0];
        var port = int.Parse(published[(published.LastIndexOf(':') + 1)..]);
        var registry = new RealRegistry(container, folder, port, hasTls);
        if (hasTls)
        {
            var trusted = Directory.CreateDirectory(Path.Combine(registry.CertificatesFolder, registry.Host)).FullName;
            File.Copy(Path.Combine(folder.Path, "secrets", "certificate.pem"), Path.Combine(trusted, "ca.crt"));
        }

        await registry.WaitAsync(port);
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
        await new ProgramRunner(TimeProvider.System).RunAnyAsync(
            new ProgramCommand { Program = "docker", Arguments = ["rm", "--force", "--volumes", _container] },
            CancellationToken.None
        );
        _folder.Dispose();
    }

    private static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments) =>
        (
            await new ProgramRunner(TimeProvider.System).RunAsync(
                new ProgramCommand { Program = program, Arguments = arguments },
                TestContext.Current.CancellationToken
            )
        ).Output;

    private async Task WaitAsync(int port)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                using var socket = new System.Net.Sockets.TcpClient();
                await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
                await socket.GetStream().WriteAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray(), limit.Token);
                if (await socket.GetStream().ReadAsync(new byte[1], limit.Token) > 0)
                {
                    return; // docker's proxy accepts before the registry does, and then closes
                }
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
            {
                // not yet
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }
}
