using System.Net.Http.Headers;
using EmbeddedKubernetes;
using Microsoft.AspNetCore.Http;
using PlatformLocal.Kubernetes;

namespace PlatformLocal.Testing;

/// <summary>Stands before an embedded cluster and keeps some of what its watches tell for itself, as a slow connection does.</summary>
public sealed class LateServer : IAsyncDisposable
{
    private readonly TaskCompletionSource _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpClient _behind;
    private ScriptedServer? _server;
    private int _heldBack;

    private LateServer(HttpClient behind) => _behind = behind;

    /// <summary>Completes when such a watch has begun.</summary>
    public Task Watched => _watched.Task;

    /// <summary>How many changes were kept back.</summary>
    public int HeldBack => Volatile.Read(ref _heldBack);

    /// <summary>Keeps back changes of watches whose path ends in a text when they contain another.</summary>
    public static async Task<LateServer> StartAsync(EmbeddedCluster cluster, string path, string content)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        var behind = new HttpClient(handler) { BaseAddress = cluster.Server, Timeout = Timeout.InfiniteTimeSpan };
        behind.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", cluster.Token);
        var server = new LateServer(behind);
        server._server = await ScriptedServer.StartAsync(
            (context, _) => server.ForwardAsync(context, path, content),
            knowsKinds: false
        );
        return server;
    }

    public KubernetesClient Connect() => _server!.Connect(new KubernetesClientOptions());

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _behind.Dispose();
    }

    private async Task ForwardAsync(HttpContext context, string path, string content)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method),
            $"{context.Request.Path}{context.Request.QueryString}"
        );
        if (context.Request.ContentType is { } type)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }
        using HttpResponseMessage answer = await _behind.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            context.RequestAborted
        );
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        await using Stream body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        bool isWatch = context.Request.Query.ContainsKey("watch");
        if (!isWatch || !context.Request.Path.Value!.EndsWith(path, StringComparison.Ordinal))
        {
            await context.Response.StartAsync(context.RequestAborted);
            await CopyAsync(body, context);
            return;
        }
        _watched.TrySetResult();
        using var lines = new StreamReader(body);
        while (await lines.ReadLineAsync(context.RequestAborted) is { } line)
        {
            if (line.Contains(content, StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _heldBack);
            }
            else
            {
                await context.StreamAsync(line + "\n");
            }
        }
    }

    private static async Task CopyAsync(Stream body, HttpContext context)
    {
        byte[] buffer = new byte[16384];
        while (await body.ReadAsync(buffer, context.RequestAborted) is > 0 and int count)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, count), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
