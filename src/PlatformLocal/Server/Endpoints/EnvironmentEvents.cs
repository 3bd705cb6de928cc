using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using PlatformLocal.Server.Status;

namespace PlatformLocal.Server.Endpoints;

/// <summary>An environment as server-sent events.</summary>
internal static class EnvironmentEvents
{
    /// <summary>The environment now and after each change, with heartbeats between.</summary>
    public static IResult Of(
        EnvironmentFeed feed,
        string name,
        TimeProvider time,
        CancellationToken cancellationToken
    ) => new EventStream(ToEvents(feed, name, time, cancellationToken));

    // Listeners must be able to tell that nothing happens from that nobody is there any more.
    private static async IAsyncEnumerable<SseItem<EnvironmentDocument?>> ToEvents(
        EnvironmentFeed feed,
        string name,
        TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using var documents = feed.ListenAsync(name, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            var next = documents.MoveNextAsync().AsTask();
            while (!await EndsWithinAsync(next, PlatformApiClient.HeartbeatInterval, time))
            {
                yield return new SseItem<EnvironmentDocument?>(null, "heartbeat");
            }

            if (!await next)
            {
                yield break;
            }

            yield return new SseItem<EnvironmentDocument?>(documents.Current with { Claim = null }, "environment");
        }
    }

    private static async Task<bool> EndsWithinAsync(Task task, TimeSpan limit, TimeProvider time)
    {
        if (task.IsCompleted)
        {
            return true;
        }

        using var stop = new CancellationTokenSource();
        var first = await Task.WhenAny(task, Task.Delay(limit, time, stop.Token));
        await stop.CancelAsync();
        return first == task;
    }

    /// <summary>Writes server-sent events and flushes each.</summary>
    private sealed class EventStream(IAsyncEnumerable<SseItem<EnvironmentDocument?>> events) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-cache,no-store";
            await SseFormatter.WriteAsync(
                events,
                response.Body,
                static (item, writer) =>
                {
                    if (item.Data is null)
                    {
                        return;
                    }

                    using var json = new System.Text.Json.Utf8JsonWriter(writer);
                    System.Text.Json.JsonSerializer.Serialize(
                        json,
                        item.Data,
                        PlatformJson.Default.EnvironmentDocument
                    );
                },
                httpContext.RequestAborted
            );
        }
    }
}
