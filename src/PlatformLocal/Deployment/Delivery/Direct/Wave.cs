namespace PlatformLocal.Deployment.Delivery.Direct;

/// <summary>The order in which the objects of one service are applied.</summary>
internal enum Wave
{
    /// <summary>What other objects cannot exist without: namespaces and custom resource definitions.</summary>
    Foundation,

    /// <summary>What workloads read or run under.</summary>
    Configuration,

    /// <summary>Services, so that pods find their addresses in their environment variables.</summary>
    Service,

    /// <summary>What runs pods.</summary>
    Workload,

    /// <summary>What refers to workloads or is handled by them: autoscalers, routes, custom resources, webhooks.</summary>
    Rest,
}

/// <summary>What is known about kinds beforehand.</summary>
internal static class KnownKinds
{
    /// <summary>Kinds that are ready as soon as they exist: nobody needs to look at their status.</summary>
    public static bool IsPassive(string group, string kind) =>
        (group, kind)
            is
                ("", "ConfigMap" or "Secret" or "ServiceAccount" or "Service" or "LimitRange" or "ResourceQuota")
                or
                ("rbac.authorization.k8s.io", _)
                or
                ("networking.k8s.io", _)
                or
                ("scheduling.k8s.io", _)
                or
                ("storage.k8s.io", _)
                or
                ("autoscaling", "HorizontalPodAutoscaler")
                or
                ("policy", "PodDisruptionBudget");

    public static Wave WaveOf(string group, string kind) =>
        (group, kind) switch
        {
            ("", "Namespace") or ("apiextensions.k8s.io", "CustomResourceDefinition") => Wave.Foundation,
            (
                "",
                "ServiceAccount"
                    or "Secret"
                    or "ConfigMap"
                    or "PersistentVolume"
                    or "PersistentVolumeClaim"
                    or "ResourceQuota"
                    or "LimitRange"
            ) => Wave.Configuration,
            ("rbac.authorization.k8s.io" or "scheduling.k8s.io" or "storage.k8s.io" or "node.k8s.io", _) =>
                Wave.Configuration,
            ("networking.k8s.io", "NetworkPolicy" or "IngressClass") => Wave.Configuration,
            ("", "Service" or "Endpoints") => Wave.Service,
            ("apps" or "batch", _) => Wave.Workload,
            ("", "Pod" or "ReplicationController") => Wave.Workload,
            _ => Wave.Rest,
        };

    public static bool RunsPods(string group, string kind) =>
        (group, kind) is ("apps" or "batch", _) or ("", "Pod" or "ReplicationController");
}
