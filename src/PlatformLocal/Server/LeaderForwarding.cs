using Microsoft.AspNetCore.Http.Features;

namespace PlatformLocal.Server;

/// <summary>Hands requests over to the replica that leads: only that one knows how environments are.</summary>
/// <param name="election">Says who leads.</param>
/// <param name="token">What the replica that leads knows: another pod may have its old address.</param>
internal sealed class LeaderForwarding(LeaderElection election, string token) : IDisposable
{
    // A request that comes from another replica is not handed on: two that take each other for the leader would never stop.
    private const string ForwardedHeader = "X-Platform-Forwarded";

    private static readonly string[] HopByHop = ["Connection", "Host", "Transfer-Encoding", "Keep-Alive", "Upgrade"];

    private readonly HttpClient _http = new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            // The address of a pod that is gone answers nothing at all.
            ConnectTimeout = TimeSpan.FromSeconds(3),
            ConnectCallback = TokenProof.Connect(token),
        }
    )
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        if (election.IsLeader || !context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
        {
            await next(context);
            return;
        }

        if (election.Current is not { } leader || context.Request.Headers.ContainsKey(ForwardedHeader))
        {
            throw NoLeader(null);
        }

        using var request = Copy(context.Request, leader.Address);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, leader.Replaced);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
        }
        catch (Exception e)
            when (e is HttpRequestException or OperationCanceledException
                && !context.RequestAborted.IsCancellationRequested
            )
        {
            throw NoLeader(e);
        }

        using (response)
        {
            await CopyAsync(response, context, stop.Token);
        }
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Copy(HttpRequest from, Uri address)
    {
        var request = new HttpRequestMessage(
            new HttpMethod(from.Method),
            // As it was sent: it may be signed.
            new Uri(address, from.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget)
        );
        if (from.ContentLength > 0 || from.Headers.TransferEncoding.Count > 0)
        {
            request.Content = new StreamContent(from.Body);
            from.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        }

        foreach (var (name, values) in from.Headers)
        {
            if (
                !HopByHop.Contains(name, StringComparer.OrdinalIgnoreCase)
                && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values)
            )
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        request.Headers.Add(ForwardedHeader, "1");
        return request;
    }

    private static async Task CopyAsync(HttpResponseMessage from, HttpContext context, CancellationToken stop)
    {
        var response = context.Response;
        response.StatusCode = (int)from.StatusCode;
        foreach (var (name, values) in from.Headers.Concat(from.Content.Headers))
        {
            if (!HopByHop.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                response.Headers[name] = values.ToArray();
            }
        }

        // Events must arrive as they happen.
        await using var body = await from.Content.ReadAsStreamAsync(stop);
        var buffer = new byte[16 * 1024];
        int read;
        try
        {
            await response.StartAsync(context.RequestAborted);
            while ((read = await body.ReadAsync(buffer, stop)) > 0)
            {
                await response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
                await response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            context.Abort(); // the leader went in the middle: an answer cut off must not look whole
        }
    }

    private static PlatformException NoLeader(Exception? cause) =>
        new(
            FailureKind.NotReadyInTime,
            "No replica of the Platform API leads just now.",
            "Try again in a few seconds: another replica takes over.",
            cause
        );
}

/// <summary>Has requests answered by the replica that leads.</summary>
internal static class LeaderForwardingMiddleware
{
    /// <summary>Hands requests over to the leader; does nothing where there are no replicas.</summary>
    public static void UseLeaderForwarding(this WebApplication app)
    {
        if (app.Services.GetService<LeaderForwarding>() is { } forwarding)
        {
            app.Use(next => context => forwarding.AnswerAsync(context, next));
        }
    }
}
