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
        var sidecars = Sidecars(pod);
        var ready =
            pod.Obj("status").Arr("containerStatuses").Objects().Count(IsReady)
            + pod.Obj("status")
                .Arr("initContainerStatuses")
                .Objects()
                .Count(c => sidecars.Contains(c.Str("name")) && IsReady(c));
        return $"{ready}/{(pod.Obj("spec").Arr("containers")?.Count ?? 0) + sidecars.Count}";
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
        if (pod.Str("metadata", "deletionTimestamp") is not null)
        {
            return "Terminating";
        }
        if (pod.Obj("status").Arr("conditions").Objects().Any(c => c.Str("reason") == "SchedulingGated"))
        {
            return "SchedulingGated";
        }
        if (Initializing(pod) is { } initializing)
        {
            return initializing;
        }
        foreach (var status in pod.Obj("status").Arr("containerStatuses").Objects().Reverse())
        {
            reason = status.Str("state", "waiting", "reason") ?? status.Str("state", "terminated", "reason") ?? reason;
        }
        return reason;
    }

    private static string? Initializing(JsonObject pod)
    {
        var sidecars = Sidecars(pod);
        var done = 0;
        foreach (var status in pod.Obj("status").Arr("initContainerStatuses").Objects())
        {
            var ended = status.At("state", "terminated");
            if (ended.Long("exitCode") == 0 || (sidecars.Contains(status.Str("name")) && status.Flag("started")))
            {
                done++;
                continue;
            }
            if (ended is not null)
            {
                return "Init:" + (ended.Str("reason") ?? "ExitCode:" + ended.Long("exitCode"));
            }
            return status.Str("state", "waiting", "reason") is { Length: > 0 } waiting && waiting != "PodInitializing"
                ? "Init:" + waiting
                : $"Init:{done}/{pod.Obj("spec").Arr("initContainers")!.Count}";
        }
        return null;
    }

    private static bool IsReady(JsonObject status) => status.Flag("ready") && status.At("state", "running") is not null;

    private static HashSet<string?> Sidecars(JsonObject pod) =>
        [
            .. pod.Obj("spec")
                .Arr("initContainers")
                .Objects()
                .Where(c => c.Str("restartPolicy") == "Always")
                .Select(c => c.Str("name")),
        ];
}
