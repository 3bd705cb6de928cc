namespace EmbeddedKubernetes.Controllers;

/// <summary>
/// Scheduler and kubelet in one, without running anything. Every pod goes to the one node; after the start delay it is
/// ready, unless an image tag begins with <c>fail-</c> (it crashes again and again) or <c>missing-</c> (it cannot be
/// pulled). Pods that are not restarted always succeed after another delay.
/// </summary>
internal sealed class PodController(ClusterContext cluster, TimeSpan startDelay) : IController
{
    private const string Scheduler = "default-scheduler";
    private readonly ResourceType _type = cluster.Type("v1", "Pod");
    private readonly Dictionary<string, DateTimeOffset> _started = new(StringComparer.Ordinal);
    private int _addresses;

    public void Observe(StoreEvent change, WorkQueue queue)
    {
        var key = change.Object.Key;
        if (key.Resource != _type.Storage)
        {
            return;
        }
        if (change.Type == ChangeType.Deleted)
        {
            _started.Remove(change.Object.Uid);
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
            if (pod.Obj("spec").Arr("schedulingGates") is { Count: > 0 })
            {
                return;
            }
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

    private void Advance(JsonObject pod, ObjectKey key)
    {
        var uid = pod.Str("metadata", "uid")!;
        if (_started.TryGetValue(uid, out var started) && started + startDelay - cluster.Now is { Ticks: > 0 } early)
        {
            // Woken by something else, or by a timer that is a little ahead of the clock.
            cluster.Timers.After(early, this, key);
            return;
        }
        if (PodStates.MissingImage(pod) is { } missing)
        {
            FailPull(pod, key, missing);
            return;
        }
        if (PodStates.CrashingContainer(pod) is not null)
        {
            Crash(pod, key);
            return;
        }
        var runs = pod.Str("spec", "restartPolicy") is "Always" or null;
        if (!PodStates.IsRunning(pod))
        {
            var address = pod.Str("status", "podIP") ?? NextAddress();
            TellStart(pod);
            cluster.SetStatus(_type, pod, PodStates.Running(pod, address, cluster.Objects.Now), ClusterContext.Kubelet);
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
    }

    private void FailPull(JsonObject pod, ObjectKey key, string image)
    {
        var backOff = pod.Obj("status")
            .Arr("containerStatuses")
            .Objects()
            .Any(c => c.Str("state", "waiting", "reason") == "ErrImagePull");
        if (!PodStates.IsPullFailing(pod) || backOff)
        {
            var reason = backOff ? "ImagePullBackOff" : "ErrImagePull";
            cluster.SetStatus(
                _type,
                pod,
                PodStates.PullFailing(pod, reason, cluster.Objects.Now),
                ClusterContext.Kubelet
            );
            if (backOff)
            {
                cluster.Events.Normal(pod, "BackOff", $"Back-off pulling image \"{image}\"", ClusterContext.Kubelet);
            }
            else
            {
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
        }
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
        var address = pod.Str("status", "podIP") ?? NextAddress();
        if (last is null)
        {
            TellStart(pod);
        }
        _started.Remove(uid);
        var restartsNow = last is null ? 0 : restarts + 1;
        var status = PodStates.Crashed(pod, address, restartsNow, cluster.Objects.Now);
        cluster.SetStatus(_type, pod, status, ClusterContext.Kubelet);
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
