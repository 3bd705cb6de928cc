using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using PlatformLocal.Client;
using PlatformLocal.Server.Reconciliation;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>The one form that a wish has, and the ways of writing it.</summary>
public sealed class DeployRequestTests
{
    private const string Environments = "api/v1/environments";
    private const string Shop = """{"environment_name":"shop","services":{"auth":"*"}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Environments + "?deployOnlySpecified=true&user=anna", Shop)]
    [InlineData(Environments, "{\"claim\":" + Shop + ",\"deploy_only_specified\":true,\"user\":\"anna\"}")]
    [InlineData(Environments + "?deployOnlySpecified=true", "{\"claim\":" + Shop + ",\"user\":\"anna\"}")]
    public async Task A_claim_with_parameters_and_a_request_with_fields_are_the_same(string path, string body)
    {
        await using var platform = await TestPlatform.StartAsync();
        platform.WritePlatform("{domain: test.localhost, environmentTypes: {dev: {services: {web: \"*\"}}}}");

        var (status, answer) = await SendAsync(platform, HttpMethod.Post, path, body);
        var ready = await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Ready);

        status.Should().Be(HttpStatusCode.Created, "{0}", answer);
        ready!.Services.Select(s => s.Name).Should().Equal("auth");
        ready.User.Should().Be("anna");
    }

    [Fact]
    public async Task A_lock_is_a_field_of_the_request_and_no_part_of_a_claim()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        var locked = await File.ReadAllTextAsync(Path.Combine(platform.Bucket, "shop.lock.json"), Token);
        platform.WriteCatalogue("auth: {versions: [2.0.0, 2.1.0]}", "web: {versions: [1.0.0]}");
        const string path = Environments + "/shop?dryRun=true&deployOnlySpecified=true";

        var (_, held) = await SendAsync(platform, HttpMethod.Put, path, $$"""{"claim":{{Shop}},"lock":{{locked}}}""");
        var (refused, fault) = await SendAsync(platform, HttpMethod.Put, path, Shop.Insert(1, $"\"lock\":{locked},"));
        var (strange, unknown) = await SendAsync(
            platform,
            HttpMethod.Put,
            path,
            $$"""{"claim":{{Shop}},"locks":{},"upgrade":"web"}"""
        );

        held["services"]![0]!["to"]!.ToString().Should().Be("2.0.0");
        JsonNode.DeepEquals(held["lock"], JsonNode.Parse(locked)).Should().BeTrue();
        refused.Should().Be(HttpStatusCode.BadRequest);
        fault["faults"]![0]!["path"]!.ToString().Should().Be("lock");
        strange.Should().Be(HttpStatusCode.BadRequest);
        unknown["faults"]!.AsArray().Select(f => f!["path"]!.ToString()).Should().Equal("upgrade", "locks");
    }

    [Fact]
    public async Task A_request_is_resolved_and_rendered_once()
    {
        await using var platform = await TestPlatform.StartAsync();
        var compiler = platform.Services.GetRequiredService<ClaimCompiler>();

        await platform.DeployAsync("""{"environment_name":"shop","services":{"web":"*"}}""");
        var afterFirst = compiler.Compilations;
        await platform.DeployAsync("""{"environment_name":"shop","services":{"web":"1.0.0"}}""");
        var afterChange = compiler.Compilations;
        await platform.DeployAsync("""{"environment_name":"shop","services":{"web":"1.0.0"}}""");
        var afterSame = compiler.Compilations;
        platform.WriteService("auth", "auth-of-others");
        platform.DropClaim("other", Claim("other"));
        await platform.WaitAsync("other", e => e?.Phase == EnvironmentPhase.Ready);

        afterFirst.Should().Be(1);
        afterChange.Should().Be(2);
        afterSame.Should().Be(3);
        compiler.Compilations.Should().Be(4, "nobody built the claim that was dropped");
    }

    [Fact]
    public async Task Corrected_manifests_are_delivered_although_the_wrong_ones_are_still_waited_for()
    {
        await using var platform = await TestPlatform.StartAsync();
        var manifest = Path.Combine(platform.Workspace, "services", "auth", "infrastructure", "objects.yaml");
        var right = await File.ReadAllTextAsync(manifest, Token);
        await File.WriteAllTextAsync(
            manifest,
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: auth}
            spec:
              selector: {matchLabels: {app: auth}}
              template:
                metadata: {labels: {app: auth}}
                spec:
                  containers:
                    - {name: auth, image: "${IMAGE}", envFrom: [{secretRef: {name: absent}}]}
            """,
            Token
        );
        platform.DropClaim("shop", Claim("shop"));
        await platform.WaitAsync("shop", e => e?.Phase == EnvironmentPhase.Delivering);

        await File.WriteAllTextAsync(manifest, right, Token);
        var after = await platform.DeployAsync(Claim("shop"));

        after.Phase.Should().Be(EnvironmentPhase.Ready, "{0}", after.Message);
    }

    private static string Claim(string name) =>
        $$"""{"user":"anna","environment_name":"{{name}}","environment_type":"dev","creation_date":"2026-11-21","services":{"auth":"2.0.0"} }""";

    private static async Task<(HttpStatusCode Status, JsonNode Answer)> SendAsync(
        TestPlatform platform,
        HttpMethod method,
        string path,
        string body
    )
    {
        using var http = new HttpClient { BaseAddress = platform.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", platform.State.ReadToken());
        using var request = new HttpRequestMessage(method, path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        using var answer = await http.SendAsync(request, Token);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!);
    }
}
