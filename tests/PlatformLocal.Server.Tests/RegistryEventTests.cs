using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Server.Tests.Testing;
using PlatformLocal.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>Registries that tell of what was pushed.</summary>
public sealed class RegistryEventTests
{
    private const string Shop = """{"environment_name":"shop","services":{"web":"^1.0"}}""";

    private static readonly ProgramRunner s_programs = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_push_to_a_real_registry_rolls_out_at_once_and_one_to_another_repository_does_not()
    {
        Assert.SkipUnless(Programs.Has("docker"), "docker is not installed");
        await using var platform = await TestPlatform.StartAsync();
        var port = FreePort();
        var container = $"platform-local-test-{Guid.NewGuid():N}";
        try
        {
            await StartRegistryAsync(platform, container, port);
            var repository = RepositoryName.Parse($"localhost:{port}/web");
            await PushAsync(repository, "1.0.0");
            await platform.DeployAsync(Shop);

            await PushAsync(RepositoryName.Parse($"localhost:{port}/auth"), "9.9.9");
            await PushAsync(repository, "1.1.0");
            var updated = await platform.WaitAsync(
                "shop",
                e => e!.Services.Any(s => s.Version == "1.1.0") && e.Phase == EnvironmentPhase.Ready
            );

            updated!.History!.Select(r => r.Cause).Should().Equal(RolloutCause.AutomaticUpdate, RolloutCause.Claim);
            updated
                .NextUpdate.Should()
                .BeAfter(TimeProvider.System.GetUtcNow().AddMinutes(5), "none was due by itself");
        }
        finally
        {
            await s_programs.RunAnyAsync(
                new ProgramCommand { Program = "docker", Arguments = ["rm", "--force", "--volumes", container] },
                CancellationToken.None
            );
        }
    }

    [Fact]
    public async Task What_is_no_push_of_a_tag_leads_to_nothing()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);

        var (status, body) = await PostAsync(
            platform,
            """
            {"events": [
              {"action": "pull", "target": {"repository": "web", "tag": "1.1.0"}},
              {"action": "push", "target": {"repository": "web"}},
              {"action": "push", "target": {"repository": "web", "tag": 7}},
              {"action": "push", "target": "web"}, null, 3,
              {"action": "push", "target": {"repository": "../web", "tag": "1.1.0"}},
              {"action": "push", "target": {"repository": "web", "tag": "1.1.0"}}
            ]}
            """
        );

        status.Should().Be(HttpStatusCode.Accepted);
        body["environments"]!.AsArray().Should().BeEmpty("the versions of web are in the catalogue file");
    }

    [Theory]
    [InlineData("""{"event": []}""", "events")]
    [InlineData("""[]""", "list")]
    [InlineData("""nonsense""", "line 1")]
    public async Task What_is_no_notification_is_refused(string body, string fault)
    {
        await using var platform = await TestPlatform.StartAsync();

        var (status, problem) = await PostAsync(platform, body);

        status.Should().Be(HttpStatusCode.BadRequest);
        problem.ToJsonString().Should().Contain(fault);
    }

    [Fact]
    public async Task Who_has_no_token_is_refused()
    {
        await using var platform = await TestPlatform.StartAsync();

        var (status, _) = await PostAsync(platform, """{"events": []}""", "wrong");

        status.Should().Be(HttpStatusCode.Unauthorized);
    }

    private static async Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(
        TestPlatform platform,
        string body,
        string? token = null
    )
    {
        using var http = new HttpClient { BaseAddress = platform.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            token ?? platform.State.ReadToken()
        );
        using var content = new StringContent(body, Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/vnd.docker.distribution.events.v2+json");
        using var response = await http.PostAsync("api/v1/registry-events", content, Token);
        var answer = response.Content.Headers.ContentLength is 0
            ? null
            : await response.Content.ReadFromJsonAsync<JsonNode>(Token);
        return (response.StatusCode, answer ?? new JsonObject());
    }

    /// <summary>A registry that notifies the platform, as its documentation says; web gets its versions from it.</summary>
    private static async Task StartRegistryAsync(TestPlatform platform, string container, int port)
    {
        var image = Environment.GetEnvironmentVariable("LAB_REGISTRY_IMAGE");
        Assert.SkipWhen(string.IsNullOrEmpty(image), "LAB_REGISTRY_IMAGE does not name an image");
        var folder = Directory.CreateDirectory(Path.Combine(platform.Workspace, "registry")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "config.yml"),
            $"""
            version: 0.1
            storage:
              inmemory:
            http:
              addr: 127.0.0.1:{port}
            notifications:
              endpoints:
                - name: platform
                  url: {platform.Address}api/v1/registry-events
                  headers:
                    Authorization: ["Bearer {platform.State.ReadToken()}"]
                  timeout: 5s
                  threshold: 3
                  backoff: 1s
            """,
            Token
        );
        await File.WriteAllTextAsync(
            Path.Combine(platform.Workspace, "platform.yaml"),
            "apiVersion: platform.local/v1alpha1\nkind: Platform\nmetadata: {name: test}\n"
                + $"spec: {{domain: test.localhost, registry: \"localhost:{port}\"}}\n",
            Token
        );
        await File.AppendAllTextAsync(
            Path.Combine(platform.Workspace, "services", "web", "service.yaml"),
            "\n  versions: registry\n",
            Token
        );
        // On the network of this machine: the platform listens to nobody else.
        string[] arguments =
        [
            "run",
            "--detach",
            "--name",
            container,
            "--label",
            "platform-lab",
            "--network",
            "host",
            "--volume",
            $"{folder}:/configuration:ro",
            "--entrypoint",
            "registry",
            image!,
            "serve",
            "/configuration/config.yml",
        ];
        var started = await s_programs.RunAnyAsync(
            new ProgramCommand { Program = "docker", Arguments = arguments },
            Token
        );
        Assert.SkipUnless(started.ExitCode == 0, $"docker does not run the registry: {started.Error}");
        using var http = new HttpClient();
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                using var response = await http.GetAsync($"http://127.0.0.1:{port}/v2/", late.Token);
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, late.Token);
            }
        }
    }

    private static async Task PushAsync(RepositoryName repository, string tag)
    {
        const string type = "application/vnd.oci.image.manifest.v1+json";
        using var client = new RegistryClient(s_programs, TimeProvider.System);
        var configuration = await client.PutBlobAsync(repository, "{}"u8.ToArray(), Token);
        var manifest = $$"""
            {"schemaVersion": 2, "mediaType": "{{type}}", "layers": [],
             "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": "{{configuration}}", "size": 2} }
            """;
        await client.PutManifestAsync(repository, tag, type, Encoding.UTF8.GetBytes(manifest), Token);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
