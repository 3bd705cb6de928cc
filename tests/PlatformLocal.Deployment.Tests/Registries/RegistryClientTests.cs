using System.Text;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Registries;

/// <summary>The client against a real registry.</summary>
[Collection("Docker")]
public sealed class RegistryClientTests
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_registry_may_be_elsewhere_than_its_name_says()
    {
        await using var registry = await RealRegistry.StartAsync();
        var digest = await registry.PushImageAsync("docker-releases/web", ["1.0.0"], "{}");
        using var client = registry.Connect(
            new RegistryOptions
            {
                Mirrors = new Dictionary<string, Uri> { ["registry.example.org"] = new($"http://{registry.Host}/") },
            }
        );

        var found = await client.GetDigestAsync(
            RepositoryName.Parse("registry.example.org/docker-releases/web"),
            "1.0.0",
            TestContext.Current.CancellationToken
        );

        found.Should().Be(digest);
    }

    [Fact]
    public async Task What_was_pushed_is_listed_over_many_pages_and_pulled_as_it_was()
    {
        await using var registry = await RealRegistry.StartAsync();
        using var client = registry.Connect(new RegistryOptions { PageSize = 7, DockerFolder = "/nonexistent" });
        var repository = registry.Repository("docker-releases/user-service");
        string[] tags = [.. Enumerable.Range(0, 40).Select(i => $"1.{i}.0"), "latest", "v1.5", "1.5.0.0"];
        var digest = await PushAsync(client, repository, tags);

        var listed = await client.ListTagsAsync(repository, Token);
        var manifest = await client.GetManifestAsync(repository, "1.7.0", Token);
        var layer = (string)manifest.Json!["layers"]![0]!["digest"]!;
        var content = await client.GetBlobAsync(repository, layer, 1024, Token);

        listed.Should().BeEquivalentTo(tags);
        manifest.Digest.Should().Be(digest).And.Be(await client.GetDigestAsync(repository, "1.7.0", Token));
        manifest.MediaType.Should().Be(ManifestType);
        Encoding.UTF8.GetString(content.Span).Should().Be("content");
        TagVersions.InRegistry(listed).Should().HaveCount(42).And.BeInAscendingOrder();
    }

    [Fact]
    public async Task What_is_not_there_or_deleted_is_said_by_name()
    {
        await using var registry = await RealRegistry.StartAsync();
        using var client = registry.Connect();
        var repository = registry.Repository("docker-releases/user-service");
        var digest = await PushAsync(client, repository, ["1.0.0"]);
        await client.DeleteManifestAsync(repository, digest, Token);

        var deleted = () => client.GetManifestAsync(repository, digest, Token);
        var unknown = () => client.ListTagsAsync(registry.Repository("docker-releases/nobody"), Token);

        (await deleted.Should().ThrowAsync<PlatformException>()).Which.Kind.Should().Be(FailureKind.NotFound);
        await unknown.Should().ThrowAsync<PlatformException>().WithMessage($"{registry.Host} does not have *nobody*");
    }

    [Fact]
    public async Task A_registry_with_a_password_is_used_with_the_login_of_Docker_and_refuses_others()
    {
        await using var registry = await RealRegistry.StartAsync(hasPassword: true);
        using var folder = new TemporaryFolder();
        var repository = registry.Repository("docker-releases/user-service");
        using var stranger = registry.Connect();
        using var user = registry.Connect(Login(registry, folder, "user", RealRegistry.Password));
        using var mistaken = registry.Connect(Login(registry, folder, "mistaken", "wrong"));

        await PushAsync(user, repository, ["1.0.0"]);

        (await user.ListTagsAsync(repository, Token)).Should().Equal("1.0.0");
        foreach (var client in new[] { stranger, mistaken })
        {
            var act = () => client.ListTagsAsync(repository, Token);
            var failure = (await act.Should().ThrowAsync<PlatformException>()).Which;
            failure.Kind.Should().Be(FailureKind.NotAllowed);
            failure.NextStep.Should().Be($"Log in: docker login {registry.Host}");
            failure.Message.Should().NotContain("wrong");
        }
    }

    [Fact]
    public async Task A_credential_helper_is_asked_by_the_name_of_the_host()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the helper of this test is a shell script");
        await using var registry = await RealRegistry.StartAsync(hasPassword: true);
        using var folder = new TemporaryFolder();
        folder.Write(
            "docker-credential-of-tests",
            $$"""
            #!/bin/sh
            read -r host
            [ "$1 $host" = "get {{registry.Host}}" ] || { echo "credentials not found in native keychain"; exit 1; }
            echo '{"ServerURL": "x", "Username": "{{RealRegistry.User}}", "Secret": "{{RealRegistry.Password}}"}'
            """
        );
        var helper = Path.Combine(folder.Path, "docker-credential-of-tests");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(helper, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var credentials = new RegistryCredentials(
            new ProgramRunner(TimeProvider.System),
            new RegistryOptions { DockerFolder = folder.Path }
        );
        Environment.SetEnvironmentVariable("PATH", $"{Environment.GetEnvironmentVariable("PATH")}:{folder.Path}");
        folder.Write("config.json", """{"credsStore": "of-tests"}""");

        var found = await credentials.FindAsync(registry.Host, Token);
        var none = await credentials.FindAsync("example.org", Token);

        found.Should().Be(new RegistryCredential(RealRegistry.User, RealRegistry.Password, null));
        found!.ToString().Should().NotContain(RealRegistry.Password);
        none.Should().BeNull();
    }

    [Fact]
    public async Task A_registry_with_a_certificate_is_used_when_it_is_trusted_and_refused_otherwise()
    {
        await using var registry = await RealRegistry.StartAsync(hasTls: true);
        var repository = registry.Repository("docker-releases/user-service");
        using var client = registry.Connect();
        using var distrusting = new RegistryClient(
            new ProgramRunner(TimeProvider.System),
            TimeProvider.System,
            new RegistryOptions { CertificatesFolder = "/nonexistent", DockerFolder = "/nonexistent" }
        );

        await PushAsync(client, repository, ["1.0.0"]);

        (await client.ListTagsAsync(repository, Token)).Should().Equal("1.0.0");
        var act = () => distrusting.ListTagsAsync(repository, Token);
        await act.Should().ThrowAsync<PlatformException>().WithMessage("*cannot be reached*certificate*");
    }

    [Theory]
    [InlineData("user-service")]
    [InlineData("/user-service")]
    [InlineData("localhost:5001/User")]
    [InlineData("localhost:5001/a/../b")]
    [InlineData("http://localhost/a")]
    public void What_is_no_repository_is_refused(string text) =>
        FluentActions.Invoking(() => RepositoryName.Parse(text)).Should().Throw<PlatformException>();

    [Theory]
    [InlineData("localhost:5001/a", "http://localhost:5001/")]
    [InlineData("127.0.0.1:5001/a", "http://127.0.0.1:5001/")]
    [InlineData("localhost.example.org/a", "https://localhost.example.org/")]
    [InlineData("docker.io/library/redis", "https://registry-1.docker.io/")]
    public void Only_this_machine_is_spoken_to_in_the_open(string text, string address) =>
        RepositoryName.Parse(text).Address.Should().Be(new Uri(address));

    private static RegistryOptions Login(RealRegistry registry, TemporaryFolder folder, string name, string password)
    {
        var secret = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{RealRegistry.User}:{password}"));
        var file = folder.Write(
            $"{name}/config.json",
            "{\"auths\": {\"" + registry.Host + "\": {\"auth\": \"" + secret + "\"}}}"
        );
        return new RegistryOptions { DockerFolder = Path.GetDirectoryName(file)! };
    }

    private static async Task<string> PushAsync(RegistryClient client, RepositoryName repository, string[] tags)
    {
        var configuration = await client.PutBlobAsync(repository, "{}"u8.ToArray(), Token);
        var layer = await client.PutBlobAsync(repository, "content"u8.ToArray(), Token);
        var manifest = Encoding.UTF8.GetBytes(
            $$"""
            {"schemaVersion": 2, "mediaType": "{{ManifestType}}",
             "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": "{{configuration}}", "size": 2},
             "layers": [{"mediaType": "text/plain", "digest": "{{layer}}", "size": 7}]}
            """
        );
        var digest = "";
        foreach (var tag in tags)
        {
            digest = await client.PutManifestAsync(repository, tag, ManifestType, manifest, Token);
        }

        return digest;
    }
}
