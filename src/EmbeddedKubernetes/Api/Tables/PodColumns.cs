using static EmbeddedKubernetes.Api.Tables.TableColumns;

namespace EmbeddedKubernetes.Api.Tables;

/// <summary>What <c>kubectl get pods</c> shows.</summary>
internal static class PodColumns
{
    public static TableColumn[] All =>
        [
            Text("Ready", Ready),
            Text("Status", Status),
            new("Restarts", Restarts),
            Age,
            Text("IP", o => OrNone(o.Str("status", "podIP")), 1),
            Text("Node", o => OrNone(o.Str("spec", "nodeName")), 1),
            Text("Nominated Node", o => OrNone(o.Str("status", "nominatedNodeName")), 1),
            Text("Readiness Gates", _ => "<none>", 1),
        ];

    private static string Ready(JsonObject pod)
    {
        var ready = pod.Obj("status").Arr("containerStatuses").Objects().Count(c => c.Flag("ready"));
        return $"{ready}/{pod.Obj("spec").Arr("containers")?.Count ?? 0}";
    }

    private static JsonValue Restarts(JsonObject pod, DateTimeOffset now)
    {
        var count = 0L;
        string? last = null;
        foreach (var status in pod.Obj("status").Arr("containerStatuses").Objects())
        {
            count += status.Long("restartCount") ?? 0;
            last = status.Str("lastState", "terminated", "finishedAt") ?? last;
        }
        return JsonValue.Create(
            count > 0 && last is not null
                ? $"{count} ({HumanTime.Since(last, now)} ago)"
                : count.ToString(CultureInfo.InvariantCulture)
        );
    }

    /// <summary>The state in one word.</summary>
    private static string Status(JsonObject pod)
    {
        var reason = pod.Str("status", "reason") ?? pod.Str("status", "phase") ?? "Unknown";
        foreach (var status in pod.Obj("status").Arr("initContainerStatuses").Objects())
        {
            if (status.Str("state", "waiting", "reason") is { } waiting && waiting != "PodInitializing")
            {
                return "Init:" + waiting;
            }
        }
        foreach (var status in pod.Obj("status").Arr("containerStatuses").Objects().Reverse())
        {
            reason = status.Str("state", "waiting", "reason") ?? status.Str("state", "terminated", "reason") ?? reason;
        }
        return pod.Str("metadata", "deletionTimestamp") is not null ? "Terminating" : reason;
    }
}
