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
    ) => TypedResults.ServerSentEvents(ToEvents(feed, name, time, cancellationToken));

    // Listeners must be able to tell that nothing happens from that nobody is there any more.
    private static async IAsyncEnumerable<SseItem<string>> ToEvents(
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
                yield return new SseItem<string>("", "heartbeat");
            }

            if (!await next)
            {
                yield break;
            }

            var document = documents.Current with { Claim = null };
            yield return new SseItem<string>(
                JsonSerializer.Serialize(document, PlatformJson.Default.EnvironmentDocument),
                "environment"
            );
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
}
