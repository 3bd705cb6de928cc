using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Kubernetes.Configuration;
using PlatformLocal.Testing;
using static PlatformLocal.Testing.Answers;

namespace PlatformLocal.Kubernetes.Tests;

public sealed class RequestFaultTests
{
    private static readonly ObjectReference s_map = new("v1", "ConfigMap", "shop", "a");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Too_many_requests_are_repeated_after_the_time_the_server_asks_for()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            async (context, count) =>
            {
                context.Response.Headers.RetryAfter = "7";
                await context.SendAsync(count == 1 ? 429 : 201, Map("a", "1"));
            }
        );
        var time = new FastTime();
        using KubernetesClient client = server.Connect(new KubernetesClientOptions { TimeProvider = time });
        long began = time.GetTimestamp();

        JsonObject made = await client.CreateAsync((JsonObject)JsonNode.Parse(Map("a", ""))!, null, Token);

        made.Metadata().Text("name").Should().Be("a");
        server.Requests.Should().HaveCount(2, "creating is repeated because the server did not begin");
        time.GetElapsedTime(began).Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task A_server_that_asks_for_an_hour_is_not_waited_for()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            async (context, _) =>
            {
                context.Response.Headers.RetryAfter = "3600";
                await context.SendAsync(429, Status(429, "TooManyRequests", "slow down"));
            }
        );
        using KubernetesClient client = server.Connect();

        KubernetesException fault = (
            await client.Invoking(c => c.GetAsync(s_map, Token)).Should().ThrowAsync<KubernetesException>()
        ).Which;

        fault.Code.Should().Be(429);
        server.Requests.Should().ContainSingle();
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    public async Task A_server_error_is_repeated_for_reads_and_server_side_apply(int status)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, count) => context.SendAsync(count % 2 == 1 ? status : 200, Map("a", "1"))
        );
        using KubernetesClient client = server.Connect();

        await client.GetAsync(s_map, Token);
        await client.ApplyAsync((JsonObject)JsonNode.Parse(Map("a", ""))!, null, Token);

        server.Requests.Select(request => request.Split(' ')[0]).Should().Equal("GET", "GET", "PATCH", "PATCH");
    }

    [Theory]
    [InlineData(
        "failed to create typed patch object (shop/a; /v1, Kind=ConfigMap): .data.PORT: expected string, got &value.valueUnstructured{Value:8080}",
        ".data.PORT"
    )]
    [InlineData(
        "failed to create typed patch object (shop/a; apps/v1, Kind=Deployment): errors:\n  .spec.replica: field not declared in schema\n  .spec.template.spec.containers[name=\"web\"].livnessProbe: field not declared in schema",
        ".spec.replica, .spec.template.spec.containers[name=\"web\"].livnessProbe"
    )]
    public async Task What_does_not_fit_the_schema_is_the_manifests_fault_although_servers_say_500(
        string message,
        string fields
    )
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) =>
                context.SendAsync(
                    500,
                    new JsonObject
                    {
                        ["kind"] = "Status",
                        ["apiVersion"] = "v1",
                        ["message"] = message,
                        ["code"] = 500,
                    }.ToJsonString()
                )
        );
        using KubernetesClient client = server.Connect();

        var fault = (
            await client
                .Invoking(c => c.ApplyAsync((JsonObject)JsonNode.Parse(Map("a", ""))!, null, Token))
                .Should()
                .ThrowAsync<KubernetesException>()
        ).Which;

        fault.Kind.Should().Be(FailureKind.InvalidInput);
        fault.IsInvalid.Should().BeTrue();
        fault.NextStep.Should().Be($"Correct {fields} in the manifest.");
    }

    [Fact]
    public async Task A_server_error_while_creating_is_not_repeated()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) => context.SendAsync(500, Status(500, "InternalError", "etcdserver: request timed out"))
        );
        using KubernetesClient client = server.Connect();

        await client
            .Invoking(c => c.CreateAsync((JsonObject)JsonNode.Parse(Map("a", ""))!, null, Token))
            .Should()
            .ThrowAsync<KubernetesException>()
            .WithMessage("*create ConfigMap shop/a*request timed out.");

        server.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task A_cut_connection_is_repeated_for_reads_only()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            async (context, count) =>
            {
                if (count == 2)
                {
                    await context.SendAsync(200, Map("a", "1"));
                    return;
                }
                context.Response.ContentLength = 1000;
                await context.StreamAsync("{\"half");
                context.Abort();
            }
        );
        using KubernetesClient client = server.Connect();

        JsonObject read = await client.GetAsync(s_map, Token);
        Func<Task> create = () => client.CreateAsync((JsonObject)JsonNode.Parse(Map("a", ""))!, null, Token);

        read.Should().NotBeNull();
        (await create.Should().ThrowAsync<KubernetesException>()).Which.IsUnreachable.Should().BeTrue();
        server.Requests.Should().HaveCount(3);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>Bad gateway</html>")]
    [InlineData("{\"kind\":\"Status\",")]
    [InlineData("[]")]
    [InlineData("{\"kind\":\"Status\",\"code\":\"x\",\"details\":[],\"message\":{}}")]
    public async Task A_refusal_that_is_no_status_is_told_with_its_code(string body)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) => context.SendAsync(403, body)
        );
        using KubernetesClient client = server.Connect();

        KubernetesException fault = (
            await client.Invoking(c => c.GetAsync(s_map, Token)).Should().ThrowAsync<KubernetesException>()
        ).Which;

        fault.Code.Should().Be(403);
        fault.IsForbidden.Should().BeTrue();
        fault.Kind.Should().Be(FailureKind.NotAllowed);
        fault.Message.Should().StartWith("The cluster refused to read ConfigMap shop/a: ");
    }

    [Theory]
    [InlineData("<html>Welcome to the proxy</html>")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":")]
    public async Task An_answer_that_is_not_json_is_told_and_not_thrown_about(string body)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) => context.SendAsync(200, body)
        );
        using KubernetesClient client = server.Connect();

        await client
            .Invoking(c => c.GetAsync(s_map, Token))
            .Should()
            .ThrowAsync<KubernetesException>()
            .WithMessage("*the answer is not JSON*");
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_after_the_timeout()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            async (context, _) =>
            {
                await context.HangAsync();
            }
        );
        var options = new KubernetesClientOptions { RequestTimeout = TimeSpan.FromMilliseconds(100), Retries = 1 };
        using KubernetesClient client = server.Connect(options);

        await client
            .Invoking(c => c.GetAsync(s_map, Token))
            .Should()
            .ThrowAsync<KubernetesException>()
            .WithMessage("*cannot be reached: no answer within 0.1 s.");
        server.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_cluster_that_is_not_running_is_told_at_once()
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        using var client = new KubernetesClient(
            new ClusterConnection { Server = new Uri($"https://127.0.0.1:{port}"), Context = "kind-shop" }
        );

        KubernetesException fault = (
            await client.Invoking(c => c.GetVersionAsync(Token)).Should().ThrowAsync<KubernetesException>()
        ).Which;

        fault.Message.Should().Contain($"127.0.0.1:{port}").And.Contain("refused");
        fault.NextStep.Should().Be("Check that the cluster is running: kubectl cluster-info --context kind-shop");
    }

    [Fact]
    public async Task A_plain_server_behind_https_is_called_untrusted_and_not_asked_again()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            (context, _) => context.SendAsync(200, "{}")
        );
        var secure = new UriBuilder(server.Connection.Server) { Scheme = "https" };
        using var client = new KubernetesClient(new ClusterConnection { Server = secure.Uri });

        KubernetesException fault = (
            await client.Invoking(c => c.GetVersionAsync(Token)).Should().ThrowAsync<KubernetesException>()
        ).Which;

        fault.Reason.Should().Be("Untrusted");
    }

    [Fact]
    public async Task Cancelling_ends_a_wait_between_two_attempts()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            async (context, _) =>
            {
                context.Response.Headers.RetryAfter = "50";
                await context.SendAsync(429, "");
            }
        );
        using KubernetesClient client = server.Connect(new KubernetesClientOptions());
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        cancel.CancelAfter(TimeSpan.FromMilliseconds(100));

        await client.Invoking(c => c.GetAsync(s_map, cancel.Token)).Should().ThrowAsync<OperationCanceledException>();
    }
}
