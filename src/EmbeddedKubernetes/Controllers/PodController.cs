using EmbeddedKubernetes.Admission;

namespace EmbeddedKubernetes.Controllers;

/// <summary>
/// Scheduler and kubelet in one, without running anything. A pod that fits goes to the one node; after the start delay it is
/// ready, unless something it refers to is missing, or an image tag begins with <c>fail-</c> (it crashes again and again) or
/// <c>missing-</c> (it cannot be pulled). Pods that are not restarted always succeed after another delay.
/// </summary>
internal sealed class PodController(ClusterContext cluster, TimeSpan startDelay) : IController
{
    private const string Scheduler = "default-scheduler";
    private const string NotHelpful = "1 Preemption is not helpful for scheduling";
    private const string NoVictims = "1 No preemption victims found for incoming pod";
    private readonly ResourceType _type = cluster.Type("v1", "Pod");
    private readonly ObjectKey _nodeKey = cluster.Type("v1", "Node").Key("", ClusterContext.NodeName);
    private readonly PodReferences _references = new(cluster);
    private readonly PodNeighbours _neighbours = new(cluster);
    private readonly WaitingPods _waiting = new();
    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _started = new(StringComparer.Ordinal);
    private (StoredObject Stored, JsonObject Value)? _node;
    private int _addresses;

    public void Observe(StoreEvent change, WorkQueue queue)
    {
        var key = change.Object.Key;
        foreach (var pod in _waiting.For(key))
        {
            queue.Add(this, pod);
        }
        if (key.Resource != _type.Storage)
        {
            return;
        }
        _neighbours.Observe(change);
        if (change.Type == ChangeType.Deleted)
        {
            _started.Remove(change.Object.Uid);
            _told.Remove(change.Object.Uid);
            _waiting.Forget(key);
            return;
        }
        queue.Add(this, key);
    }

    public void Reconcile(ObjectKey key)
    {
        if (cluster.Read(key) is not { } pod || Owner.IsTerminating(pod) || PodView.IsFinished(pod))
        {
            return;
        }
        if (string.IsNullOrEmpty(pod.Str("spec", "nodeName")))
        {
            if (!Schedule(ref pod, key))
            {
                return;
            }
        }
        else if (pod.Str("spec", "nodeName") != ClusterContext.NodeName)
        {
            // Of a node that nobody looks after.
            return;
        }
        if (pod.Str("status", "startTime") is null)
        {
            cluster.SetStatus(_type, pod, PodStates.Creating(pod, cluster.Objects.Now), ClusterContext.Kubelet);
            _started[pod.Str("metadata", "uid")!] = cluster.Now;
            cluster.Timers.After(startDelay, this, key);
            return;
        }
        Advance(pod, key);
    }

    private bool Schedule(ref JsonObject pod, ObjectKey key)
    {
        var now = cluster.Objects.Now;
        if (pod.Obj("spec").Arr("schedulingGates") is { Count: > 0 })
        {
            var gated = "Scheduling is blocked due to non-empty scheduling gates";
            cluster.SetStatus(_type, pod, PodStates.Unscheduled(pod, "SchedulingGated", gated, now), Scheduler);
            return false;
        }
        if (pod.Str("spec", "schedulerName") is not (null or Scheduler))
        {
            return false;
        }
        if (Unfit(pod) is { } missing)
        {
            var status = PodStates.Unscheduled(pod, "Unschedulable", missing.Message, now);
            Hold(pod, key, missing, status, "FailedScheduling", missing.Message, Scheduler);
            return false;
        }
        GoOn(pod, key);
        pod = cluster.Modify(
            _type,
            key,
            p => p.Child("spec")["nodeName"] = ClusterContext.NodeName,
            manager: Scheduler
        );
        cluster.Events.Normal(
            pod,
            "Scheduled",
            $"Successfully assigned {key.Namespace}/{key.Name} to {ClusterContext.NodeName} (simulated)",
            Scheduler
        );
        return true;
    }

    private MissingReference? Unfit(JsonObject pod)
    {
        if (Node() is not { } node)
        {
            return new(_nodeKey, "no nodes available to schedule pods");
        }
        var spec = pod.Obj("spec")!;
        return _references.UnboundClaim(pod) is { } claim ? NotAvailable(claim, NotHelpful)
            : NodeFit.Refusal(node, spec) is { } refusal ? NotAvailable(new(_nodeKey, refusal), NotHelpful)
            : _neighbours.InTheWay(node, pod) is { } neighbour ? NotAvailable(neighbour, NoVictims)
            : null;
    }

