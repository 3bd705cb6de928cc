using Microsoft.AspNetCore.Http;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Registries;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Registries;

/// <summary>What a real registry cannot be made to do: loopback servers that lie, loop and refuse.</summary>
public sealed class RegistryFaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_registry_whose_content_is_not_what_it_promised_is_refused()
    {
        await using var server = await StartAsync(
            (context, _) =>
            {
                context.Response.Headers["Docker-Content-Digest"] = Digest.Of("another"u8);
                return context.SendAsync(200, "{}");
            }
        );
        using var client = Connect();
        var repository = Repository(server);

        var manifest = () => client.GetManifestAsync(repository, "1.0.0", Token);
        var byDigest = () => client.GetManifestAsync(repository, Digest.Of("asked"u8), Token);
        var blob = () => client.GetBlobAsync(repository, Digest.Of("asked"u8), 1024, Token);

        foreach (var act in new Func<Task>[] { manifest, byDigest, async () => await blob() })
        {
            await act.Should().ThrowAsync<PlatformException>().WithMessage("* promised sha256:* and sent sha256:*");
        }
    }

    [Fact]
    public async Task A_circle_of_pages_and_pages_elsewhere_are_refused()
    {
        await using var circle = await StartAsync(
            (context, count) =>
            {
                context.Response.Headers.Link = $"</v2/team/a/tags/list?last={count % 3}>; rel=\"next\"";
                return context.SendAsync(200, """{"name": "team/a", "tags": ["1.0.0"]}""");
            }
        );
        await using var elsewhere = await StartAsync(
            (context, _) =>
            {
                context.Response.Headers.Link = "<http://example.org/v2/team/a/tags/list?last=1>; rel=\"next\"";
                return context.SendAsync(200, """{"name": "team/a", "tags": ["1.0.0"]}""");
            }
        );
        using var client = Connect();

        var circling = () => client.ListTagsAsync(Repository(circle), Token);
        var straying = () => client.ListTagsAsync(Repository(elsewhere), Token);

        await circling.Should().ThrowAsync<PlatformException>().WithMessage("*in a circle*");
        await straying
            .Should()
            .ThrowAsync<PlatformException>()
            .WithMessage("*continues its list of tags on example.org*");
        circle.Requests.Should().HaveCountLessThan(6);
    }

    [Fact]
    public async Task A_registry_that_asks_to_wait_is_asked_again_and_one_that_asks_for_too_long_is_not()
    {
        await using var busy = await StartAsync(
            (context, count) =>
            {
                if (count < 3)
                {
                    context.Response.Headers.RetryAfter = "7";
                    return context.SendAsync(429, "{}");
                }

                return context.SendAsync(200, """{"tags": ["1.0.0"]}""");
            }
        );
        await using var closed = await StartAsync(
            (context, _) =>
            {
                context.Response.Headers.RetryAfter = "3600";
                return context.SendAsync(429, "{}");
            }
        );
        using var client = Connect();

        (await client.ListTagsAsync(Repository(busy), Token)).Should().Equal("1.0.0");
        var act = () => client.ListTagsAsync(Repository(closed), Token);
        (await act.Should().ThrowAsync<PlatformException>()).Which.NextStep.Should().Contain("3600");
        busy.Requests.Should().HaveCount(3);
        closed.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task A_token_is_fetched_from_where_the_registry_says_and_used_again()
    {
        await using var server = await StartAsync(
            (context, _) =>
            {
                if (context.Request.Path == "/token")
                {
                    return context.SendAsync(200, """{"token": "abc", "expires_in": 300}""");
                }

                if (context.Request.Headers.Authorization == "Bearer abc")
                {
                    return context.SendAsync(200, """{"tags": ["1.0.0"]}""");
                }

                context.Response.Headers.WWWAuthenticate =
                    $"Bearer realm=\"http://{context.Request.Host}/token\",service=\"tests\",scope=\"repository:team/a:pull\"";
                return context.SendAsync(401, "{}");
            }
        );
        using var client = Connect();

        await client.ListTagsAsync(Repository(server), Token);
        (await client.ListTagsAsync(Repository(server), Token)).Should().Equal("1.0.0");

        server
            .Requests.Should()
            .Equal(
                "GET /v2/team/a/tags/list?n=1000",
                "GET /token?service=tests&scope=repository%3Ateam%2Fa%3Apull",
                "GET /v2/team/a/tags/list?n=1000",
                "GET /v2/team/a/tags/list?n=1000"
            );
    }

    [Fact]
    public async Task Secrets_are_not_sent_to_an_address_in_the_open()
    {
        await using var server = await StartAsync(
            (context, _) =>
            {
                context.Response.Headers.WWWAuthenticate =
                    "Bearer realm=\"http://example.org/token\",service=\"tests\"";
                return context.SendAsync(401, "{}");
            }
        );
        using var client = Connect();

        var act = () => client.ListTagsAsync(Repository(server), Token);

        await act.Should().ThrowAsync<PlatformException>().WithMessage("*which is no https address*");
    }

    [Fact]
    public async Task Secrets_are_not_sent_to_another_port_of_this_machine()
    {
        await using var other = await StartAsync((context, _) => context.SendAsync(200, """{"token": "abc"}"""));
        var elsewhere = new Uri($"http://{Repository(other).Host}/token");
        await using var server = await StartAsync(
            (context, _) =>
            {
                context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"{elsewhere}\",service=\"tests\"";
                return context.SendAsync(401, "{}");
            }
        );
        using var client = Connect();

        var act = () => client.ListTagsAsync(Repository(server), Token);

        await act.Should().ThrowAsync<PlatformException>().WithMessage("*not the registry itself*");
        other.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task A_registry_that_trickles_is_told_of_in_time()
    {
        await using var trickling = await StartAsync(
            async (context, _) =>
            {
                await context.Response.StartAsync();
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.WriteAsync(" ", context.RequestAborted);
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, context.RequestAborted);
                }
            }
        );
        using var client = Connect(new RegistryOptions { AnswerLimit = TimeSpan.FromMilliseconds(300) });

        var act = () => client.ListTagsAsync(Repository(trickling), Token).WaitAsync(TimeSpan.FromSeconds(10), Token);

        (await act.Should().ThrowAsync<PlatformException>().WithMessage("*too slowly*"))
            .Which.Kind.Should()
            .Be(FailureKind.NotReadyInTime);
    }

    [Theory]
    [InlineData("""{"tags": [1, null, {"a": 1}, "1.0.0"]}""")]
    [InlineData("""{"tags": {"a": 1}}""")]
    [InlineData("""{"tags": ["\ud800"]}""")]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("<html>")]
    [InlineData("")]
    public async Task Odd_lists_of_tags_are_read_or_refused_plainly(string body)
    {
        await using var server = await StartAsync((context, _) => context.SendAsync(200, body));
        using var client = Connect();

        try
        {
            (await client.ListTagsAsync(Repository(server), Token)).Should().BeSubsetOf(["1.0.0"]);
        }
        catch (PlatformException e)
        {
            e.Message.Should().Contain("no JSON");
        }
    }

    [Theory]
    [InlineData("""{"token": 1}""")]
    [InlineData("""{"token": "a\nb"}""")]
    [InlineData("""{"token": "abc", "expires_in": 1e300}""")]
    [InlineData("""{"errors": [1, "a", null]}""")]
    [InlineData("[]")]
    [InlineData("no JSON")]
    public async Task Odd_tokens_are_refused_plainly(string body)
    {
        await using var server = await StartAsync(
            (context, _) =>
            {
                if (context.Request.Path == "/token")
                {
                    return context.SendAsync(200, body);
                }

                context.Response.Headers.WWWAuthenticate =
                    $"Bearer realm=\"http://{context.Request.Host}/token\",service=\"a\",service=\"b\"";
                return context.SendAsync(401, body);
            }
        );
        using var client = Connect();

        var act = () => client.ListTagsAsync(Repository(server), Token);

        await act.Should().ThrowAsync<PlatformException>();
    }

    [Fact]
    public async Task A_registry_that_hangs_or_is_away_is_told_of_in_time()
    {
        await using var hanging = await StartAsync((context, _) => context.HangAsync());
        using var client = Connect(new RegistryOptions { AnswerLimit = TimeSpan.FromMilliseconds(200) });
        var address = Repository(hanging);

        var slow = () => client.ListTagsAsync(address, Token);
        var away = () => client.ListTagsAsync(RepositoryName.Parse("localhost:1/team/a"), Token);

        (await slow.Should().ThrowAsync<PlatformException>()).Which.Kind.Should().Be(FailureKind.NotReadyInTime);
        await away.Should().ThrowAsync<PlatformException>().WithMessage("*localhost:1 cannot be reached*");
    }

    private static Task<ScriptedServer> StartAsync(Func<HttpContext, int, Task> answer) =>
        ScriptedServer.StartAsync(answer, knowsKinds: false);

    private static RepositoryName Repository(ScriptedServer server) =>
        RepositoryName.Parse($"{server.Connection.Server.Authority}/team/a");

    private static RegistryClient Connect(RegistryOptions? options = null) =>
        new(
            new ProgramRunner(TimeProvider.System),
            new FastTime(),
            (options ?? new RegistryOptions()) with
            {
                DockerFolder = "/nonexistent",
            }
        );
}
