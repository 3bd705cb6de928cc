using PlatformLocal.Deployment.Delivery.Direct;
using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Flux;

/// <summary>Asks Flux's controllers to look now, and says what to do when they do not.</summary>
internal static class FluxRequests
{
    /// <summary>Asks for a reconciliation.</summary>
    public static Task AskAsync(
        KubernetesClient client,
        ObjectReference reference,
        string request,
        WriteOptions write,
        CancellationToken cancellationToken
    ) =>
        client.PatchAsync(
            reference,
            PatchKind.Merge,
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["annotations"] = new JsonObject { [FluxKinds.RequestedAt] = request },
                },
            },
            write with
            {
                Force = false,
            },
            cancellationToken
        );

    /// <summary>What is wrong when a controller takes note of nothing.</summary>
    public static string Silence(string controller) =>
        $"Flux does not answer: its {controller} takes note of nothing. See whether it runs: "
        + ShellCommand.Kubectl(null, "get", "pods", "--all-namespaces", "--selector", $"app={controller}");

    /// <summary>The command that has Flux look again at what somebody suspended.</summary>
    public static string Resume(ObjectReference reference) =>
        $"Resume it, and deliver again: {reference.Kubectl("patch", "--type=merge", "--patch={\"spec\":{\"suspend\":false}}")}";

    /// <summary>Waits until the source has the build.</summary>
    /// <exception cref="PlatformException">It cannot have it, or its controller does not answer.</exception>
    public static async Task AwaitSourceAsync(
        KubernetesClient client,
        DirectDeliveryOptions options,
        FluxDeliveryOptions flux,
        ReadinessBoard board,
        ObjectReference source,
        string digest,
        Action<IReadOnlyList<CauseDocument>> onWait,
        CancellationToken cancellationToken
    )
    {
        long began = options.TimeProvider.GetTimestamp();
        await board.WatchAsync(source.ApiVersion, source.Kind, source.Namespace, true, cancellationToken);
        bool isAsked = false;
        while (true)
        {
            Task changed = board.Changed;
            board.ThrowIfBlind();
            JsonObject item = board.Find(ObjectKey.Of(source)) is { IsDeleted: false } shown ? shown.Item : [];
            ObjectReadiness now = KustomizationRules.OfSource(item, digest);
            if (now.IsCurrent)
            {
                return;
            }
            TimeSpan left = flux.Patience - options.TimeProvider.GetElapsedTime(began);
            if (now.Status == ReadinessStatus.Failed || left <= TimeSpan.Zero)
            {
                bool isSilent = item.Child("status").Items("conditions").FirstOrDefault() is null;
                throw new PlatformException(
                    now.Status == ReadinessStatus.Failed ? FailureKind.Failed : FailureKind.NotReadyInTime,
                    isSilent ? Silence("source-controller") : $"{source}: {now.Message}",
                    KustomizationRules.IsSuspended(item) ? Resume(source) : source.Kubectl("describe")
                );
            }
            if (!isAsked)
            {
                isAsked = true; // one that failed before looks again only after a while
                string request = options.TimeProvider.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
                await AskAsync(client, source, request, options.Write, cancellationToken);
            }
            onWait([new CauseDocument($"{source.Kind} {source.Name}", "Fetching", now.Message)]);
            using var nap = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(changed, Task.Delay(left, options.TimeProvider, nap.Token));
            await nap.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
