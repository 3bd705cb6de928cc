using System.Text.Json.Nodes;
using PlatformLocal.Kubernetes.Readiness;

namespace PlatformLocal.Kubernetes.Tests;

public sealed class ReadinessRulesTests
{
    private const string Apps = "\"apiVersion\":\"apps/v1\"";

    public static TheoryData<string, string, ReadinessStatus, string> Cases =>
        new()
        {
            // Deployment
            {
                "a new deployment",
                D("\"replicas\":2", ""),
                ReadinessStatus.InProgress,
                "its controller has not looked*(generation 2, observed 0)"
            },
            {
                "a lagging one",
                D("\"replicas\":1", S(1, 1, 1, 1, 1)),
                ReadinessStatus.InProgress,
                "*generation 2, observed 1*"
            },
            {
                "none yet",
                D("\"replicas\":2", S(2, 0, 0, 0, 0)),
                ReadinessStatus.InProgress,
                "0 of 2 replicas are created"
            },
            {
                "half updated",
                D("\"replicas\":2", S(2, 3, 1, 2, 2)),
                ReadinessStatus.InProgress,
                "1 of 2 replicas are updated"
            },
            {
                "old ones left",
                D("\"replicas\":2", S(2, 3, 2, 3, 3)),
                ReadinessStatus.InProgress,
                "1 old replica is still ending"
            },
            {
                "new ones crash beside old ones",
                D("\"replicas\":2", S(2, 3, 2, 2, 2)),
                ReadinessStatus.InProgress,
                "1 of 3 replicas are not available, and 1 old one stays until they are"
            },
            {
                "unavailable",
                D("\"replicas\":2", S(2, 2, 2, 2, 1)),
                ReadinessStatus.InProgress,
                "1 of 2 replicas are available"
            },
            {
                "available without condition",
                D("\"replicas\":2", S(2, 2, 2, 2, 2)),
                ReadinessStatus.InProgress,
                "is not available yet"
            },
            {
                "all well",
                D("\"replicas\":2", S(2, 2, 2, 2, 2, Available)),
                ReadinessStatus.Current,
                "2 of 2 replicas are ready"
            },
            {
                "none wanted",
                D("\"replicas\":0", S(2, 0, 0, 0, 0, Available)),
                ReadinessStatus.Current,
                "0 of 0 replicas are ready"
            },
            {
                "default of one",
                D("\"paused\":false", S(2, 0, 0, 0, 0)),
                ReadinessStatus.InProgress,
                "0 of 1 replicas are created"
            },
            {
                "deadline exceeded",
                D(
                    "\"replicas\":1,\"progressDeadlineSeconds\":600",
                    S(2, 1, 1, 0, 0, C("Progressing", "False", "ProgressDeadlineExceeded", "timed out"))
                ),
                ReadinessStatus.Failed,
                "ProgressDeadlineExceeded: timed out"
            },
            {
                "a deadline of an older generation",
                D(
                    "\"replicas\":1",
                    S(1, 1, 1, 0, 0, C("Progressing", "False", "ProgressDeadlineExceeded", "timed out"))
                ),
                ReadinessStatus.InProgress,
                "*generation*"
            },
            {
                "still rolling",
                D(
                    "\"replicas\":1,\"progressDeadlineSeconds\":600",
                    S(2, 1, 1, 1, 1, Available, C("Progressing", "True", "ReplicaSetUpdated", "busy"))
                ),
                ReadinessStatus.InProgress,
                "ReplicaSetUpdated: busy"
            },
            // StatefulSet
            {
                "stateful, too few ready",
                St("\"replicas\":2", "\"replicas\":2,\"readyReplicas\":1"),
                ReadinessStatus.InProgress,
                "1 of 2 replicas are ready"
            },
            {
                "stateful, updating",
                St(
                    "\"replicas\":1",
                    "\"replicas\":1,\"readyReplicas\":1,\"currentReplicas\":1,\"currentRevision\":\"a\",\"updateRevision\":\"b\""
                ),
                ReadinessStatus.InProgress,
                "*updated to the latest revision"
            },
            {
                "stateful, well",
                St(
                    "\"replicas\":1",
                    "\"replicas\":1,\"readyReplicas\":1,\"currentReplicas\":1,\"currentRevision\":\"b\",\"updateRevision\":\"b\""
                ),
                ReadinessStatus.Current,
                "1 of 1 replicas are ready"
            },
            {
                "stateful, behind the partition",
                St(
                    "\"replicas\":3,\"updateStrategy\":{\"rollingUpdate\":{\"partition\":2}}",
                    "\"replicas\":3,\"readyReplicas\":3,\"updatedReplicas\":1"
                ),
                ReadinessStatus.Current,
                "*2 held back by the partition"
            },
            {
                "stateful, on delete",
                St("\"updateStrategy\":{\"type\":\"OnDelete\"}", "\"replicas\":0"),
                ReadinessStatus.Current,
                "*"
            },
            // DaemonSet
            { "daemon, unknown", Ds(""), ReadinessStatus.InProgress, "*not known yet*" },
            { "daemon, no nodes", Ds("\"desiredNumberScheduled\":0"), ReadinessStatus.Current, "0 of 0*" },
            {
                "daemon, updating",
                Ds(
                    "\"desiredNumberScheduled\":2,\"currentNumberScheduled\":2,\"updatedNumberScheduled\":1,\"numberAvailable\":2,\"numberReady\":2"
                ),
                ReadinessStatus.InProgress,
                "1 of 2 replicas are updated"
            },
            {
                "daemon, well",
                Ds(
                    "\"desiredNumberScheduled\":2,\"currentNumberScheduled\":2,\"updatedNumberScheduled\":2,\"numberAvailable\":2,\"numberReady\":2"
                ),
                ReadinessStatus.Current,
                "2 of 2*"
            },
            // Job
            { "job, new", J("{}"), ReadinessStatus.InProgress, "has not started yet" },
            {
                "job, running",
                J("{\"startTime\":\"x\",\"active\":1,\"failed\":2}"),
                ReadinessStatus.InProgress,
                "is running: 1 active, 0 succeeded, 2 failed"
            },
            {
                "job, complete",
                J($"{{\"conditions\":[{C("Complete", "True", "", "")}]}}"),
                ReadinessStatus.Current,
                "is complete"
            },
            {
                "job, failed",
                J($"{{\"conditions\":[{C("Failed", "True", "BackoffLimitExceeded", "limit reached")}]}}"),
                ReadinessStatus.Failed,
                "BackoffLimitExceeded: limit reached"
            },
            {
                "job, suspended",
                "{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"spec\":{\"suspend\":true}}",
                ReadinessStatus.Current,
                "is suspended"
            },
            {
                "cron job",
                "{\"apiVersion\":\"batch/v1\",\"kind\":\"CronJob\",\"metadata\":{\"generation\":1}}",
                ReadinessStatus.Current,
                "exists"
            },
            // Pod
            {
                "pod, running",
                P($"{{\"phase\":\"Running\",\"conditions\":[{C("Ready", "True", "", "")}]}}"),
                ReadinessStatus.Current,
                "is ready"
            },
            { "pod, done", P("{\"phase\":\"Succeeded\"}"), ReadinessStatus.Current, "has succeeded" },
            {
                "pod, unschedulable",
                P(
                    $"{{\"phase\":\"Pending\",\"conditions\":[{C("PodScheduled", "False", "Unschedulable", "0/1 nodes")}]}}"
                ),
                ReadinessStatus.InProgress,
                "Unschedulable: 0/1 nodes"
            },
            {
                "pod, crashing",
                P(
                    "{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"app\",\"restartCount\":4,\"state\":{\"waiting\":{\"reason\":\"CrashLoopBackOff\",\"message\":\"back-off\"}}}]}"
                ),
                ReadinessStatus.Failed,
                "container app: CrashLoopBackOff: back-off (4 restarts)"
            },
            {
                "pod, no image",
                P(
                    "{\"phase\":\"Pending\",\"containerStatuses\":[{\"name\":\"app\",\"restartCount\":0,\"state\":{\"waiting\":{\"reason\":\"ErrImagePull\"}}}]}"
                ),
                ReadinessStatus.InProgress,
                "container app: ErrImagePull"
            },
            {
                "pod, failed",
                P(
                    "{\"phase\":\"Failed\",\"containerStatuses\":[{\"name\":\"app\",\"state\":{\"terminated\":{\"exitCode\":137,\"reason\":\"OOMKilled\"}}}]}"
                ),
                ReadinessStatus.Failed,
                "container app: OOMKilled: exit code 137"
            },
            { "pod, new", P("{}"), ReadinessStatus.InProgress, "*" },
            // Others
            {
                "claim, pending",
                O("v1", "PersistentVolumeClaim", "\"status\":{\"phase\":\"Pending\"}"),
                ReadinessStatus.InProgress,
                "*Pending"
            },
            {
                "claim, bound",
                O("v1", "PersistentVolumeClaim", "\"status\":{\"phase\":\"Bound\"}"),
                ReadinessStatus.Current,
                "is bound"
            },
            {
                "namespace",
                O("v1", "Namespace", "\"status\":{\"phase\":\"Active\"}"),
                ReadinessStatus.Current,
                "is active"
            },
            {
                "balancer without address",
                O("v1", "Service", "\"spec\":{\"type\":\"LoadBalancer\"}"),
                ReadinessStatus.InProgress,
                "*"
            },
            {
                "headless service",
                O("v1", "Service", "\"spec\":{\"clusterIP\":\"None\"}"),
                ReadinessStatus.Current,
                "exists"
            },
            { "definition, new", Crd(""), ReadinessStatus.InProgress, "is not established yet" },
            {
                "definition, installing",
                Crd(C("Established", "False", "Installing", "")),
                ReadinessStatus.InProgress,
                "is being installed"
            },
            { "definition, well", Crd(C("Established", "True", "", "")), ReadinessStatus.Current, "is established" },
            {
                "definition, clash",
                Crd(C("NamesAccepted", "False", "ListKindConflict", "taken")),
                ReadinessStatus.Failed,
                "ListKindConflict: taken"
            },
            { "budget", O("policy/v1", "PodDisruptionBudget", ""), ReadinessStatus.Current, "exists" },
            {
                "autoscaler",
                O("autoscaling/v2", "HorizontalPodAutoscaler", "\"status\":{\"observedGeneration\":0}"),
                ReadinessStatus.Current,
                "exists"
            },
            // Any
            { "custom, no status", O("x.io/v1", "Thing", ""), ReadinessStatus.Current, "exists" },
            {
                "custom, lagging",
                O("x.io/v1", "Thing", "\"status\":{\"observedGeneration\":1}"),
                ReadinessStatus.InProgress,
                "*generation 2, observed 1*"
            },
            {
                "custom, ready",
                O("x.io/v1", "Thing", $"\"status\":{{\"conditions\":[{C("Ready", "True", "", "fine")}]}}"),
                ReadinessStatus.Current,
                "fine"
            },
            {
                "custom, unready",
                O("x.io/v1", "Thing", $"\"status\":{{\"conditions\":[{C("Ready", "False", "Waiting", "")}]}}"),
                ReadinessStatus.InProgress,
                "Waiting"
            },
            {
                "custom, unsure",
                O("x.io/v1", "Thing", $"\"status\":{{\"conditions\":[{C("Ready", "Unknown", "", "")}]}}"),
                ReadinessStatus.InProgress,
                "Ready is Unknown"
            },
            {
                "custom, stalled",
                O("x.io/v1", "Thing", $"\"status\":{{\"conditions\":[{C("Stalled", "True", "Bad", "no")}]}}"),
                ReadinessStatus.Failed,
                "Bad: no"
            },
            {
                "custom, reconciling",
                O(
                    "x.io/v1",
                    "Thing",
                    $"\"status\":{{\"conditions\":[{C("Ready", "True", "", "")},{C("Reconciling", "True", "Busy", "")}]}}"
                ),
                ReadinessStatus.InProgress,
                "Busy"
            },
            { "garbage status", O("x.io/v1", "Thing", "\"status\":\"what\""), ReadinessStatus.Current, "exists" },
            {
                "garbage conditions",
                O("x.io/v1", "Thing", "\"status\":{\"conditions\":[null,1,[],{}]}"),
                ReadinessStatus.Current,
                "exists"
            },
            { "a deployment of another group", O("x.io/v1", "Deployment", ""), ReadinessStatus.Current, "exists" },
            {
                "being deleted",
                "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"deletionTimestamp\":\"x\",\"finalizers\":[\"a/b\"]}}",
                ReadinessStatus.Terminating,
                "*finalizer a/b"
            },
        };

