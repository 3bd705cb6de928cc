using EmbeddedKubernetes.Admission;

namespace EmbeddedKubernetes.Controllers;

/// <summary>The statuses a simulated pod goes through.</summary>
internal static class PodStates
{
    public static string? MissingImage(JsonObject pod) => Image(pod, "missing-").Str("image");

    public static string? CrashingContainer(JsonObject pod) => Image(pod, "fail-").Str("name");

    public static bool IsRunning(JsonObject pod) => pod.Str("status", "phase") == "Running" && PodView.IsReady(pod);

    public static bool IsPullFailing(JsonObject pod) =>
        Waiting(pod, "ErrImagePull") || Waiting(pod, "ImagePullBackOff");

    public static long Restarts(JsonObject pod) =>
        pod.Obj("status")
            .Arr("containerStatuses")
            .Objects()
            .Select(c => c.Long("restartCount") ?? 0)
            .DefaultIfEmpty(0)
            .Max();

    public static string? LastCrash(JsonObject pod) =>
        pod.Obj("status")
            .Arr("containerStatuses")
            .Objects()
            .Select(c => c.Str("lastState", "terminated", "finishedAt"))
            .FirstOrDefault(t => t is not null);

    /// <summary>Half a second, doubled with each restart, five minutes at most: sooner than a kubelet, nobody waits for code.</summary>
    public static TimeSpan BackOff(long restarts) =>
        TimeSpan.FromSeconds(Math.Min(300, 0.5 * Math.Pow(2, Math.Min(restarts, 10))));

