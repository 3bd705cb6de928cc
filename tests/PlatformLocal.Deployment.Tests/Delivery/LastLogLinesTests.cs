using EmbeddedKubernetes;
using Microsoft.AspNetCore.Http;
using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Deliveries;

namespace PlatformLocal.Deployment.Tests.Delivery;

/// <summary>What containers say is shown on terminals and kept in documents.</summary>
public sealed class LastLogLinesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_last_line_is_shown_without_secrets_and_commands_to_the_terminal()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) =>
                context.Response.WriteAsync(
                    "starting\n\u001b[31mcannot log in with pa55word-1 or c2VjcmV0\u001b[0m\u0007\u202e and more \n\n"
                )
        );
        using KubernetesClient client = server.Connect();
        LastLogLines lines = LinesOf(
            client,
            """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"stringData":{"a":"pa55word-1","b":"in"}}""",
            """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"t"},"data":{"a":"YzJWamNtVjA="}}"""
        );

        string? line = await lines.ReadAsync("shop", "web-1", "app", isPrevious: true, Token);

        line.Should().Be("cannot log in with *** or *** and more", "a word of two letters is no secret");
        server
            .Requests.Should()
            .Equal("GET /api/v1/namespaces/shop/pods/web-1/log?container=app&previous=true&tailLines=5");
    }

    [Fact]
    public async Task A_long_line_is_cut_and_a_log_that_cannot_be_read_is_none()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, count) =>
                count == 1
                    ? context.Response.WriteAsync(new string('x', 100_000))
                    : context.SendAsync(404, """{"kind":"Status","status":"Failure","code":404}""")
        );
        using KubernetesClient client = server.Connect();
        LastLogLines lines = LinesOf(client);

        (await lines.ReadAsync("shop", "web-1", "app", isPrevious: false, Token)).Should().HaveLength(301);
        (await lines.ReadAsync("shop", "web-1", "app", isPrevious: false, Token)).Should().BeNull();
    }

    [Theory]
    [InlineData("one\nfailed to try resolving symlinks in path \"/var/log/pods/x/2.log\": no such file\n", "one")]
    [InlineData("failed to open log file \"/var/log/pods/x/2.log\": no such file\n", null)]
    [InlineData("unable to retrieve container logs for containerd://0123", null)]
    public async Task What_the_kubelet_says_of_a_log_that_is_gone_is_no_line_of_it(string log, string? line)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) => context.SendAsync(200, log)
        );
        using KubernetesClient client = server.Connect();

        string? last = await LinesOf(client).ReadAsync("shop", "web-1", "app", isPrevious: false, Token);

        last.Should().Be(line);
    }

    [Fact]
    public async Task That_nothing_runs_on_the_embedded_cluster_is_not_what_a_container_says()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(
            new EmbeddedClusterOptions { PodStartDelay = TimeSpan.Zero },
            Token
        );
        using var client = KubernetesClient.FromKubeconfig(cluster.KubeconfigPath);
        await client.CreateAsync(
            Yamlish(
                """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"default"},"spec":{"containers":[{"name":"app","image":"x:fail-start"}]}}"""
            ),
            null,
            Token
        );
        var written = await client.ReadLogsAsync("default", "a", new LogOptions { Container = "app" }, Token);

        string? line = await LinesOf(client).ReadAsync("default", "a", "app", isPrevious: false, Token);

        written.Should().NotBeEmpty("whoever asks for the log hears why there is none");
        line.Should().BeNull();
    }

    private static LastLogLines LinesOf(KubernetesClient client, params string[] secrets)
    {
        DesiredObject[] objects =
        [
            .. secrets
                .Select(Yamlish)
                .Select(item => new DesiredObject("web", ObjectReference.Of(item), item, Wave.Configuration)),
        ];
        var kinds = new Dictionary<(string, string), string>();
        return new LastLogLines(
            client,
            new DirectDeliveryOptions(),
            new DesiredState(Request("shop"), [], objects, kinds)
        );
    }
}
