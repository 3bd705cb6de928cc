namespace EmbeddedKubernetes.Api.Documents;

/// <summary>A sentence on the kinds and fields people ask <c>kubectl explain</c> about most.</summary>
internal static class KindDescriptions
{
    private static readonly Dictionary<string, string> s_kinds = new(StringComparer.Ordinal)
    {
        ["Pod"] = "Containers that run together on one node. In this cluster they are simulated.",
        ["Service"] = "A stable address for the pods a selector matches.",
        ["Namespace"] = "A scope for names.",
        ["ConfigMap"] = "Configuration for pods, as text or bytes by key.",
        ["Secret"] = "Confidential values for pods, by key.",
        ["Deployment"] =
            "Keeps a number of equal pods running and replaces them gradually when their template changes.",
        ["ReplicaSet"] = "Keeps a number of equal pods running.",
        ["StatefulSet"] = "Keeps pods with stable names and volumes running, in order.",
        ["DaemonSet"] = "Keeps one pod on every matching node.",
        ["Job"] = "Runs pods until enough of them have succeeded.",
        ["CronJob"] = "Creates jobs on a schedule.",
        ["Ingress"] = "Routes HTTP from outside to services.",
        ["HorizontalPodAutoscaler"] = "Adjusts a workload's replicas to measured load.",
        ["CustomResourceDefinition"] = "Adds a kind to the API.",
        ["PersistentVolumeClaim"] = "A request for storage.",
        ["Node"] = "A machine pods run on. This cluster has one, and it is simulated.",
    };

    private static readonly Dictionary<string, string> s_fields = new(StringComparer.Ordinal)
    {
        ["apiVersion"] = "The group and version the object is written in.",
        ["kind"] = "The kind of the object.",
        ["metadata"] = "Name, namespace, labels and what else every object has.",
        ["spec"] = "What is wanted.",
        ["status"] = "What was observed last.",
        ["DeploymentSpec.replicas"] = "How many pods are wanted. Defaults to 1.",
        ["DeploymentSpec.selector"] =
            "Which pods belong to the deployment; must match the template's labels and cannot be changed.",
        ["DeploymentSpec.strategy"] = "How old pods are replaced by new ones.",
        ["DeploymentSpec.template"] = "What each pod looks like.",
        ["DeploymentSpec.paused"] = "No rollouts happen while this is true.",
        ["PodSpec.containers"] = "What runs in the pod; at least one.",
        ["Container.image"] = "The image to run.",
        ["Container.name"] = "The name of the container, unique within the pod.",
        ["ServiceSpec.selector"] = "The labels of the pods behind the service.",
        ["ServiceSpec.ports"] = "The ports the service answers on.",
    };

    public static string? Of(string kind) => s_kinds.GetValueOrDefault(kind);

    public static string? OfField(string? type, string field) =>
        s_fields.GetValueOrDefault($"{type}.{field}") ?? s_fields.GetValueOrDefault(field);
}
