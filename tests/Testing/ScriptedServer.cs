using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using PlatformLocal.Kubernetes;
using PlatformLocal.Kubernetes.Configuration;

namespace PlatformLocal.Testing;

/// <summary>An API server on a loopback port that answers, and misbehaves, as a test says. It knows v1 ConfigMaps and Pods.</summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _requests = new();

    private ScriptedServer(WebApplication app) => _app = app;

    public const string MapsPath = "/api/v1/namespaces/shop/configmaps";

    /// <summary>Method, path and query of every request but those for discovery.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public ClusterConnection Connection => new() { Server = new Uri(_app.Urls.Single()) };

    public static async Task<ScriptedServer> StartAsync(Func<HttpContext, int, Task> answer, bool knowsKinds = true)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            });
        WebApplication app = builder.Build();
        var server = new ScriptedServer(app);
        int count = 0;
        app.Run(async context =>
        {
            string path = context.Request.Path.Value ?? "";
            if (knowsKinds && path is "/api" or "/api/v1" or "/apis")
            {
                await context.SendAsync(200, path == "/api/v1" ? Resources : Versions(path));
                return;
            }
            server._requests.Enqueue($"{context.Request.Method} {path}{context.Request.QueryString}");
            await answer(context, Interlocked.Increment(ref count));
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public KubernetesClient Connect(KubernetesClientOptions? options = null) =>
        new(Connection, options ?? new KubernetesClientOptions { TimeProvider = new FastTime() });

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static string Versions(string path) =>
        path == "/api" ? """{"kind":"APIVersions","versions":["v1"]}""" : """{"kind":"APIGroupList","groups":[]}""";

    private const string Resources = """
        {"kind":"APIResourceList","groupVersion":"v1","resources":[
          {"name":"configmaps","kind":"ConfigMap","namespaced":true,"verbs":["get","list","watch"],"shortNames":["cm"]},
          {"name":"pods","kind":"Pod","namespaced":true,"verbs":["get"]},
          {"name":"pods/log","kind":"Pod","namespaced":true,"verbs":["get"]}]}
        """;
}

public static class Answers
{
    public static async Task SendAsync(this HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body);
    }

    /// <summary>Writes a part of a body and makes sure that it is on its way.</summary>
    public static async Task StreamAsync(this HttpContext context, string text)
    {
        await context.Response.WriteAsync(text);
        await context.Response.Body.FlushAsync();
    }

    /// <summary>Says nothing more until the client gives up.</summary>
    public static async Task HangAsync(this HttpContext context)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (context.RequestAborted.Register(() => gone.TrySetResult()))
        {
            await gone.Task;
        }
    }

    public static string Map(string name, string version, string value = "") =>
        $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","namespace":"shop","resourceVersion":"{{{version}}}"},"data":{"v":"{{{value}}}"}}""";

    public static string Event(string type, string item) => $$"""{"type":"{{type}}","object":{{item}}}""" + "\n";

    public static string List(string version, string next, params string[] items) =>
        $$$"""{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"{{{version}}}","continue":"{{{next}}}"},"items":[{{{string.Join(',', items)}}}]}""";

    public static string Status(int code, string reason, string message) =>
        $$"""{"kind":"Status","apiVersion":"v1","status":"Failure","code":{{code}},"reason":"{{reason}}","message":"{{message}}"}""";
}

/// <summary>A clock on which every wait ends a hundred times earlier, so that tests of long waits are short.</summary>
public sealed class FastTime(double factor = 100) : TimeProvider
{
    private readonly long _began = System.GetTimestamp();
    private readonly DateTimeOffset _start = System.GetUtcNow();

    public override long GetTimestamp() => (long)((System.GetTimestamp() - _began) * factor);

    public override DateTimeOffset GetUtcNow() => _start + System.GetElapsedTime(_began) * factor;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(
            callback,
            state,
            dueTime < TimeSpan.Zero ? dueTime : dueTime / factor,
            period < TimeSpan.Zero ? period : period / factor
        );
}
