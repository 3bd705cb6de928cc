using EmbeddedKubernetes.Schemas;

namespace EmbeddedKubernetes.Resources;

/// <summary>The kinds every Kubernetes has.</summary>
internal static class BuiltInResources
{
    private static readonly ScalePaths s_replicas = new(".spec.replicas", ".status.replicas", ".status.selector");

    public static IEnumerable<ResourceType> All()
    {
        const string core = "";
        yield return Define(core, "v1", "Namespace", "namespaces", "ns", namespaced: false, status: true);
        yield return Define(core, "v1", "Pod", "pods", "po", status: true, generation: true, all: true);
        yield return Define(core, "v1", "Service", "services", "svc", status: true, all: true);
        yield return Define(core, "v1", "Endpoints", "endpoints", "ep");
        yield return Define(core, "v1", "ConfigMap", "configmaps", "cm");
        yield return Define(core, "v1", "Secret", "secrets");
        yield return Define(core, "v1", "ServiceAccount", "serviceaccounts", "sa");
        yield return Define(core, "v1", "PersistentVolume", "persistentvolumes", "pv", namespaced: false, status: true);
        yield return Define(core, "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", status: true);
        yield return Define(core, "v1", "Event", "events", "ev");
        yield return Define(core, "v1", "Node", "nodes", "no", namespaced: false, status: true);
        yield return Define(core, "v1", "LimitRange", "limitranges", "limits");
        yield return Define(core, "v1", "ResourceQuota", "resourcequotas", "quota", status: true);
        yield return Define(
            core,
            "v1",
            "ReplicationController",
            "replicationcontrollers",
            "rc",
            status: true,
            generation: true,
            all: true,
            scale: s_replicas
        );
        yield return Define(core, "v1", "PodTemplate", "podtemplates");
        yield return Workload("Deployment", "deployments", "deploy", s_replicas);
        yield return Workload("ReplicaSet", "replicasets", "rs", s_replicas);
        yield return Workload("StatefulSet", "statefulsets", "sts", s_replicas);
        yield return Workload("DaemonSet", "daemonsets", "ds", null);
        yield return Define("apps", "v1", "ControllerRevision", "controllerrevisions");
        yield return Define("batch", "v1", "Job", "jobs", status: true, generation: true, all: true);
        yield return Define("batch", "v1", "CronJob", "cronjobs", "cj", status: true, generation: true, all: true);
        yield return Autoscaler("v2");
        yield return Autoscaler("v1");
        yield return Define("networking.k8s.io", "v1", "Ingress", "ingresses", "ing", status: true, generation: true);
        yield return Define(
            "networking.k8s.io",
            "v1",
            "IngressClass",
            "ingressclasses",
            namespaced: false,
            generation: true
        );
        yield return Define("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "netpol", generation: true);
        yield return Define("networking.k8s.io", "v1", "IPAddress", "ipaddresses", "ip", namespaced: false);
        yield return Define("networking.k8s.io", "v1", "ServiceCIDR", "servicecidrs", namespaced: false, status: true);
        yield return Define(
            "policy",
            "v1",
            "PodDisruptionBudget",
            "poddisruptionbudgets",
            "pdb",
            status: true,
            generation: true
        );
        const string rbac = "rbac.authorization.k8s.io";
        yield return Define(rbac, "v1", "Role", "roles");
        yield return Define(rbac, "v1", "RoleBinding", "rolebindings");
        yield return Define(rbac, "v1", "ClusterRole", "clusterroles", namespaced: false);
        yield return Define(rbac, "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced: false);
        yield return Define("storage.k8s.io", "v1", "StorageClass", "storageclasses", "sc", namespaced: false);
        const string storage = "storage.k8s.io";
        yield return Define(storage, "v1", "CSIDriver", "csidrivers", namespaced: false);
        yield return Define(storage, "v1", "CSINode", "csinodes", namespaced: false);
        yield return Define(storage, "v1", "CSIStorageCapacity", "csistoragecapacities");
        yield return Define(storage, "v1", "VolumeAttachment", "volumeattachments", namespaced: false, status: true);
        yield return Define(
            storage,
            "v1",
            "VolumeAttributesClass",
            "volumeattributesclasses",
            "vac",
            namespaced: false
        );
        yield return Define("node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", namespaced: false);
        yield return Define(
            "certificates.k8s.io",
            "v1",
            "CertificateSigningRequest",
            "certificatesigningrequests",
            "csr",
            namespaced: false,
            status: true
        );
        yield return Define(
            "apiregistration.k8s.io",
            "v1",
            "APIService",
            "apiservices",
            namespaced: false,
            status: true
        );
        const string flow = "flowcontrol.apiserver.k8s.io";
        yield return Define(flow, "v1", "FlowSchema", "flowschemas", namespaced: false, status: true, generation: true);
        yield return Define(
            flow,
            "v1",
            "PriorityLevelConfiguration",
            "prioritylevelconfigurations",
            namespaced: false,
            status: true,
            generation: true
        );
        const string devices = "resource.k8s.io";
        yield return Define(devices, "v1", "DeviceClass", "deviceclasses", namespaced: false, generation: true);
        yield return Define(devices, "v1", "ResourceClaim", "resourceclaims", status: true);
        yield return Define(devices, "v1", "ResourceClaimTemplate", "resourceclaimtemplates");
        yield return Define(devices, "v1", "ResourceSlice", "resourceslices", namespaced: false, generation: true);
        yield return Define("coordination.k8s.io", "v1", "Lease", "leases");
        yield return Define("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices");
        yield return NewEvents();
        yield return Define(
            "scheduling.k8s.io",
            "v1",
            "PriorityClass",
            "priorityclasses",
            "pc",
            namespaced: false,
            generation: true
        );
        const string admission = "admissionregistration.k8s.io";
        yield return Define(
            admission,
            "v1",
            "ValidatingWebhookConfiguration",
            "validatingwebhookconfigurations",
            namespaced: false,
            generation: true
        );
        yield return Define(
            admission,
            "v1",
            "MutatingWebhookConfiguration",
            "mutatingwebhookconfigurations",
            namespaced: false,
            generation: true
        );
        yield return Define(
            admission,
            "v1",
            "ValidatingAdmissionPolicy",
            "validatingadmissionpolicies",
            namespaced: false,
            status: true,
            generation: true
        );
        yield return Define(
            admission,
            "v1",
            "ValidatingAdmissionPolicyBinding",
            "validatingadmissionpolicybindings",
            namespaced: false,
            generation: true
        );
        yield return Define(
            admission,
            "v1",
            "MutatingAdmissionPolicy",
            "mutatingadmissionpolicies",
            namespaced: false,
            generation: true
        );
        yield return Define(
            admission,
            "v1",
            "MutatingAdmissionPolicyBinding",
            "mutatingadmissionpolicybindings",
            namespaced: false,
            generation: true
        );
        yield return Define(
            "apiextensions.k8s.io",
            "v1",
            "CustomResourceDefinition",
            "customresourcedefinitions",
            "crd",
            namespaced: false,
            status: true,
            generation: true
        );
        yield return Question(core, "Binding", "bindings", namespaced: true);
        yield return Question("authentication.k8s.io", "TokenReview", "tokenreviews");
        yield return Question("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews");
        yield return Question("authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews");
        yield return Question("authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews");
        yield return Question("authorization.k8s.io", "SelfSubjectRulesReview", "selfsubjectrulesreviews");
        yield return Question(
            "authorization.k8s.io",
            "LocalSubjectAccessReview",
            "localsubjectaccessreviews",
            namespaced: true
        );
    }

    private static ResourceType Define(
        string group,
        string version,
        string kind,
        string plural,
        string? shortName = null,
        bool namespaced = true,
        bool status = false,
        bool generation = false,
        bool all = false,
        bool createOnly = false,
        ScalePaths? scale = null
    )
    {
        var apiVersion = group.Length == 0 ? version : group + "/" + version;
        return new()
        {
            Group = group,
            Version = version,
            Kind = kind,
            Plural = plural,
            Singular = kind.ToLowerInvariant(),
            ShortNames =
                kind == "CustomResourceDefinition" ? ["crd", "crds"]
                : shortName is null ? []
                : [shortName],
            Categories =
                all ? ["all"]
                : kind is "CustomResourceDefinition" || group == "admissionregistration.k8s.io" ? ["api-extensions"]
                : [],
            Namespaced = namespaced,
            HasStatus = status,
            HasGeneration = generation,
            CreateOnly = createOnly,
            Scale = scale,
            Storage = plural + "." + group,
            StorageApiVersion = apiVersion,
            LoadSchema = () => BuiltInSchemas.ForKind(apiVersion, kind),
        };
    }

    private static ResourceType Workload(string kind, string plural, string shortName, ScalePaths? scale) =>
        Define("apps", "v1", kind, plural, shortName, status: true, generation: true, all: true, scale: scale);

    private static ResourceType Autoscaler(string version) =>
        new()
        {
            Group = "autoscaling",
            Version = version,
            Kind = "HorizontalPodAutoscaler",
            Plural = "horizontalpodautoscalers",
            Singular = "horizontalpodautoscaler",
            ShortNames = ["hpa"],
            Categories = ["all"],
            HasStatus = true,
            Storage = "horizontalpodautoscalers.autoscaling",
            StorageApiVersion = "autoscaling/v2",
            LoadSchema = () => BuiltInSchemas.ForKind("autoscaling/" + version, "HorizontalPodAutoscaler"),
            FromStorage = version == "v1" ? VersionConversions.AutoscalerToV1 : null,
            ToStorage = version == "v1" ? VersionConversions.AutoscalerFromV1 : null,
        };

    private static ResourceType NewEvents() =>
        new()
        {
            Group = "events.k8s.io",
            Version = "v1",
            Kind = "Event",
            Plural = "events",
            Singular = "event",
            ShortNames = ["ev"],
            Storage = "events.",
            StorageApiVersion = "v1",
            LoadSchema = () => BuiltInSchemas.ForKind("events.k8s.io/v1", "Event"),
            FromStorage = VersionConversions.EventFromCore,
            ToStorage = VersionConversions.EventToCore,
        };

    private static ResourceType Question(string group, string kind, string plural, bool namespaced = false) =>
        Define(group, "v1", kind, plural, namespaced: namespaced, createOnly: true);
}