    private static MissingReference NotAvailable(MissingReference why, string preemption) =>
        why with
        {
            Message = $"0/1 nodes are available: {why.Message}. preemption: 0/1 nodes are available: {preemption}.",
        };

    private JsonObject? Node()
    {
        if (cluster.Store.Get(_nodeKey) is not { } stored)
        {
            return null;
        }
        if (_node?.Stored != stored)
        {
            _node = (stored, stored.Read());
        }
        return _node?.Value;
    }

    /// <summary>Lets a pod wait for what is missing, and tells so once.</summary>
    private void Hold(
        JsonObject pod,
        ObjectKey key,
        MissingReference missing,
        JsonObject status,
        string reason,
        string message,
        string component
    )
    {
        _waiting.Wait(key, missing.Key);
        var uid = pod.Str("metadata", "uid")!;
        if (_told.GetValueOrDefault(uid) == message)
        {
            return;
        }
        _told[uid] = message;
        cluster.SetStatus(_type, pod, status, component);
        cluster.Events.Warning(pod, reason, message, component);
    }

    private void GoOn(JsonObject pod, ObjectKey key)
    {
        if (_told.Remove(pod.Str("metadata", "uid")!))
        {
            _waiting.Forget(key);
        }
    }

    private void Advance(JsonObject pod, ObjectKey key)
    {
        var uid = pod.Str("metadata", "uid")!;
        if (_started.TryGetValue(uid, out var started) && started + startDelay - cluster.Now is { Ticks: > 0 } early)
        {
            // Woken by something else, or by a timer that is a little ahead of the clock.
            cluster.Timers.After(early, this, key);
            return;
        }
        var running = PodStates.IsRunning(pod);
        if (!running && _references.UnmountableVolume(pod) is { } volume)
        {
            var creating = PodStates.Creating(pod, cluster.Objects.Now);
            Hold(pod, key, volume, creating, "FailedMount", volume.Message, ClusterContext.Kubelet);
            return;
        }
        if (PodStates.Starting(pod).FirstOrDefault(c => InvalidName(c) is not null) is { } misnamed)
        {
            RefuseName(pod, misnamed);
            return;
        }
        if (PodStates.MissingImage(pod) is { } missing)
        {
            FailPull(pod, key, missing);
            return;
        }
        if (!running && MissingVariable(pod) is { } variable)
        {
            var status = Started(pod, "ErrImagePull", PodStates.Restarts(pod));
            Hold(pod, key, variable, status, "Failed", "Error: " + variable.Message, ClusterContext.Kubelet);
            return;
        }
        GoOn(pod, key);
        if (PodStates.CrashingContainer(pod) is not null)
        {
            Crash(pod, key);
            return;
        }
        var runs = pod.Str("spec", "restartPolicy") is "Always" or null;
        if (!running)
        {
            TellStart(pod);
            cluster.SetStatus(_type, pod, Started(pod, "", 0), ClusterContext.Kubelet);
            if (!runs)
            {
                _started[uid] = cluster.Now;
                cluster.Timers.After(startDelay, this, key);
            }
        }
        else if (!runs)
        {
            _started.Remove(uid);
            cluster.SetStatus(
                _type,
                pod,
                PodStates.Finished(pod, success: true, cluster.Objects.Now),
                ClusterContext.Kubelet
            );
        }
        else if (PodStates.HasNewContainers(pod))
        {
            cluster.SetStatus(_type, pod, Started(pod, "", 0), ClusterContext.Kubelet);
        }
    }

    private MissingReference? MissingVariable(JsonObject pod) =>
        PodStates
            .Starting(pod)
            .Select(container => _references.UnsetVariable(pod, container))
            .FirstOrDefault(missing => missing is not null);

    private JsonObject Started(JsonObject pod, string pulling, long restarts) =>
        PodStates.Started(
            pod,
            pod.Str("status", "podIP") ?? NextAddress(),
            container => Trouble(pod, container, pulling, restarts),
            cluster.Objects.Now
        );

    private ContainerTrouble? Trouble(JsonObject pod, JsonObject container, string pulling, long restarts)
    {
        if (InvalidName(container) is { } fault)
        {
            return new("InvalidImageName", fault);
        }
        if (PodStates.IsMissing(container))
        {
            return new(pulling, $"the image {container.Str("image")} cannot be pulled (simulated)");
        }
        if (_references.UnsetVariable(pod, container) is { } variable)
        {
            return new("CreateContainerConfigError", variable.Message);
        }
        return PodStates.IsCrashing(container)
            ? new(
                "CrashLoopBackOff",
                $"back-off {(long)PodStates.BackOff(restarts).TotalSeconds}s restarting failed container={container.Str("name")} pod={pod.Str("metadata", "name")}",
                restarts
            )
            : null;
    }

