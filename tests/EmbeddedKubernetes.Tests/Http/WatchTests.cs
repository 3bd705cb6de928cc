using System.Text.Json.Nodes;
using EmbeddedKubernetes.Tests.Support;

namespace EmbeddedKubernetes.Tests.Http;

public sealed class WatchTests(SharedCluster shared)
{
    private static string ConfigMap(string name, string stage) =>
        $$"""{"metadata":{"name":"{{name}}","labels":{"stage":"{{stage}}"} } }""";

    private async Task<List<string>> ReadAsync(string path, int count, ApiClient? api = null)
    {
        var seen = new List<string>();
        using var response = await (api ?? shared.Api).Http.GetAsync(
            path,
            HttpCompletionOption.ResponseHeadersRead,
            ApiClient.Cancel
        );
        await using var stream = await response.Content.ReadAsStreamAsync(ApiClient.Cancel);
        using var reader = new StreamReader(stream);
        while (seen.Count < count && await reader.ReadLineAsync(ApiClient.Cancel) is { } line)
        {
            var change = JsonNode.Parse(line)!;
            seen.Add($"{change["type"]} {change["object"]!["metadata"]?["name"] ?? change["object"]!["reason"]}");
        }
        return seen;
    }

    [Fact]
    public async Task A_watch_with_a_selector_sees_objects_come_and_go()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/configmaps";
        var since = (await shared.Api.GetAsync(path)).Version;
        await shared.Api.PostAsync(path, ConfigMap("a", "on"));
        await shared.Api.PostAsync(path, ConfigMap("b", "off"));
        await shared.Api.PutAsync(path + "/a", ConfigMap("a", "off"));
        await shared.Api.PutAsync(path + "/b", ConfigMap("b", "on"));
        await shared.Api.DeleteAsync(path + "/b");
        var seen = await ReadAsync(
            $"{path}?watch=1&labelSelector=stage%3Don&resourceVersion={since}&timeoutSeconds=5",
            4
        );
        seen.Should().Equal("ADDED a", "DELETED a", "ADDED b", "DELETED b");
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("True", true)]
    [InlineData("TRUE", true)]
    [InlineData("t", true)]
    [InlineData("yes", true)]
    [InlineData("", true)]
    [InlineData("0", false)]
    [InlineData("false", false)]
    [InlineData("False", false)]
    public async Task A_watch_is_asked_for_in_any_spelling(string value, bool watched)
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/configmaps";
        await shared.Api.PostAsync(path, ConfigMap("a", "on"));
        using var response = await shared.Api.Http.GetAsync(
            $"{path}?watch={value}&timeoutSeconds=5",
            HttpCompletionOption.ResponseHeadersRead,
            ApiClient.Cancel
        );
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ApiClient.Cancel));
        var first = JsonNode.Parse((await reader.ReadLineAsync(ApiClient.Cancel))!)!;
        (first["type"]?.GetValue<string>() == "ADDED").Should().Be(watched);
    }

    [Fact]
    public async Task A_watch_from_before_the_start_is_told_to_begin_anew()
    {
        var folder = Directory.CreateTempSubdirectory("watch-state-");
        try
        {
            const string path = "/api/v1/namespaces/default/configmaps";
            var options = new EmbeddedClusterOptions { StateDirectory = folder.FullName };
            string? longAgo;
            await using (var cluster = await EmbeddedCluster.StartAsync(options, ApiClient.Cancel))
            {
                using var api = SharedCluster.ClientOf(cluster);
                longAgo = (await api.PostAsync(path, ConfigMap("first", "0"))).Version;
                await api.PostAsync(path, ConfigMap("second", "0"));
            }
            await using var again = await EmbeddedCluster.StartAsync(options, ApiClient.Cancel);
            using var client = SharedCluster.ClientOf(again);
            (await ReadAsync($"{path}?watch=1&resourceVersion={longAgo}&timeoutSeconds=5", 1, client))
                .Should()
                .Equal("ERROR Expired");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Bookmarks_go_on_where_nothing_changes_and_a_watch_of_one_namespace_hears_of_no_other()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(
            new() { TimeProvider = new HastyTime(TimeSpan.FromMinutes(1)) },
            ApiClient.Cancel
        );
        using var api = SharedCluster.ClientOf(cluster);
        await api.PostAsync("/api/v1/namespaces", """{"metadata":{"name":"loud"}}""");
        using var response = await api.Http.GetAsync(
            "/api/v1/namespaces/default/secrets?watch=1&allowWatchBookmarks=true",
            HttpCompletionOption.ResponseHeadersRead,
            ApiClient.Cancel
        );
        var other = await api.PostAsync("/api/v1/namespaces/loud/secrets", """{"metadata":{"name":"s"}}""");
        var version = long.Parse(other.Version!, System.Globalization.CultureInfo.InvariantCulture);

        await using var stream = await response.Content.ReadAsStreamAsync(ApiClient.Cancel);
        using var reader = new StreamReader(stream);
        long reached;
        do
        {
            var change = JsonNode.Parse((await reader.ReadLineAsync(ApiClient.Cancel))!)!;
            change["type"]!.GetValue<string>().Should().Be("BOOKMARK");
            reached = long.Parse(
                change["object"]!["metadata"]!["resourceVersion"]!.GetValue<string>(),
                System.Globalization.CultureInfo.InvariantCulture
            );
        } while (reached < version);
    }

    [Fact]
    public async Task Initial_events_end_with_a_bookmark()
    {
        var ns = await shared.NewNamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/secrets";
        await shared.Api.PostAsync(path, """{"metadata":{"name":"s"}}""");
        var seen = await ReadAsync(
            $"{path}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=5",
            2
        );
        seen.Should().Equal("ADDED s", "BOOKMARK ");
    }

    [Fact]
    public async Task Watches_end_when_the_cluster_is_disposed_and_disposing_is_quick()
    {
        var cluster = await EmbeddedCluster.StartAsync(cancellationToken: ApiClient.Cancel);
        using var api = SharedCluster.ClientOf(cluster);
        var folder = Path.GetDirectoryName(cluster.KubeconfigPath)!;
        using var response = await api.Http.GetAsync(
            "/api/v1/pods?watch=1",
            HttpCompletionOption.ResponseHeadersRead,
            ApiClient.Cancel
        );
        await using var stream = await response.Content.ReadAsStreamAsync(ApiClient.Cancel);
        var rest = new StreamReader(stream).ReadToEndAsync(ApiClient.Cancel);
        var started = TimeProvider.System.GetTimestamp();
        await cluster.DisposeAsync();
        TimeProvider.System.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(2));
        (await rest).Should().BeEmpty();
        Directory.Exists(folder).Should().BeFalse("no temporary file may stay");
    }
}