    public static JsonObject Creating(JsonObject pod, string now)
    {
        var status = Base(pod, "Pending");
        status["hostIP"] = "127.0.0.1";
        status["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = "127.0.0.1" });
        status["startTime"] = now;
        SetConditions(status, initialized: true, ready: false, pod, now);
        status["containerStatuses"] = Statuses(
            pod,
            (_, c) =>
            {
                c["state"] = State("waiting", ("reason", "ContainerCreating"));
                c["ready"] = false;
                c["started"] = false;
            }
        );
        return status;
    }

    public static JsonObject Running(JsonObject pod, string address, string now)
    {
        var status = Base(pod, "Running");
        SetAddress(status, address);
        SetConditions(status, initialized: true, ready: true, pod, now);
        status["containerStatuses"] = Statuses(
            pod,
            (container, c) =>
            {
                c["state"] = State("running", ("startedAt", now));
                c["ready"] = true;
                c["started"] = true;
                c["imageID"] = "simulated://" + container.Str("image");
                c["containerID"] =
                    "simulated://" + Objects.RandomName.HashOf(pod.Str("metadata", "uid") + container.Str("name"), 20);
            }
        );
        if (pod.Obj("spec").Arr("initContainers") is { Count: > 0 } init)
        {
            status["initContainerStatuses"] = Statuses(init, (_, c) => Terminate(c, 0, "Completed", now));
        }
        return status;
    }

    public static JsonObject Finished(JsonObject pod, bool success, string now)
    {
        var status = Base(pod, success ? "Succeeded" : "Failed");
        SetConditions(status, initialized: true, ready: false, pod, now);
        foreach (var type in (ReadOnlySpan<string>)["Ready", "ContainersReady"])
        {
            Conditions.Set(status, type, false, success ? "PodCompleted" : "PodFailed", null, now);
        }
        status["containerStatuses"] = Statuses(
            pod,
            (_, c) => Terminate(c, success ? 0 : 1, success ? "Completed" : "Error", now)
        );
        return status;
    }

    public static JsonObject Crashed(JsonObject pod, string address, long restarts, string now)
    {
        var status = Base(pod, "Running");
        SetAddress(status, address);
        SetConditions(status, initialized: true, ready: false, pod, now);
        var wait = (long)BackOff(restarts).TotalSeconds;
        status["containerStatuses"] = Statuses(
            pod,
            (container, c) =>
            {
                if (!HasTag(container, "fail-"))
                {
                    c["state"] = State("running", ("startedAt", now));
                    c["ready"] = true;
                    c["started"] = true;
                    return;
                }
                c["restartCount"] = restarts;
                c["state"] = State(
                    "waiting",
                    ("reason", "CrashLoopBackOff"),
                    (
                        "message",
                        $"back-off {wait}s restarting failed container={container.Str("name")} pod={pod.Str("metadata", "name")}"
                    )
                );
                c["lastState"] = new JsonObject
                {
                    ["terminated"] = new JsonObject
                    {
                        ["exitCode"] = 1,
                        ["reason"] = "Error",
                        ["startedAt"] = now,
                        ["finishedAt"] = now,
                    },
                };
                c["ready"] = false;
                c["started"] = false;
            }
        );
        return status;
    }

    public static JsonObject PullFailing(JsonObject pod, string reason, string now)
    {
        var status = Base(pod, "Pending");
        SetConditions(status, initialized: true, ready: false, pod, now);
        status["containerStatuses"] = Statuses(
            pod,
            (container, c) =>
            {
                var missing = HasTag(container, "missing-");
                c["state"] = missing
                    ? State(
                        "waiting",
                        ("reason", reason),
                        ("message", $"the image {container.Str("image")} cannot be pulled (simulated)")
                    )
                    : State("waiting", ("reason", "ContainerCreating"));
                c["ready"] = false;
                c["started"] = false;
            }
        );
        return status;
    }

    private static JsonObject Base(JsonObject pod, string phase)
    {
        var status = pod.Obj("status")?.Copy() ?? [];
        status["phase"] = phase;
        status["qosClass"] ??= QualityOfService.Of(pod.Child("spec"));
        return status;
    }

    private static void SetAddress(JsonObject status, string address)
    {
        status["podIP"] = address;
        status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address });
    }

    private static void SetConditions(JsonObject status, bool initialized, bool ready, JsonObject pod, string now)
    {
        Conditions.Set(status, "PodScheduled", true, null, null, now);
        Conditions.Set(status, "Initialized", initialized, null, null, now);
        var names = string.Join(' ', pod.Obj("spec").Arr("containers").Objects().Select(c => c.Str("name")));
        var message = ready ? null : $"containers with unready status: [{names}]";
        foreach (var type in (ReadOnlySpan<string>)["ContainersReady", "Ready"])
        {
            Conditions.Set(status, type, ready, ready ? null : "ContainersNotReady", message, now);
        }
    }

    private static JsonArray Statuses(JsonObject pod, Action<JsonObject, JsonObject> fill) =>
        Statuses(pod.Obj("spec").Arr("containers") ?? [], fill);

    private static JsonArray Statuses(JsonArray containers, Action<JsonObject, JsonObject> fill)
    {
        var statuses = new JsonArray();
        foreach (var container in containers.Objects())
        {
            var status = new JsonObject
            {
                ["name"] = container.Str("name"),
                ["image"] = container.Str("image"),
                ["imageID"] = "",
                ["restartCount"] = 0,
            };
            fill(container, status);
            statuses.Add((JsonNode)status);
        }
        return statuses;
    }

    private static void Terminate(JsonObject status, int code, string reason, string now)
    {
        status["state"] = new JsonObject
        {
            ["terminated"] = new JsonObject
            {
                ["exitCode"] = code,
                ["reason"] = reason,
                ["startedAt"] = now,
                ["finishedAt"] = now,
            },
        };
        status["ready"] = code == 0 && reason == "Completed";
        status["started"] = false;
    }

    private static JsonObject State(string name, params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var state = new JsonObject();
        foreach (var (field, value) in fields)
        {
            state[field] = value;
        }
        return new() { [name] = state };
    }

    private static bool Waiting(JsonObject pod, string reason) =>
        pod.Obj("status").Arr("containerStatuses").Objects().Any(c => c.Str("state", "waiting", "reason") == reason);

    private static JsonObject? Image(JsonObject pod, string tag) =>
        pod.Obj("spec").Arr("containers").Objects().FirstOrDefault(c => HasTag(c, tag));

    private static bool HasTag(JsonObject container, string prefix) =>
        PodDefaults.Tag(container.Str("image") ?? "").StartsWith(prefix, StringComparison.Ordinal);
}