    private static string? InvalidName(JsonObject container)
    {
        var image = container.Str("image") ?? "";
        return ImageReference.Fault(image) is { } fault
            ? $"Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {fault}"
            : null;
    }

    private void RefuseName(JsonObject pod, JsonObject container)
    {
        if (PodStates.Waiting(pod, "InvalidImageName"))
        {
            return;
        }
        var status = Started(pod, "ErrImagePull", PodStates.Restarts(pod));
        cluster.SetStatus(_type, pod, status, ClusterContext.Kubelet);
        cluster.Events.Warning(pod, "InspectFailed", InvalidName(container)!, ClusterContext.Kubelet);
        cluster.Events.Warning(pod, "Failed", "Error: InvalidImageName", ClusterContext.Kubelet);
    }

    private void FailPull(JsonObject pod, ObjectKey key, string image)
    {
        var backOff = PodStates.Waiting(pod, "ErrImagePull");
        if (PodStates.IsPullFailing(pod) && !backOff)
        {
            return;
        }
        var reason = backOff ? "ImagePullBackOff" : "ErrImagePull";
        cluster.SetStatus(_type, pod, Started(pod, reason, PodStates.Restarts(pod)), ClusterContext.Kubelet);
        if (backOff)
        {
            cluster.Events.Normal(pod, "BackOff", $"Back-off pulling image \"{image}\"", ClusterContext.Kubelet);
            return;
        }
        cluster.Events.Normal(pod, "Pulling", $"Pulling image \"{image}\"", ClusterContext.Kubelet);
        cluster.Events.Warning(
            pod,
            "Failed",
            $"Failed to pull image \"{image}\": not found (simulated)",
            ClusterContext.Kubelet
        );
        cluster.Timers.After(startDelay, this, key);
        _started[pod.Str("metadata", "uid")!] = cluster.Now;
    }

    private void Crash(JsonObject pod, ObjectKey key)
    {
        if (pod.Str("spec", "restartPolicy") == "Never")
        {
            cluster.SetStatus(
                _type,
                pod,
                PodStates.Finished(pod, success: false, cluster.Objects.Now),
                ClusterContext.Kubelet
            );
            return;
        }
        var uid = pod.Str("metadata", "uid")!;
        var restarts = PodStates.Restarts(pod);
        var wait = PodStates.BackOff(restarts);
        var last = ClusterContext.Time(PodStates.LastCrash(pod));
        if (last is { } at && cluster.Now < at + wait)
        {
            cluster.Timers.After(at + wait - cluster.Now, this, key);
            return;
        }
        if (last is null)
        {
            TellStart(pod);
        }
        _started.Remove(uid);
        var restartsNow = last is null ? 0 : restarts + 1;
        cluster.SetStatus(_type, pod, Started(pod, "", restartsNow), ClusterContext.Kubelet);
        cluster.Events.Warning(
            pod,
            "BackOff",
            $"Back-off restarting failed container {PodStates.CrashingContainer(pod)} in pod {key.Name}_{key.Namespace}",
            ClusterContext.Kubelet
        );
        cluster.Timers.After(PodStates.BackOff(restartsNow), this, key);
    }

    private void TellStart(JsonObject pod)
    {
        foreach (var container in pod.Obj("spec").Arr("containers").Objects())
        {
            var name = container.Str("name");
            cluster.Events.Normal(
                pod,
                "Pulled",
                $"Image \"{container.Str("image")}\" is taken as present (simulated)",
                ClusterContext.Kubelet
            );
            cluster.Events.Normal(pod, "Started", $"Started container {name} (simulated)", ClusterContext.Kubelet);
        }
    }

    private string NextAddress()
    {
        if (_addresses == 0)
        {
            foreach (var stored in cluster.Store.List(_type.Storage))
            {
                if (stored.Read().Str("status", "podIP")?.Split('.') is [_, _, var a, var b])
                {
                    _addresses = Math.Max(
                        _addresses,
                        (int.Parse(a, CultureInfo.InvariantCulture) * 250) + int.Parse(b, CultureInfo.InvariantCulture)
                    );
                }
            }
        }
        var n = ++_addresses % (250 * 256);
        return string.Create(CultureInfo.InvariantCulture, $"10.244.{n / 250}.{(n % 250) + 2}");
    }
}
