using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PlatformLocal.Client;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

public sealed class EnvironmentEndpointsTests
{
    private const string Shop = """{"environment_name":"shop","services":{"web":"*"}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_payload_becomes_an_environment_with_its_dependencies()
    {
        await using var platform = await TestPlatform.StartAsync();

        var shop = await platform.DeployAsync(Shop);

        shop.Phase.Should().Be(EnvironmentPhase.Ready);
        shop.Services.Select(s => $"{s.Name} {s.Version} {s.Phase}")
            .Should()
            .Equal("auth 2.0.0 Ready", "web 1.1.0 Ready");
        shop.Changes.Should().Be(new ChangeCounts(Created: 12, Updated: 0, Unchanged: 0, Pruned: 0));
        shop.Simulated.Should().BeTrue();
        File.ReadAllText(Path.Combine(platform.Bucket, "shop.lock.json")).Should().Contain("\"version\": \"1.1.0\"");
    }

    [Fact]
    public async Task Deploying_the_same_again_changes_nothing()
    {
        await using var platform = await TestPlatform.StartAsync();
        var first = await platform.DeployAsync(Shop);

        var second = await platform.DeployAsync(Shop);

        second.Revision.Should().Be(first.Revision);
        second.Changes.Should().Be(new ChangeCounts(0, 0, 12, 0));
    }

    [Fact]
    public async Task What_the_new_claim_lacks_is_removed()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);

        var less = await platform.DeployAsync("""{"environment_name":"shop","services":{"auth":"*"}}""");

        less.Services.Select(s => s.Name).Should().Equal("auth");
        less.Changes!.Pruned.Should().Be(2);
    }

    [Fact]
    public async Task A_plan_says_what_would_change_and_changes_nothing()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync("""{"environment_name":"shop","services":{"web":"1.0.0"}}""");
        var flags = new DeployRequest { Claim = [], DeployOnlySpecified = true };

        var plan = await platform.Api.PlanAsync(
            "shop",
            flags with
            {
                Claim = Payload("""{"services":{"web":"^1.1"}}"""),
            },
            Token
        );

        plan.Services.Single(s => s.Name == "web")
            .Should()
            .Match<ServicePlan>(s => s.From == "1.0.0" && s.To == "1.1.0");
        plan.Objects.Where(o => o.Change == ChangeKind.Updated).Should().OnlyContain(o => o.Service == "web");
        var after = await platform.Api.FindAsync("shop", Token);
        after!.Services.Single(s => s.Name == "web").Version.Should().Be("1.0.0");
        (await platform.Api.PlanAsync("other", flags with { Claim = Payload("""{"services":{"web":"*"}}""") }, Token))
            .Exists.Should()
            .BeFalse();
        (await platform.Api.FindAsync("other", Token)).Should().BeNull();
    }

    [Fact]
    public async Task Without_the_token_nothing_is_told_but_the_probes_answer()
    {
        await using var platform = await TestPlatform.StartAsync();
        using var http = new HttpClient { BaseAddress = platform.Address };

        var refused = await http.GetAsync("api/v1/environments", Token);
        var probe = await http.GetAsync("readyz", Token);

        refused.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        refused.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        probe.StatusCode.Should().Be(HttpStatusCode.OK);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(platform.State.TokenFile).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task Creating_what_exists_and_changing_what_changed_are_conflicts()
    {
        await using var platform = await TestPlatform.StartAsync();
        using var http = Authorized(platform);
        var created = await http.PostAsync("api/v1/environments?deployOnlySpecified=true", Json(Shop), Token);
        created.StatusCode.Should().Be(HttpStatusCode.Created);
        var revision = (await ReadAsync(created))["revision"]!.ToString();

        var again = await http.PostAsync("api/v1/environments?deployOnlySpecified=true", Json(Shop), Token);
        var outcomes = await Task.WhenAll(
            Enumerable
                .Range(0, 6)
                .Select(i => PutAsync(http, $$"""{"services":{"auth":"*"},"variables":{"N":"{{i}}"} }""", revision))
        );

        again.StatusCode.Should().Be(HttpStatusCode.Conflict);
        (await ReadAsync(again))["detail"]!.ToString().Should().Contain("is there already");
        outcomes.Count(s => s == HttpStatusCode.OK).Should().Be(1);
        outcomes.Count(s => s == HttpStatusCode.Conflict).Should().Be(5);
    }

    [Theory]
    [InlineData("{\"services\": {\"web\": \"*\"", "line 1")]
    [InlineData("{\"services\":{\"webb\":\"*\"}}", "webb")]
    [InlineData("{\"services\":{\"web\":\"^9\"}}", "^9")]
    [InlineData("{\"environment_name\":\"other\",\"services\":{\"web\":\"*\"}}", "other")]
    [InlineData("{\"servicess\":{}}", "did you mean services")]
    public async Task A_refused_claim_is_explained_and_not_stored(string payload, string told)
    {
        await using var platform = await TestPlatform.StartAsync();
        using var http = Authorized(platform);

        var answer = await http.PutAsync("api/v1/environments/shop", Json(payload), Token);

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        var problem = await ReadAsync(answer);
        problem
            .ToJsonString(
                new JsonSerializerOptions
                {
                    Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
                }
            )
            .Should()
            .Contain(told)
            .And.NotContain("   at ");
        (await platform.Api.FindAsync("shop", Token)).Should().BeNull();
    }

    [Fact]
    public async Task More_than_a_mebibyte_is_refused()
    {
        await using var platform = await TestPlatform.StartAsync();
        using var http = Authorized(platform);

        var answer = await http.PutAsync(
            "api/v1/environments/shop",
            Json($$"""{"user":"{{new string('x', 1024 * 1024)}}"}"""),
            Token
        );

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await ReadAsync(answer)).ToJsonString().Should().Contain("1 MiB");
    }

    [Fact]
    public async Task Environments_can_be_found_by_what_is_in_them()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        await platform.DeployAsync("""{"environment_name":"login","services":{"auth":"*"}}""");

        (await platform.Api.ListAsync("service:web", Token))
            .Environments.Select(e => e.EnvironmentName)
            .Should()
            .Equal("shop");
        (await platform.Api.ListAsync("", Token)).Environments.Should().HaveCount(2);
    }

    [Fact]
    public async Task Events_tell_of_every_change_and_end_with_the_environment()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        var seen = new List<EnvironmentPhase>();
        var first = new TaskCompletionSource();

        var listening = Task.Run(
            async () =>
            {
                await foreach (var now in platform.Api.WatchAsync("shop", Token))
                {
                    seen.Add(now.Phase);
                    first.TrySetResult();
                }
            },
            Token
        );
        await first.Task;
        await platform.Api.DeleteAsync("shop", Token);
        await listening.WaitAsync(TimeSpan.FromSeconds(60), Token);

        seen.Should().StartWith(EnvironmentPhase.Ready).And.EndWith(EnvironmentPhase.Deleting);
        (await platform.Api.FindAsync("shop", Token)).Should().BeNull();
        Directory.EnumerateFiles(platform.Bucket).Should().BeEmpty();
    }

    [Fact]
    public async Task The_OpenAPI_document_lists_every_operation()
    {
        await using var platform = await TestPlatform.StartAsync();
        using var http = new HttpClient { BaseAddress = platform.Address };

        var document = JsonNode.Parse(await http.GetStringAsync("openapi/v1.json", Token))!;

        document["paths"]!
            .AsObject()
            .SelectMany(p => p.Value!.AsObject().Select(o => $"{o.Key} {p.Key}"))
            .Should()
            .Contain([
                "get /api/v1/environments",
                "post /api/v1/environments",
                "get /api/v1/environments/{name}",
                "put /api/v1/environments/{name}",
                "delete /api/v1/environments/{name}",
                "get /api/v1/environments/{name}/events",
                "get /api/v1/platform",
            ]);
    }

    [Theory]
    [InlineData("GET", "api/v1/environments/none", HttpStatusCode.NotFound)]
    [InlineData("DELETE", "api/v1/environments/none", HttpStatusCode.NotFound)]
    [InlineData("GET", "api/v1/environments/none/events", HttpStatusCode.NotFound)]
    [InlineData("GET", "api/v1/nothing", HttpStatusCode.NotFound)]
    [InlineData("PATCH", "api/v1/environments/none", HttpStatusCode.MethodNotAllowed)]
    public async Task Every_error_is_a_problem_document(string method, string path, HttpStatusCode expected)
    {
        await using var platform = await TestPlatform.StartAsync();
        using var http = Authorized(platform);

        var answer = await http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Token);

        answer.StatusCode.Should().Be(expected);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        (await ReadAsync(answer))["next_step"].Should().NotBeNull();
    }

    [Fact]
    public async Task A_body_of_another_type_is_told_with_the_one_that_is_taken()
    {
        await using var platform = await TestPlatform.StartAsync();
        using var http = Authorized(platform);
        using var form = new StringContent("{}", Encoding.UTF8, "application/x-www-form-urlencoded");

        var answer = await http.PostAsync("api/v1/environments", form, Token);

        answer.StatusCode.Should().Be(HttpStatusCode.UnsupportedMediaType);
        var problem = await ReadAsync(answer);
        problem["kind"]!.ToString().Should().Be("invalid_input");
        problem["next_step"]!.ToString().Should().Contain("application/json");
    }

    private static JsonObject Payload(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static HttpClient Authorized(TestPlatform platform)
    {
        var http = new HttpClient { BaseAddress = platform.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", platform.State.ReadToken());
        return http;
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage answer) =>
        JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!;

    private static async Task<HttpStatusCode> PutAsync(HttpClient http, string payload, string revision)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "api/v1/environments/shop?deployOnlySpecified=true")
        {
            Content = Json(payload),
        };
        request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{revision}\""));
        using var answer = await http.SendAsync(request, Token);
        return answer.StatusCode;
    }
}
