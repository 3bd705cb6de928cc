using PlatformLocal.Testing;
using static PlatformLocal.Testing.Answers;

namespace PlatformLocal.Kubernetes.Tests;

public sealed class ListFaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_are_read_until_there_are_no_more()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, count) =>
                context.SendAsync(200, count == 1 ? List("5", "next", Map("a", "1")) : List("5", "", Map("b", "2")))
        );
        using KubernetesClient client = server.Connect();

        ObjectList list = await client.ListAsync("v1", "ConfigMap", "shop", null, Token);

        list.Items.Select(item => item.Metadata().Text("name")).Should().Equal("a", "b");
        list.ResourceVersion.Should().Be("5");
        server
            .Requests.Should()
            .Equal(
                $"GET {ScriptedServer.MapsPath}?limit=500",
                $"GET {ScriptedServer.MapsPath}?limit=500&continue=next"
            );
    }

    [Fact]
    public async Task A_list_that_grew_too_old_between_two_pages_begins_again()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, count) =>
                count switch
                {
                    1 => context.SendAsync(200, List("5", "next", Map("old", "1"))),
                    2 => context.SendAsync(410, Status(410, "Expired", "too old")),
                    3 => context.SendAsync(200, List("9", "more", Map("a", "1"))),
                    _ => context.SendAsync(200, List("9", "", Map("b", "1"))),
                }
        );
        using KubernetesClient client = server.Connect();

        ObjectList list = await client.ListAsync("v1", "ConfigMap", "shop", null, Token);

        list.Items.Select(item => item.Metadata().Text("name")).Should().Equal("a", "b");
        list.ResourceVersion.Should().Be("9");
    }

    [Fact]
    public async Task A_list_that_always_grows_too_old_is_read_at_once_in_the_end()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) =>
                !context.Request.Query.ContainsKey("limit") ? context.SendAsync(200, List("9", "", Map("a", "1")))
                : context.Request.Query.ContainsKey("continue")
                    ? context.SendAsync(410, Status(410, "Expired", "too old"))
                : context.SendAsync(200, List("5", "next", Map("old", "1")))
        );
        using KubernetesClient client = server.Connect();

        ObjectList list = await client.ListAsync("v1", "ConfigMap", "shop", null, Token);

        list.Items.Should().ContainSingle();
    }

    [Fact]
    public async Task A_server_that_hands_out_the_same_page_for_ever_is_found_out()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) => context.SendAsync(200, List("5", "same", Map("a", "1")))
        );
        using KubernetesClient client = server.Connect();

        await client
            .Invoking(c => c.ListAsync("v1", "ConfigMap", "shop", null, Token))
            .Should()
            .ThrowAsync<KubernetesException>()
            .WithMessage("*again and again*");
    }

    [Theory]
    [InlineData("{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":null}")]
    [InlineData("{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"1\"}}")]
    [InlineData("{\"items\":{\"not\":\"a list\"}}")]
    public async Task A_list_without_items_is_empty(string body)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) => context.SendAsync(200, body)
        );
        using KubernetesClient client = server.Connect();

        (await client.ListAsync("v1", "ConfigMap", "shop", null, Token)).Items.Should().BeEmpty();
    }

    [Fact]
    public async Task Items_of_lists_know_their_kind()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) =>
                context.SendAsync(200, List("1", "", "{\"metadata\":{\"name\":\"a\",\"namespace\":\"shop\"}}"))
        );
        using KubernetesClient client = server.Connect();

        ObjectList list = await client.ListAsync("v1", "ConfigMap", "shop", null, Token);

        ObjectReference.Of(list.Items[0]).Should().Be(new ObjectReference("v1", "ConfigMap", "shop", "a"));
    }
}
