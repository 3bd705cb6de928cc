using PlatformLocal.Deployment.Delivery.Flux;

namespace PlatformLocal.Platform.Clusters.Embedded.Flux;

/// <summary>What Flux's controllers write into the status of what they look at.</summary>
internal static class PlayedStatus
{
    /// <summary>What every message ends with: nobody shall take it for the real thing.</summary>
    public const string Played = " (played)";

    /// <summary>Annotation of a HelmRelease that is to fail: with what.</summary>
    public const string Failure = "platform.local/played-failure";

    /// <summary>Whether the latest change, and the latest request, were looked at.</summary>
    public static bool IsSeen(JsonObject item) =>
        item.Child("status").Number("observedGeneration") == item.Metadata().Number("generation")
        && item.Annotation(FluxKinds.RequestedAt) == item.Child("status").Text("lastHandledReconcileAt");

    /// <summary>The reason of the present state; <see langword="null"/> when there is none.</summary>
    public static string? ReasonOf(JsonObject item) => item.Condition("Ready").Text("reason");

    /// <summary>A status with the condition Ready.</summary>
    /// <param name="item">Whose.</param>
    /// <param name="isReady">Whether it is; <see langword="null"/> while it is worked at.</param>
    /// <param name="reason">In one word.</param>
    /// <param name="message">In a sentence.</param>
    /// <param name="time">Since when.</param>
    public static JsonObject Of(JsonObject item, bool? isReady, string reason, string message, DateTimeOffset time)
    {
        long generation = item.Metadata().Number("generation") ?? 1;
        string status = isReady switch
        {
            true => "True",
            false => "False",
            null => "Unknown",
        };
        var before = item.Condition("Ready");
        var since = before.Text("status") == status ? before.Text("lastTransitionTime") : null;
        var written = new JsonObject
        {
            ["conditions"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "Ready",
                    ["status"] = status,
                    ["reason"] = reason,
                    ["message"] = message + Played,
                    ["observedGeneration"] = generation,
                    ["lastTransitionTime"] = since ?? Format(time),
                }
            ),
        };
        if (isReady is not null)
        {
            written["observedGeneration"] = generation;
            written["lastHandledReconcileAt"] = item.Annotation(FluxKinds.RequestedAt);
        }

        return written;
    }

    /// <summary>Writes a status, unless it is as it was.</summary>
    public static async Task WriteAsync(
        KubernetesClient client,
        JsonObject item,
        JsonObject status,
        string controller,
        CancellationToken cancellationToken
    )
    {
        if (
            status.All(field =>
                field.Value is null
                    ? item.Child("status")?.ContainsKey(field.Key) != true
                    : JsonNode.DeepEquals(item.Child("status")?[field.Key], field.Value)
            )
        )
        {
            return;
        }

        try
        {
            await client.PatchAsync(
                ObjectReference.Of(item),
                PatchKind.Merge,
                new JsonObject { ["status"] = status.DeepClone() },
                new WriteOptions { Subresource = "status", FieldManager = controller },
                cancellationToken
            );
        }
        catch (KubernetesException gone) when (gone.IsNotFound)
        {
            // Whoever it was told of is not there any more.
        }
    }

    /// <summary>A time as Kubernetes writes it.</summary>
    public static string Format(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
