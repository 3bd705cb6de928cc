using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>An object as a watch told it last. Judged once, when it arrives, however many services look at it.</summary>
internal sealed class ObservedObject(JsonObject item, bool isDeleted)
{
    public JsonObject Item { get; } = item;

    public bool IsDeleted { get; } = isDeleted;

    public ObjectReadiness Readiness { get; } = ReadinessRules.Of(item);

    public IReadOnlyList<PodTrouble> Troubles { get; } = item.Text("kind") == "Pod" ? [.. PodTrouble.Of(item)] : [];

    /// <summary>Whether this is the state after another one, not an older one that arrived late.</summary>
    public bool IsAtLeast(JsonObject other) => CompareTo(other) >= 0;

    /// <summary>Whether another state of the same object is older than this one.</summary>
    public bool IsAfter(JsonObject other) => Item.Uid() == other.Uid() && CompareTo(other) > 0;

    private int CompareTo(JsonObject other)
    {
        // Resource versions of one object are numbers that grow (KEP-5504); a server with other ones is still right about generations.
        if (
            ulong.TryParse(Item.ResourceVersion(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong mine)
            && ulong.TryParse(other.ResourceVersion(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong its)
        )
        {
            return mine.CompareTo(its);
        }
        return (Item.Metadata().Number("generation") ?? 0).CompareTo(other.Metadata().Number("generation") ?? 0);
    }
}
