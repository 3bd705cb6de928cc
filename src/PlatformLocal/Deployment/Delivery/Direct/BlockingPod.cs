using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>
/// The pod that keeps an ordered StatefulSet from taking its new template: its controller replaces pods from the last to
/// the first and only as long as all are ready, so it waits for ever for one that an older template broke.
/// </summary>
/// <param name="Pod">The pod.</param>
/// <param name="Why">Why it is not ready.</param>
/// <param name="IsBroken">Whether it is not ready because of itself: what it runs, what it needs, where it may run.</param>
/// <remarks>https://github.com/kubernetes/kubernetes/issues/67250</remarks>
internal sealed record BlockingPod(ObservedObject Pod, string Why, bool IsBroken)
{
    /// <summary>The reason of a pod that is in the way.</summary>
    public const string Blocks = "OldPodBlocksUpdate";

    /// <summary>The reason of a pod that was in the way.</summary>
    public const string Deleted = "OldPodDeleted";

    private const string Revision = "controller-revision-hash";
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(30);

    public static bool IsCause(CauseDocument cause) => cause.Reason is Blocks or Deleted;

    /// <returns>The pod, or <see langword="null"/> when none of an older template is in the way.</returns>
    public static BlockingPod? Of(JsonObject set, ReadinessBoard board, DateTimeOffset now)
    {
        JsonObject? spec = set.Child("spec");
        JsonObject? strategy = spec.Child("updateStrategy");
        if (
            set.Text("kind") != "StatefulSet"
            || strategy.Text("type") == "OnDelete"
            || spec.Text("podManagementPolicy") == "Parallel"
            || set.Child("status").Number("observedGeneration") != set.Metadata().Number("generation")
            || set.Child("status").Text("updateRevision") is not { Length: > 0 } update
        )
        {
            return null;
        }
        // Pods below the partition are made from the older template again, whatever becomes of them.
        long from =
            (spec.Child("ordinals").Number("start") ?? 0) + (strategy.Child("rollingUpdate").Number("partition") ?? 0);
        ObservedObject? first = board
            .OwnedBy(set.Uid())
            .Where(item => item.Item.Text("kind") == "Pod" && !item.Readiness.IsCurrent)
            .OrderBy(item => OrdinalOf(item.Item))
            .FirstOrDefault();
        if (
            first is null
            || first.Item.IsTerminating()
            || first.Item.Label(Revision) == update
            || OrdinalOf(first.Item) < from
        )
        {
            return null;
        }
        (string why, bool isBroken) = Judge(first, now);
        return new BlockingPod(first, why, isBroken);
    }

    private static (string Why, bool IsBroken) Judge(ObservedObject pod, DateTimeOffset now)
    {
        if (pod.Troubles is [var trouble, ..])
        {
            return (trouble.ToString(), true);
        }
        JsonObject? scheduled = pod.Item.Condition("PodScheduled");
        if (scheduled.Text("status") == "False")
        {
            return (ReadinessRules.Describe(scheduled!), true);
        }
        JsonObject? ready = pod.Item.Condition("Ready");
        // A node that is away says nothing about its pods: they may still run, and others may rely on that.
        bool isKubeletsWord = ready.Text("status") == "False" && ready.Text("reason") == "ContainersNotReady";
        bool isStarting =
            !DateTimeOffset.TryParse(
                ready.Text("lastTransitionTime"),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out DateTimeOffset since
            )
            || now - since < s_startPatience;
        return (pod.Readiness.Message, isKubeletsWord && !isStarting);
    }

    private static int OrdinalOf(JsonObject pod)
    {
        string name = pod.Metadata().Text("name") ?? "";
        return int.TryParse(
            name[(name.LastIndexOf('-') + 1)..],
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out int ordinal
        )
            ? ordinal
            : int.MaxValue;
    }
}
