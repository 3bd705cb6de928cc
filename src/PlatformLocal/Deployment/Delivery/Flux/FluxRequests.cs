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

    /// <summary>How long a controller that runs may be busy with others.</summary>
    public static TimeSpan BusyPatience { get; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether a controller runs: then who hears nothing of it waits for its turn.</summary>
    public static async Task<bool> RunsAsync(
        KubernetesClient client,
        string controller,
        CancellationToken cancellationToken
    )
    {
        try
        {
            ObjectList found = await client.ListAsync(
                "apps/v1",
                "Deployment",
                null,
                new ListOptions { LabelSelector = $"app={controller}" },
                cancellationToken
            );
            return found.Items.Any(item => item.Child("status").Number("availableReplicas") > 0);
        }
        catch (KubernetesException)
        {
            return false; // whoever may not look is told that nothing is heard of it, and how to look
        }
    }

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
        TimeSpan patience = flux.Patience;
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
            bool isSilent = item.Child("status").Items("conditions").FirstOrDefault() is null;
            TimeSpan left = patience - options.TimeProvider.GetElapsedTime(began);
            if (
                left <= TimeSpan.Zero
                && isSilent
                && patience < BusyPatience
                && await RunsAsync(client, "source-controller", cancellationToken)
            )
            {
                patience = BusyPatience;
                continue;
            }
            if (now.Status == ReadinessStatus.Failed || left <= TimeSpan.Zero)
            {
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
