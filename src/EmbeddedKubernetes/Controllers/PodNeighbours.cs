using EmbeddedKubernetes.Selectors;

namespace EmbeddedKubernetes.Controllers;

/// <summary>Whether the pods on the node let another in: ports of the host, and pods that keep apart.</summary>
internal sealed class PodNeighbours(ClusterContext cluster)
{
    private readonly ResourceType _pods = cluster.Type("v1", "Pod");
    private readonly ResourceType _namespaces = cluster.Type("v1", "Namespace");

    // The few pods that others have to look at; to look through all of them with every pod would take the longer the more there are.
    private readonly HashSet<ObjectKey> _particular = [];

    public void Observe(StoreEvent change)
    {
        var key = change.Object.Key;
        var json = change.Object.Json.AsSpan();
        if (
            change.Type != ChangeType.Deleted
            && (json.IndexOf("\"hostPort\""u8) >= 0 || json.IndexOf("\"podAntiAffinity\""u8) >= 0)
        )
        {
            _particular.Add(key);
        }
        else
        {
            _particular.Remove(key);
        }
    }

    /// <summary>The first pod on the node that keeps this one away, and why.</summary>
    public MissingReference? InTheWay(JsonObject node, JsonObject pod)
    {
        var particular = _particular.Count == 0 ? [] : OnNode(_particular.Select(cluster.Read)).ToList();
        var ports = HostPorts(pod).ToList();
        if (
            ports.Count > 0
            && particular.Find(other => HostPorts(other).Any(p => ports.Exists(q => Collide(p, q)))) is { } holder
        )
        {
            return Because(holder, "1 node(s) didn't have free ports for the requested pod ports");
        }
        if (Terms(pod, node).ToList() is { Count: > 0 } own)
        {
            var others = OnNode(cluster.Store.List(_pods.Storage).Select(p => (JsonObject?)p.Read()));
            if (others.FirstOrDefault(other => own.Exists(t => Keeps(t, pod, other))) is { } neighbour)
            {
                return Because(neighbour, "1 node(s) didn't match pod anti-affinity rules");
            }
        }
        return particular.Find(other => Terms(other, node).Any(t => Keeps(t, other, pod))) is { } loner
            ? Because(loner, "1 node(s) didn't satisfy existing pods anti-affinity rules")
            : null;
    }

    private MissingReference Because(JsonObject other, string why) => new(ClusterContext.KeyOf(_pods, other), why);

    private static IEnumerable<JsonObject> OnNode(IEnumerable<JsonObject?> pods) =>
        pods.OfType<JsonObject>()
            .Where(p => p.Str("spec", "nodeName") == ClusterContext.NodeName && !PodView.IsFinished(p));

    private static IEnumerable<JsonObject> HostPorts(JsonObject pod) =>
        PodStates.Starting(pod).SelectMany(c => c.Arr("ports").Objects()).Where(p => p.Long("hostPort") is > 0);

    private static bool Collide(JsonObject one, JsonObject other) =>
        one.Long("hostPort") == other.Long("hostPort")
        && one.Str("protocol") == other.Str("protocol")
        && (IsAny(one) || IsAny(other) || one.Str("hostIP") == other.Str("hostIP"));

    private static bool IsAny(JsonObject port) => port.Str("hostIP") is null or "" or "0.0.0.0";

    // A term that goes by a label which the node does not have keeps nobody away.
    private static IEnumerable<JsonObject> Terms(JsonObject pod, JsonObject node) =>
        pod.Obj("spec")
            .Obj("affinity")
            .Obj("podAntiAffinity")
            .Arr("requiredDuringSchedulingIgnoredDuringExecution")
            .Objects()
            .Where(t => node.Obj("metadata").Obj("labels")?.ContainsKey(t.Str("topologyKey") ?? "") == true);

    /// <summary>The term of a pod means the other one.</summary>
    private bool Keeps(JsonObject term, JsonObject pod, JsonObject other)
    {
        if (pod.Str("metadata", "uid") == other.Str("metadata", "uid") || term.Obj("labelSelector") is not { } selector)
        {
            return false;
        }
        var labels = other.Obj("metadata").Obj("labels");
        var own = pod.Obj("metadata").Obj("labels");
        return LabelSelector.From(selector)!.Matches(labels)
            && InNamespaces(term, pod.Str("metadata", "namespace")!, other.Str("metadata", "namespace")!)
            && (term.Arr("matchLabelKeys") ?? []).All(k => Same(k.AsString()!))
            && (term.Arr("mismatchLabelKeys") ?? []).All(k => !Same(k.AsString()!));

        bool Same(string label) => own.Str(label) is not { } value || labels.Str(label) == value;
    }

    private bool InNamespaces(JsonObject term, string own, string other)
    {
        var named = term.Arr("namespaces");
        var selector = term.Obj("namespaceSelector");
        return selector is null && named is null or { Count: 0 }
            ? other == own
            : named?.Any(n => n.AsString() == other) == true
                || (
                    selector is not null
                    && LabelSelector
                        .From(selector)!
                        .Matches(cluster.Read(_namespaces.Key("", other)).Obj("metadata").Obj("labels"))
                );
    }
}
