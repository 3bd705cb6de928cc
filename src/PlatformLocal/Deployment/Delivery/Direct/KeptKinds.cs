namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>What a delivery leaves in the cluster although nobody delivers it any more.</summary>
internal static class KeptKinds
{
    /// <summary>Kinds that a delivery never prunes by itself: they hold data or serve others.</summary>
    public static bool Has(string group, string kind) =>
        (group, kind)
            is
                ("", "Namespace" or "PersistentVolume" or "PersistentVolumeClaim")
                or
                ("apiextensions.k8s.io", "CustomResourceDefinition");
}
