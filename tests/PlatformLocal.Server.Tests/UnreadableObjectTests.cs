using System.Net;
using System.Net.Http.Headers;
using PlatformLocal.Client;
using PlatformLocal.Core;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>What the platform keeps beside a claim and cannot read is neither taken for absent nor written over.</summary>
public sealed class UnreadableObjectTests
{
    private const string Shop = """{"environment_name":"shop","services":{"web":"^1.0"}}""";
    private const string Changed =
        """{"environment_name":"shop","services":{"web":"^1.0"},"variables":{"COLOR":"red"}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("shop.lock.json", "its versions are then resolved anew", "")]
    [InlineData("shop.lock.json", "its versions are then resolved anew", "{\"services\"")]
    [InlineData("shop.lock.json", "its versions are then resolved anew", "{}")]
    [InlineData(
        "shop.lock.json",
        "its versions are then resolved anew",
        "{\"services\":{\"web\":{\"version\":\"new\"}}}"
    )]
    [InlineData("shop.history.json", "the history then begins anew", "[{\"number\": 1, \"lock\"")]
    [InlineData("shop.history.json", "the history then begins anew", "null")]
    [InlineData("shop.history.json", "the history then begins anew", "[null]")]
    public async Task It_is_refused_with_its_name_and_a_way_out_and_a_removed_one_is_made_anew(
        string key,
        string wayOut,
        string garbage
    )
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        platform.WriteCatalogue("web: {versions: [1.0.0, 1.1.0, 1.2.0]}", "auth: {versions: [2.0.0]}");
        var file = Path.Combine(platform.Bucket, key);
        await File.WriteAllTextAsync(file, garbage, Token);

        foreach (var claim in new[] { Shop, Changed })
        {
            (await platform.Awaiting(p => p.DeployAsync(claim)).Should().ThrowAsync<PlatformException>())
                .Which.Should()
                .Match<PlatformException>(e =>
                    e.Message.Contains($"environments/{key} cannot be read")
                    && e.NextStep!.Contains(wayOut)
                    && e.Kind == FailureKind.InvalidInput
                );
        }

        // Whatever else makes the platform look at it comes to the same.
        platform.DropClaim("shop", Read(platform, "shop.json").Replace("^1.0", "^1.0.0"));
        var invalid = await platform.WaitAsync(
            "shop",
            e => e is { Phase: EnvironmentPhase.Invalid, Message: { } told } && told.Contains($"{key} cannot be read")
        );
        invalid!.NextStep.Should().Contain($"remove it: {wayOut}");
        Read(platform, key).Should().Be(garbage);

        File.Delete(file);
        var ready = await platform.DeployAsync(Changed);
        ready.Phase.Should().Be(EnvironmentPhase.Ready);
        ready.Message.Should().BeNull();
    }

    [Theory]
    [InlineData("shop.lock.json")]
    [InlineData("shop.history.json")]
    public async Task It_is_told_in_the_same_words_wherever_the_environment_is_shown(string key)
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);

        var garbage = Path.Combine(platform.Workspace, "garbage");
        await File.WriteAllTextAsync(garbage, "garbage", Token);
        File.Move(garbage, Path.Combine(platform.Bucket, key), overwrite: true);
        await platform.WaitAsync(
            "shop",
            e => e is { Phase: EnvironmentPhase.Invalid, Completed: var c } && c == e.Requested
        );
        var listed = (await platform.Api.ListAsync("", Token)).Environments.Single();
        while (listed.Phase != EnvironmentPhase.Invalid)
        {
            listed = (await platform.Api.ListAsync("", Token)).Environments.Single();
        }

        var got = await platform.Api.GetAsync("shop", Token);
        got.Phase.Should().Be(EnvironmentPhase.Invalid);
        got.Message.Should().Be(listed.Message).And.Contain($"environments/{key} cannot be read");
        got.NextStep.Should().Be(listed.NextStep);
    }

    [Fact]
    public async Task An_environment_with_garbage_beside_its_claim_can_be_removed()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        await File.WriteAllTextAsync(Path.Combine(platform.Bucket, "shop.lock.json"), "garbage", Token);
        await File.WriteAllTextAsync(Path.Combine(platform.Bucket, "shop.history.json"), "garbage", Token);

        await platform.Api.DeleteAsync("shop", Token);
        await platform.WaitAsync("shop", e => e is null);

        Directory.EnumerateFiles(platform.Bucket).Should().BeEmpty();
    }

    [Fact]
    public async Task A_broken_off_history_is_told_in_plain_words_with_its_line()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        await File.WriteAllTextAsync(Path.Combine(platform.Bucket, "shop.history.json"), "[{\"number\": 1,\n", Token);

        var shop = await platform.Api.GetAsync("shop", Token);

        shop.Message.Should()
            .StartWith("environments/shop.history.json cannot be read: line 2, column 1: the text ends in the middle")
            .And.NotContain("LineNumber");
        shop.NextStep.Should().Contain("or remove it: the history then begins anew");
    }

    [Fact]
    public async Task An_unreadable_history_makes_the_answer_invalid_at_once()
    {
        await using var platform = await TestPlatform.StartAsync();
        await platform.DeployAsync(Shop);
        await File.WriteAllTextAsync(Path.Combine(platform.Bucket, "shop.history.json"), "garbage", Token);
        using var http = new HttpClient { BaseAddress = platform.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", platform.State.ReadToken());

        var shop = await platform.Api.GetAsync("shop", Token);
        var rollback = await http.PutAsync(
            "api/v1/environments/shop?rollback=1",
            new StringContent("{}", new MediaTypeHeaderValue("application/json")),
            Token
        );

        shop.Phase.Should().Be(EnvironmentPhase.Invalid);
        shop.Message.Should().Contain("environments/shop.history.json cannot be read");
        rollback.StatusCode.Should().Be(HttpStatusCode.BadRequest);
    }

    private static string Read(TestPlatform platform, string key) =>
        File.ReadAllText(Path.Combine(platform.Bucket, key));
}
