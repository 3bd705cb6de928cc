using EmbeddedKubernetes.Admission;

namespace EmbeddedKubernetes.Controllers;

/// <summary>Why a container does not run.</summary>
/// <param name="Reason">What it waits for, such as <c>ErrImagePull</c>.</param>
/// <param name="Message">The same in a sentence.</param>
/// <param name="Restarts">How often it was started again after a crash; null when it never ran.</param>
internal sealed record ContainerTrouble(string Reason, string Message, long? Restarts = null);

/// <summary>The statuses a simulated pod goes through.</summary>
internal static class PodStates
{
    private const string NotStarted = "PodInitializing";

    public static string? MissingImage(JsonObject pod) => Starting(pod).FirstOrDefault(IsMissing).Str("image");

    public static string? CrashingContainer(JsonObject pod) => Starting(pod).FirstOrDefault(IsCrashing).Str("name");

    public static bool IsMissing(JsonObject container) => HasTag(container, "missing-");

    public static bool IsCrashing(JsonObject container) => HasTag(container, "fail-");

    public static bool IsRunning(JsonObject pod) => pod.Str("status", "phase") == "Running" && PodView.IsReady(pod);

    public static bool IsPullFailing(JsonObject pod) =>
        Waiting(pod, "ErrImagePull") || Waiting(pod, "ImagePullBackOff");

    public static bool Waiting(JsonObject pod, string reason) =>
        Reported(pod).Any(c => c.Str("state", "waiting", "reason") == reason);

    public static long Restarts(JsonObject pod) =>
        Reported(pod).Select(c => c.Long("restartCount") ?? 0).DefaultIfEmpty(0).Max();

    public static string? LastCrash(JsonObject pod) =>
        Reported(pod).Select(c => c.Str("lastState", "terminated", "finishedAt")).FirstOrDefault(t => t is not null);

    /// <summary>Half a second, doubled with each restart, five minutes at most: sooner than a kubelet, nobody waits for code.</summary>
    public static TimeSpan BackOff(long restarts) =>
        TimeSpan.FromSeconds(Math.Min(300, 0.5 * Math.Pow(2, Math.Min(restarts, 10))));

    /// <summary>The containers in the order in which they start.</summary>
    public static IEnumerable<JsonObject> Starting(JsonObject pod) =>
        pod.Obj("spec").Arr("initContainers").Objects().Concat(pod.Obj("spec").Arr("containers").Objects());

    /// <summary>No node takes the pod yet.</summary>
    public static JsonObject Unscheduled(JsonObject pod, string reason, string message, string now)
    {
        var status = Base(pod, "Pending");
        Conditions.Set(status, "PodScheduled", false, reason, message, now);
        return status;
    }

