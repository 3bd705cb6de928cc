using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using EmbeddedKubernetes;
using PlatformLocal.Client;
using PlatformLocal.Deployment.ObjectStore;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Leadership;
using PlatformLocal.Platform.Operations;
using PlatformLocal.Server.Tests.Testing;
using PlatformLocal.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>Several who read a claim, change it and write it back under the tag they read.</summary>
public sealed class LostUpdateTests(S3Server server)
{
    private const string Path = "api/v1/environments/shop?deployOnlySpecified=true";
    private const int Writers = 8;
    private const int Rounds = 25;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_change_that_was_acknowledged_is_lost_in_a_directory()
    {
        await using var platform = await TestPlatform.StartAsync();

        var counted = await CountAsync(platform.Address, platform.State.ReadToken()!);

        counted.Should().Be(Writers * Rounds);
    }

    [Fact]
    public async Task No_change_that_was_acknowledged_is_lost_in_S3()
    {
        await server.RequireConditionsAsync();
        var endpoint = await server.RequireAsync();
        await using var platform = TestPlatform.Prepare();
        await using var cluster = await EmbeddedCluster.StartAsync(
            new EmbeddedClusterOptions { PodStartDelay = TimeSpan.Zero },
            Token
        );
        await using var replica = await PlatformServer.StartAsync(
            new ServeOptions
            {
                State = platform.State,
                Workspace = null,
                Version = "test",
                Replica = new ReplicaOptions
                {
                    Token = "secret",
                    Kubernetes = KubernetesClient.FromKubeconfig(cluster.KubeconfigPath),
                    ObjectStore = new S3ObjectStoreOptions
                    {
                        Endpoint = endpoint,
                        AccessKey = S3Server.AccessKey,
                        SecretKey = S3Server.SecretKey,
                    },
                    Election = new LeaderElectionOptions
                    {
                        Namespace = "default",
                        Identity = "only",
                        Address = new Uri("http://127.0.0.1:1"),
                        RetryInterval = TimeSpan.FromMilliseconds(50),
                    },
                },
            },
            Token
        );
        var address = new Uri($"http://127.0.0.1:{replica.Address.Port}");
        using var api = new PlatformApiClient(address, "secret") { Patience = TimeSpan.FromSeconds(20) };
        await WorkspaceUpload.EnsureAsync(api, platform.Workspace, Token);

        var counted = await CountAsync(address, "secret");

        counted.Should().Be(Writers * Rounds);
        await api.DeleteAsync("shop", Token);
    }

    [Fact]
    public async Task A_tag_always_comes_with_the_claim_it_is_of()
    {
        await using var platform = await TestPlatform.StartAsync();
        using var http = Authorized(platform.Address, platform.State.ReadToken()!);
        await PutAsync(http, Claim(0), null);

        for (var i = 1; i <= 50; i++)
        {
            var written = await PutAsync(http, Claim(i), null);
            var (tag, document) = await GetAsync(http);

            CountIn(written.Document).Should().Be(i, "the answer shows what was written");
            CountIn(document).Should().Be(i);
            tag.Should().Be(written.Tag).And.Be($"\"{document["revision"]}\"");
        }

        var settled = await platform.WaitAsync("shop", e => e!.ObservedRevision == e.Revision && e.IsSettled);
        settled!.Phase.Should().Be(EnvironmentPhase.Ready);
    }

    private static async Task<int> CountAsync(Uri address, string token)
    {
        using var http = Authorized(address, token);
        await PutAsync(http, Claim(0), null);
        await Task.WhenAll(
            Enumerable
                .Range(0, Writers)
                .Select(async _ =>
                {
                    for (var done = 0; done < Rounds; )
                    {
                        var (tag, document) = await GetAsync(http);
                        var (status, _, answer) = await PutAsync(http, Claim(CountIn(document) + 1), tag);
                        status.Should().BeOneOf([HttpStatusCode.OK, HttpStatusCode.Conflict], "{0}", answer);
                        done += status == HttpStatusCode.OK ? 1 : 0;
                    }
                })
        );
        return CountIn((await GetAsync(http)).Document);
    }

    private static HttpClient Authorized(Uri address, string token)
    {
        var http = new HttpClient { BaseAddress = address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    private static string Claim(int count) => $$"""{"services":{"auth":"*"},"variables":{"COUNT":"{{count}}"} }""";

    private static int CountIn(JsonNode document) => int.Parse(document["claim"]!["variables"]!["COUNT"]!.ToString());

    private static async Task<(string Tag, JsonNode Document)> GetAsync(HttpClient http)
    {
        using var answer = await http.GetAsync(Path, Token);
        answer.EnsureSuccessStatusCode();
        return (answer.Headers.ETag!.Tag, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!);
    }

    private static async Task<(HttpStatusCode Status, string? Tag, JsonNode Document)> PutAsync(
        HttpClient http,
        string claim,
        string? tag
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, Path)
        {
            Content = new StringContent(claim, Encoding.UTF8, "application/json"),
        };
        if (tag is not null)
        {
            request.Headers.IfMatch.Add(new EntityTagHeaderValue(tag));
        }

        using var answer = await http.SendAsync(request, Token);
        var document = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!;
        return (answer.StatusCode, answer.Headers.ETag?.Tag, document);
    }
}