    private static string Available => C("Available", "True", "", "");

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_object_is_as_ready_as_its_status_says(
        string name,
        string json,
        ReadinessStatus status,
        string message
    )
    {
        var item = (JsonObject)JsonNode.Parse(json)!;

        ObjectReadiness readiness = ReadinessRules.Of(item);

        readiness.Status.Should().Be(status, name);
        readiness.Message.Should().Match(message);
    }

    private static string D(string spec, string status) =>
        $"{{{Apps},\"kind\":\"Deployment\",\"metadata\":{{\"generation\":2}},\"spec\":{{{spec}}},\"status\":{{{status}}}}}";

    private static string S(int observed, int all, int updated, int ready, int available, params string[] conditions) =>
        $"\"observedGeneration\":{observed},\"replicas\":{all},\"updatedReplicas\":{updated},\"readyReplicas\":{ready},"
        + $"\"availableReplicas\":{available},\"conditions\":[{string.Join(',', conditions)}]";

    private static string C(string type, string status, string reason, string message) =>
        $"{{\"type\":\"{type}\",\"status\":\"{status}\",\"reason\":\"{reason}\",\"message\":\"{message}\"}}";

    private static string St(string spec, string status) =>
        $"{{{Apps},\"kind\":\"StatefulSet\",\"metadata\":{{\"generation\":1}},\"spec\":{{{spec}}},\"status\":{{\"observedGeneration\":1,{status}}}}}";

    private static string Ds(string status) =>
        $"{{{Apps},\"kind\":\"DaemonSet\",\"metadata\":{{\"generation\":1}},\"status\":{{\"observedGeneration\":1{(status.Length == 0 ? "" : ",")}{status}}}}}";

    private static string J(string status) => $"{{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"status\":{status}}}";

    private static string P(string status) => $"{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"status\":{status}}}";

    private static string O(string apiVersion, string kind, string rest) =>
        $"{{\"apiVersion\":\"{apiVersion}\",\"kind\":\"{kind}\",\"metadata\":{{\"generation\":2}}{(rest.Length == 0 ? "" : ",")}{rest}}}";

    private static string Crd(string condition) =>
        O("apiextensions.k8s.io/v1", "CustomResourceDefinition", $"\"status\":{{\"conditions\":[{condition}]}}");
}