    /// <summary>On its node, with volumes to be mounted and images to be pulled.</summary>
    public static JsonObject Creating(JsonObject pod, string now)
    {
        var status = Base(pod, "Pending");
        status["hostIP"] = "127.0.0.1";
        status["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = "127.0.0.1" });
        status["startTime"] ??= now;
        var init = pod.Obj("spec").Arr("initContainers") is { Count: > 0 };
        Fill(pod, status, "initContainers", "initContainerStatuses", (_, c) => Wait(c, NotStarted));
        Fill(
            pod,
            status,
            "containers",
            "containerStatuses",
            (_, c) => Wait(c, init ? NotStarted : "ContainerCreating")
        );
        SetConditions(pod, status, now);
        return status;
    }

    /// <summary>
    /// Every container that has no trouble runs. One that initializes, and has trouble, holds back all that come after it.
    /// </summary>
    /// <param name="pod">The pod.</param>
    /// <param name="address">Its address.</param>
    /// <param name="trouble">Why a container does not run, or null.</param>
    /// <param name="now">The time.</param>
    public static JsonObject Started(
        JsonObject pod,
        string address,
        Func<JsonObject, ContainerTrouble?> trouble,
        string now
    )
    {
        var status = Base(pod, "Running");
        status["podIP"] = address;
        status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address });
        var before = Reported(pod).ToLookup(c => c.Str("name"), StringComparer.Ordinal);
        var blocked = false;
        var waiting = false;
        Fill(
            pod,
            status,
            "initContainers",
            "initContainerStatuses",
            (container, c) =>
            {
                if (blocked)
                {
                    Wait(c, NotStarted);
                }
                else if (trouble(container) is { } why)
                {
                    blocked = true;
                    Refuse(c, why, now);
                }
                else if (PodResources.IsSidecar(container))
                {
                    Run(pod, container, c, before[container.Str("name")].FirstOrDefault(), now);
                }
                else
                {
                    Terminate(c, 0, "Completed", now);
                    c["ready"] = true;
                }
            }
        );
        Fill(
            pod,
            status,
            "containers",
            "containerStatuses",
            (container, c) =>
            {
                if (blocked)
                {
                    Wait(c, NotStarted);
                }
                else if (trouble(container) is { } why)
                {
                    waiting |= why.Restarts is null;
                    Refuse(c, why, now);
                }
                else
                {
                    Run(pod, container, c, before[container.Str("name")].FirstOrDefault(), now);
                }
            }
        );
        Fill(
            pod,
            status,
            "ephemeralContainers",
            "ephemeralContainerStatuses",
            (container, c) =>
            {
                Run(pod, container, c, before[container.Str("name")].FirstOrDefault(), now);
                c["ready"] = false;
                c.Remove("started");
            }
        );
        if (blocked || waiting)
        {
            status["phase"] = "Pending";
        }
        SetConditions(pod, status, now);
        return status;
    }

    public static JsonObject Finished(JsonObject pod, bool success, string now)
    {
        var status = Base(pod, success ? "Succeeded" : "Failed");
        var reason = success ? "PodCompleted" : "PodFailed";
        Fill(
            pod,
            status,
            "containers",
            "containerStatuses",
            (_, c) => Terminate(c, success ? 0 : 1, success ? "Completed" : "Error", now)
        );
        foreach (var (_, c) in Sidecars(pod, status))
        {
            Terminate(c, 0, "Completed", now);
        }
        SetConditions(pod, status, now);
        foreach (var type in (ReadOnlySpan<string>)["Ready", "ContainersReady"])
        {
            Conditions.Set(status, type, false, reason, null, now);
        }
        return status;
    }

    /// <summary>Containers were added to the running pod that its status does not know yet.</summary>
    public static bool HasNewContainers(JsonObject pod) =>
        (pod.Obj("spec").Arr("ephemeralContainers")?.Count ?? 0)
        > (pod.Obj("status").Arr("ephemeralContainerStatuses")?.Count ?? 0);

    private static IEnumerable<JsonObject> Reported(JsonObject pod) =>
        pod.Obj("status")
            .Arr("initContainerStatuses")
            .Objects()
            .Concat(pod.Obj("status").Arr("containerStatuses").Objects())
            .Concat(pod.Obj("status").Arr("ephemeralContainerStatuses").Objects());

    private static IEnumerable<(JsonObject Container, JsonObject Status)> Sidecars(JsonObject pod, JsonObject status) =>
        pod.Obj("spec")
            .Arr("initContainers")
            .Objects()
            .Zip(status.Arr("initContainerStatuses").Objects())
            .Where(pair => PodResources.IsSidecar(pair.First));

    private static JsonObject Base(JsonObject pod, string phase)
    {
        var status = pod.Obj("status")?.Copy() ?? [];
        status["phase"] = phase;
        status["qosClass"] ??= QualityOfService.Of(pod.Child("spec"));
        return status;
    }

    private static void SetConditions(JsonObject pod, JsonObject status, string now)
    {
        var incomplete = pod.Obj("spec")
            .Arr("initContainers")
            .Objects()
            .Zip(status.Arr("initContainerStatuses").Objects())
            .Where(pair =>
                pair.Second.At("state", "terminated") is null
                && !(PodResources.IsSidecar(pair.First) && pair.Second.Flag("started"))
            )
            .Select(pair => pair.Second.Str("name"))
            .ToList();
        var unready = Sidecars(pod, status)
            .Select(s => s.Status)
            .Concat(status.Arr("containerStatuses").Objects())
            .Where(c => !c.Flag("ready"))
            .Select(c => c.Str("name"))
            .ToList();
        Conditions.Set(status, "PodScheduled", true, null, null, now);
        Set("Initialized", incomplete, "ContainersNotInitialized", "containers with incomplete status");
        foreach (var type in (ReadOnlySpan<string>)["ContainersReady", "Ready"])
        {
            Set(type, unready, "ContainersNotReady", "containers with unready status");
        }

        void Set(string type, List<string?> missing, string reason, string what)
        {
            var met = missing.Count == 0;
            var message = met ? null : $"{what}: [{string.Join(' ', missing)}]";
            Conditions.Set(status, type, met, met ? null : reason, message, now);
        }
    }

    private static void Fill(
        JsonObject pod,
        JsonObject status,
        string containers,
        string statuses,
        Action<JsonObject, JsonObject> fill
    )
    {
        if (pod.Obj("spec").Arr(containers) is not { Count: > 0 } list)
        {
            return;
        }
        var filled = new JsonArray();
        foreach (var container in list.Objects())
        {
            var one = new JsonObject
            {
                ["name"] = container.Str("name"),
                ["image"] = container.Str("image"),
                ["imageID"] = "",
                ["restartCount"] = 0,
            };
            fill(container, one);
            filled.Add((JsonNode)one);
        }
        status[statuses] = filled;
    }

    private static void Run(JsonObject pod, JsonObject container, JsonObject status, JsonObject? before, string now)
    {
        var goesOn = before.At("state", "running") is not null && before.Str("image") == container.Str("image");
        status["state"] = goesOn ? before!["state"]!.DeepClone() : State("running", ("startedAt", now));
        status["restartCount"] = before.Long("restartCount") ?? 0;
        if (before.At("lastState") is { } last)
        {
            status["lastState"] = last.DeepClone();
        }
        status["ready"] = true;
        status["started"] = true;
        status["imageID"] = "simulated://" + container.Str("image");
        status["containerID"] =
            "simulated://" + Objects.RandomName.HashOf(pod.Str("metadata", "uid") + container.Str("name"), 20);
    }

    private static void Refuse(JsonObject status, ContainerTrouble trouble, string now)
    {
        Wait(status, trouble.Reason);
        status["state"]!["waiting"]!["message"] = trouble.Message;
        if (trouble.Restarts is not { } restarts)
        {
            return;
        }
        status["restartCount"] = restarts;
        status["lastState"] = Terminated(1, "Error", now);
    }

    private static void Wait(JsonObject status, string reason)
    {
        status["state"] = State("waiting", ("reason", reason));
        status["ready"] = false;
        status["started"] = false;
    }

    private static void Terminate(JsonObject status, int code, string reason, string now)
    {
        status["state"] = Terminated(code, reason, now);
        status["ready"] = false;
        status["started"] = false;
    }

    private static JsonObject Terminated(int code, string reason, string now) =>
        new()
        {
            ["terminated"] = new JsonObject
            {
                ["exitCode"] = code,
                ["reason"] = reason,
                ["startedAt"] = now,
                ["finishedAt"] = now,
            },
        };

    private static JsonObject State(string name, params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var state = new JsonObject();
        foreach (var (field, value) in fields)
        {
            state[field] = value;
        }
        return new() { [name] = state };
    }

    private static bool HasTag(JsonObject container, string prefix) =>
        PodDefaults.Tag(container.Str("image") ?? "").StartsWith(prefix, StringComparison.Ordinal);
}
