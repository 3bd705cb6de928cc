namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>Finds the pods of a workload's latest revision: those of an older one must not be blamed on it.</summary>
internal static class WorkloadPods
{
    private const string DeploymentRevision = "deployment.kubernetes.io/revision";
    private const string PodRevision = "controller-revision-hash";

    public static IReadOnlyList<ObservedObject> Of(JsonObject workload, ReadinessBoard board)
    {
        ObservedObject[] owned = [.. board.OwnedBy(workload.Uid())];
        IEnumerable<ObservedObject> pods = owned.Where(IsPod);
        switch (workload.Text("kind"))
        {
            case "Pod":
                return board.Find(ObjectKey.Of(ObjectReference.Of(workload))) is { } self ? [self] : [];
            case "Deployment":
                string? revision = workload.Annotation(DeploymentRevision);
                IEnumerable<ObservedObject> sets = owned.Where(item =>
                    item.Item.Text("kind") == "ReplicaSet"
                    && (revision is null || item.Item.Annotation(DeploymentRevision) == revision)
                );
                return [.. pods, .. sets.SelectMany(set => board.OwnedBy(set.Item.Uid())).Where(IsPod)];
            case "StatefulSet" when workload.Child("status").Text("updateRevision") is { Length: > 0 } update:
                return [.. pods.Where(pod => pod.Item.Label(PodRevision) is not { } hash || hash == update)];
            case "DaemonSet":
                string? newest = pods.OrderBy(
                        pod => pod.Item.Metadata().Text("creationTimestamp"),
                        StringComparer.Ordinal
                    )
                    .LastOrDefault()
                    ?.Item.Label(PodRevision);
                return [.. pods.Where(pod => pod.Item.Label(PodRevision) == newest)];
            default:
                return [.. pods];
        }
    }

    private static bool IsPod(ObservedObject item) => item.Item.Text("kind") == "Pod" && !item.Item.IsTerminating();
}
