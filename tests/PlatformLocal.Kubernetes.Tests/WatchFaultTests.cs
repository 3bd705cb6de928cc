using PlatformLocal.Testing;
using static PlatformLocal.Testing.Answers;

namespace PlatformLocal.Kubernetes.Tests;

public sealed class WatchFaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_watch_tells_what_there_is_then_that_it_is_complete_then_changes()
    {
        await using ScriptedServer server = await ServerAsync(
            List("5", "", Map("a", "1")),
            Event("ADDED", Map("b", "6")) + Event("MODIFIED", Map("a", "7")) + Event("DELETED", Map("b", "8"))
        );

        string[] told = await CollectAsync(server, 5);

        told.Should().Equal("Added a@1", "Synced @5", "Added b@6", "Modified a@7", "Deleted b@8");
    }

    [Fact]
    public async Task A_cut_connection_goes_on_where_it_was_without_telling_twice()
    {
        var wasRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            async (context, count) =>
            {
                switch (count)
                {
                    case 1:
                        await context.SendAsync(200, List("5", "", Map("a", "1")));
                        break;
                    case 2:
                        await context.StreamAsync(Event("MODIFIED", Map("a", "6")));
                        await wasRead.Task;
                        context.Abort();
                        break;
                    default:
                        await context.StreamAsync(Event("MODIFIED", Map("a", "6")) + Event("MODIFIED", Map("a", "7")));
                        await context.HangAsync();
                        break;
                }
            }
        );
        using KubernetesClient client = server.Connect();
        var told = new List<string>();

        await foreach (WatchEvent change in client.WatchAsync("v1", "ConfigMap", "shop", null, Token))
        {
            told.Add($"{change.Kind} {change.Item.ResourceVersion()}");
            if (told.Count == 3)
            {
                wasRead.SetResult();
            }
            if (told.Count == 4)
            {
                break;
            }
        }

        told.Should().Equal("Added 1", "Synced 5", "Modified 6", "Modified 7");
        server.Requests[2].Should().Contain("resourceVersion=6");
    }

    [Theory]
    [InlineData("{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resour")]
    [InlineData("{\"type\":\"MODIFIED\",\"object\":{\"metadata\":CUT")]
    [InlineData("this is not json\n")]
    [InlineData("null\n")]
    [InlineData("\n")]
    public async Task Half_a_line_is_not_an_event(string garbage)
    {
        await using ScriptedServer server = await ServerAsync(
            List("5", "", Map("a", "1")),
            garbage,
            Event("MODIFIED", Map("a", "6"))
        );

        string[] told = await CollectAsync(server, 3);

        told.Should().Equal("Added a@1", "Synced @5", "Modified a@6");
        server.Requests[2].Should().Contain("resourceVersion=5");
    }

    [Fact]
    public async Task A_state_the_server_forgot_is_made_up_for_by_a_new_list()
    {
        await using ScriptedServer server = await ServerAsync(
            List("5", "", Map("a", "1"), Map("b", "2"), Map("same", "3")),
            Event("ERROR", Status(410, "Expired", "too old resource version: 5 (9)")),
            List("20", "", Map("a", "12"), Map("c", "13"), Map("same", "3")),
            Event("MODIFIED", Map("c", "21"))
        );

        string[] told = await CollectAsync(server, 9);

        told.Should()
            .Equal(
                "Added a@1",
                "Added b@2",
                "Added same@3",
                "Synced @5",
                "Modified a@12",
                "Added c@13",
                "Deleted b@2",
                "Synced @20",
                "Modified c@21"
            );
        server.Requests[3].Should().Contain("resourceVersion=20");
    }

    [Fact]
    public async Task A_watch_that_is_refused_as_gone_lists_anew()
    {
        await using ScriptedServer server = await ServerAsync(
            "410",
            List("9", "", Map("a", "1")),
            Event("MODIFIED", Map("a", "10"))
        );
        using KubernetesClient client = server.Connect();

        string[] told = await CollectAsync(client, 3, new WatchOptions { ResourceVersion = "2" });

        told.Should().Equal("Added a@1", "Synced @9", "Modified a@10");
    }

    [Fact]
    public async Task Bookmarks_move_the_watch_on()
    {
        await using ScriptedServer server = await ServerAsync(
            List("5", ""),
            Event("BOOKMARK", Map("", "50")),
            Event("ADDED", Map("a", "51"))
        );

        string[] told = await CollectAsync(server, 2);

        told.Should().Equal("Synced @5", "Added a@51");
        server.Requests[2].Should().Contain("resourceVersion=50");
    }

    [Fact]
    public async Task A_line_longer_than_any_buffer_is_read()
    {
        string large = new('x', 300_000);
        await using ScriptedServer server = await ServerAsync(List("5", ""), Event("ADDED", Map("a", "6", large)));
        using KubernetesClient client = server.Connect();

        await foreach (WatchEvent told in client.WatchAsync("v1", "ConfigMap", "shop", null, Token))
        {
            if (told.Kind == WatchEventKind.Added)
            {
                told.Item.Child("data").Text("v").Should().HaveLength(300_000);
                return;
            }
        }
    }

    [Fact]
    public async Task A_server_that_stays_away_ends_the_watch_with_a_failure()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, count) =>
                count == 1
                    ? context.SendAsync(200, List("5", ""))
                    : context.SendAsync(503, Status(503, "ServiceUnavailable", "down"))
        );
        using KubernetesClient client = server.Connect(
            new KubernetesClientOptions
            {
                TimeProvider = new FastTime(1000),
                RequestTimeout = TimeSpan.FromHours(3),
                Retries = 0,
            }
        );

        Func<Task> watch = () => CollectAsync(client, 2, null);

        (await watch.Should().ThrowAsync<KubernetesException>()).Which.Code.Should().Be(503);
    }

    [Fact]
    public async Task A_watch_that_is_forbidden_fails_at_once()
    {
        await using ScriptedServer server = await ServerAsync(List("5", ""), "403");

        Func<Task> watch = () => CollectAsync(server, 2);

        (await watch.Should().ThrowAsync<KubernetesException>()).Which.IsForbidden.Should().BeTrue();
    }

    [Fact]
    public async Task A_server_that_ends_every_watch_at_once_is_not_asked_in_a_tight_loop()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, count) => context.SendAsync(200, count == 1 ? List("5", "") : "")
        );
        using KubernetesClient client = server.Connect(new KubernetesClientOptions());
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        end.CancelAfter(TimeSpan.FromMilliseconds(700));

        Func<Task> watch = async () =>
        {
            await foreach (WatchEvent _ in client.WatchAsync("v1", "ConfigMap", "shop", null, end.Token)) { }
        };

        await watch.Should().ThrowAsync<OperationCanceledException>();
        server.Requests.Count.Should().BeLessThan(8);
    }

    /// <summary>A server that gives the answers one after the other; the last connection stays open.</summary>
    private static Task<ScriptedServer> ServerAsync(params string[] answers) =>
        ScriptedServer.StartAsync(
            async (context, count) =>
            {
                string answer = count <= answers.Length ? answers[count - 1] : "";
                if (int.TryParse(answer, out int code))
                {
                    await context.SendAsync(code, Status(code, code == 410 ? "Expired" : "Forbidden", "no"));
                    return;
                }
                await context.StreamAsync(answer.Replace("CUT", "", StringComparison.Ordinal));
                if (answer.Contains("CUT", StringComparison.Ordinal))
                {
                    context.Abort();
                }
                if (count >= answers.Length)
                {
                    await context.HangAsync();
                }
            }
        );

    private static async Task<string[]> CollectAsync(ScriptedServer server, int count)
    {
        using KubernetesClient client = server.Connect();
        return await CollectAsync(client, count, null);
    }

    private static async Task<string[]> CollectAsync(KubernetesClient client, int count, WatchOptions? options)
    {
        var told = new List<string>();
        await foreach (WatchEvent change in client.WatchAsync("v1", "ConfigMap", "shop", options, Token))
        {
            told.Add($"{change.Kind} {change.Item.Metadata().Text("name")}@{change.Item.ResourceVersion()}");
            if (told.Count == count)
            {
                break;
            }
        }
        return [.. told];
    }
}
