using EmbeddedKubernetes.Objects;

namespace EmbeddedKubernetes.Controllers;

/// <summary>What every cluster has from the first moment.</summary>
internal static class Bootstrap
{
    private const string Manager = "embedded-kubernetes";

    /// <summary>Says on objects that nothing is executed here.</summary>
    public const string SimulatedLabel = "embedded-kubernetes/simulated";

    public static void EnsureBasics(ClusterObjects objects)
    {
        foreach (var name in (ReadOnlySpan<string>)["default", "kube-system", "kube-public", "kube-node-lease"])
        {
            Ensure(objects, "v1", "Namespace", "", name, []);
        }
        if (Ensure(objects, "v1", "Node", "", ClusterContext.NodeName, Node()))
        {
            objects.Modify(
                objects.Catalogue.BuiltIn("v1", "Node"),
                "",
                ClusterContext.NodeName,
                node =>
                {
                    node["status"] = NodeStatus(objects.Now);
                    return node;
                },
                new() { Manager = ClusterContext.Kubelet, Subresource = "status" }
            );
        }
        Ensure(objects, "storage.k8s.io/v1", "StorageClass", "", "standard", StorageClass());
        EnsureApiService(objects);
        if (Ensure(objects, "networking.k8s.io/v1", "ServiceCIDR", "", "kubernetes", ServiceRange()))
        {
            objects.SetStatus(
                objects.Catalogue.BuiltIn("networking.k8s.io/v1", "ServiceCIDR"),
                objects.Catalogue.BuiltIn("networking.k8s.io/v1", "ServiceCIDR").Key("", "kubernetes"),
                new()
                {
                    ["conditions"] = new JsonArray(
                        new JsonObject
                        {
                            ["type"] = "Ready",
                            ["status"] = "True",
                            ["reason"] = "",
                            ["message"] = "Kubernetes Service CIDR is ready",
                            ["lastTransitionTime"] = objects.Now,
                        }
                    ),
                },
                Manager
            );
        }
        foreach (
            var (name, value) in (ReadOnlySpan<(string, long)>)
                [("system-cluster-critical", 2000000000), ("system-node-critical", 2000001000)]
        )
        {
            Ensure(objects, "scheduling.k8s.io/v1", "PriorityClass", "", name, new() { ["value"] = value });
        }
        AccessRoles(objects);
    }

    /// <summary>The service through which pods would find the API; it comes back when it is deleted.</summary>
    public static void EnsureApiService(ClusterObjects objects) =>
        Ensure(objects, "v1", "Service", "default", "kubernetes", ApiService());

    private static bool Ensure(
        ClusterObjects objects,
        string apiVersion,
        string kind,
        string ns,
        string name,
        JsonObject value
    )
    {
        var type = objects.Catalogue.BuiltIn(apiVersion, kind);
        if (objects.Store.Get(type.Key(ns, name)) is not null)
        {
            return false;
        }
        value["apiVersion"] = apiVersion;
        value["kind"] = kind;
        value.Metadata()["name"] = name;
        objects.Create(type, ns, value, new() { Manager = Manager });
        return true;
    }

