namespace EmbeddedKubernetes.Controllers;

/// <summary>Pods by the one object they wait for, so that a change finds them without looking at all pods.</summary>
internal sealed class WaitingPods
{
    private readonly Dictionary<ObjectKey, ObjectKey> _targets = [];
    private readonly Dictionary<ObjectKey, HashSet<ObjectKey>> _pods = [];

    public void Wait(ObjectKey pod, ObjectKey target)
    {
        if (_targets.TryGetValue(pod, out var before) && before == target)
        {
            return;
        }
        Forget(pod);
        _targets[pod] = target;
        if (!_pods.TryGetValue(target, out var pods))
        {
            _pods[target] = pods = [];
        }
        pods.Add(pod);
    }

    public void Forget(ObjectKey pod)
    {
        if (_targets.Remove(pod, out var target) && _pods[target].Remove(pod) && _pods[target].Count == 0)
        {
            _pods.Remove(target);
        }
    }

    /// <summary>The pods that wait for the object.</summary>
    public IEnumerable<ObjectKey> For(ObjectKey target) =>
        _pods.Count > 0 && _pods.TryGetValue(target, out var pods) ? pods : [];
}