    private static JsonObject Node() =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["labels"] = new JsonObject
                {
                    ["kubernetes.io/hostname"] = ClusterContext.NodeName,
                    ["kubernetes.io/os"] = "linux",
                    ["kubernetes.io/arch"] = "amd64",
                    ["node-role.kubernetes.io/control-plane"] = "",
                    [SimulatedLabel] = "true",
                },
                ["annotations"] = new JsonObject
                {
                    ["embedded-kubernetes/note"] = "Pods on this node are simulated: nothing is executed.",
                },
            },
            ["spec"] = new JsonObject { ["podCIDR"] = "10.244.0.0/16", ["podCIDRs"] = new JsonArray("10.244.0.0/16") },
        };

    private static JsonObject NodeStatus(string now)
    {
        static JsonObject Amounts() =>
            new()
            {
                ["cpu"] = "64",
                ["memory"] = "256Gi",
                ["ephemeral-storage"] = "1Ti",
                ["pods"] = "10000",
            };
        return new()
        {
            ["capacity"] = Amounts(),
            ["allocatable"] = Amounts(),
            ["conditions"] = new JsonArray(
                Condition("MemoryPressure", "False", "SimulatedHasSufficientMemory", now),
                Condition("DiskPressure", "False", "SimulatedHasNoDiskPressure", now),
                Condition("PIDPressure", "False", "SimulatedHasSufficientPID", now),
                Condition("Ready", "True", "Simulated", now)
            ),
            ["addresses"] = new JsonArray(
                new JsonObject { ["type"] = "InternalIP", ["address"] = "127.0.0.1" },
                new JsonObject { ["type"] = "Hostname", ["address"] = ClusterContext.NodeName }
            ),
            ["nodeInfo"] = new JsonObject
            {
                ["architecture"] = "amd64",
                ["bootID"] = "",
                ["containerRuntimeVersion"] = "simulated://1.0",
                ["kernelVersion"] = "simulated",
                ["kubeProxyVersion"] = "",
                ["kubeletVersion"] = ServerVersion.Git,
                ["machineID"] = "",
                ["operatingSystem"] = "linux",
                ["osImage"] = "Embedded (simulated)",
                ["systemUUID"] = "",
            },
        };
    }

    private static JsonObject Condition(string type, string status, string reason, string now) =>
        new()
        {
            ["type"] = type,
            ["status"] = status,
            ["reason"] = reason,
            ["message"] = "this node is simulated",
            ["lastHeartbeatTime"] = now,
            ["lastTransitionTime"] = now,
        };

    private static JsonObject StorageClass() =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["annotations"] = new JsonObject { ["storageclass.kubernetes.io/is-default-class"] = "true" },
            },
            ["provisioner"] = "embedded-kubernetes/simulated",
            ["allowVolumeExpansion"] = true,
        };

    private static JsonObject ApiService() =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["labels"] = new JsonObject { ["component"] = "apiserver", ["provider"] = "kubernetes" },
            },
            ["spec"] = new JsonObject
            {
                ["clusterIP"] = "10.96.0.1",
                ["ports"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "https",
                        ["port"] = 443,
                        ["targetPort"] = 6443,
                    }
                ),
            },
        };

    private static JsonObject ServiceRange() =>
        new() { ["spec"] = new JsonObject { ["cidrs"] = new JsonArray(Admission.Allocations.Range) } };

    private static void AccessRoles(ClusterObjects objects)
    {
        const string rbac = "rbac.authorization.k8s.io/v1";
        foreach (var name in (ReadOnlySpan<string>)["cluster-admin", "admin", "edit", "view"])
        {
            var verbs = name == "view" ? new JsonArray("get", "list", "watch") : new JsonArray("*");
            Ensure(
                objects,
                rbac,
                "ClusterRole",
                "",
                name,
                new()
                {
                    ["rules"] = new JsonArray(
                        new JsonObject
                        {
                            ["apiGroups"] = new JsonArray("*"),
                            ["resources"] = new JsonArray("*"),
                            ["verbs"] = verbs,
                        }
                    ),
                }
            );
        }
        Ensure(
            objects,
            rbac,
            "ClusterRoleBinding",
            "",
            "cluster-admin",
            new()
            {
                ["roleRef"] = new JsonObject
                {
                    ["apiGroup"] = "rbac.authorization.k8s.io",
                    ["kind"] = "ClusterRole",
                    ["name"] = "cluster-admin",
                },
                ["subjects"] = new JsonArray(
                    new JsonObject
                    {
                        ["apiGroup"] = "rbac.authorization.k8s.io",
                        ["kind"] = "Group",
                        ["name"] = "system:masters",
                    }
                ),
            }
        );
    }
}
