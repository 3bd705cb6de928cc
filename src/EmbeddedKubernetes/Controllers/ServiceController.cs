using System.Runtime.CompilerServices;
using EmbeddedKubernetes.Selectors;

namespace EmbeddedKubernetes.Controllers;

/// <summary>Keeps the endpoints of services: the addresses of matching pods. A LoadBalancer never gets an address here.</summary>
internal sealed class ServiceController(ClusterContext cluster) : IController
{
    private const string ManagedBy = "endpoints.kubernetes.io/managed-by";
    private const string Name = "endpoint-controller";
    private readonly ResourceType _type = cluster.Type("v1", "Service");
    private readonly ResourceType _pods = cluster.Type("v1", "Pod");
    private readonly ResourceType _endpoints = cluster.Type("v1", "Endpoints");
    private readonly ResourceType _slices = cluster.Type("discovery.k8s.io/v1", "EndpointSlice");

    // Asked for with every change of a pod; it goes with the version of the service it was read from.
    private readonly ConditionalWeakTable<StoredObject, LabelSelector> _selectors = [];

    public void Observe(StoreEvent change, WorkQueue queue)
    {
        var key = change.Object.Key;
        if (key.Resource == _type.Storage)
        {
            if (change.Type == ChangeType.Deleted && key is { Namespace: "default", Name: "kubernetes" })
            {
                Bootstrap.EnsureApiService(cluster.Objects);
            }
            queue.Add(this, key);
        }
        else if (key.Resource == _endpoints.Storage && change.Type == ChangeType.Deleted)
        {
            queue.Add(this, key with { Resource = _type.Storage });
        }
        else if (key.Resource == _pods.Storage)
        {
            foreach (var service in cluster.Store.List(_type.Storage, key.Namespace))
            {
                var selector = _selectors.GetValue(service, SelectorOf);
                if (
                    selector.Matches(change.Object.Labels)
                    || (change.Previous is { } was && selector.Matches(was.Labels))
                )
                {
                    queue.Add(this, service.Key);
                }
            }
        }
    }

    public void Reconcile(ObjectKey key)
    {
        var endpointsKey = key with { Resource = _endpoints.Storage };
        if (cluster.Read(key) is not { } service)
        {
            if (cluster.Read(endpointsKey) is { } left && left.Str("metadata", "labels", ManagedBy) == Name)
            {
                cluster.Delete(_endpoints, endpointsKey);
            }
            return;
        }
        if (
            LabelSelector.FromMap(service.Obj("spec").Obj("selector")) is not { } selector
            || service.Str("spec", "type") == "ExternalName"
        )
        {
            return;
        }
        var pods = cluster
            .Store.List(_pods.Storage, key.Namespace)
            .Where(p => selector.Matches(p.Labels) && !p.Terminating)
            .Select(p => p.Read())
            .Where(p => p.Str("status", "podIP") is not null && !PodView.IsFinished(p))
            .ToList();
        WriteEndpoints(service, endpointsKey, pods);
        WriteSlice(service, key, pods);
    }

    private static LabelSelector SelectorOf(StoredObject service) =>
        LabelSelector.FromMap(service.Read().Obj("spec").Obj("selector")) ?? LabelSelector.Nothing;

    private void WriteEndpoints(JsonObject service, ObjectKey key, List<JsonObject> pods)
    {
        var early = service.Flag("spec", "publishNotReadyAddresses");
        var subsets = new JsonArray();
        foreach (var group in pods.GroupBy(p => Ports(service, p, slice: false).Text(), StringComparer.Ordinal))
        {
            var subset = new JsonObject();
            foreach (var pod in group)
            {
                var list = PodView.IsReady(pod) || early ? "addresses" : "notReadyAddresses";
                if (subset.Arr(list) is not { } addresses)
                {
                    subset[list] = addresses = [];
                }
                addresses.Add(
                    (JsonNode)
                        new JsonObject
                        {
                            ["ip"] = pod.Str("status", "podIP"),
                            ["nodeName"] = pod.Str("spec", "nodeName"),
                            ["targetRef"] = Target(pod),
                        }
                );
            }
            subset["ports"] = JsonNode.Parse(group.Key);
            subsets.Add((JsonNode)subset);
        }
        Write(
            _endpoints,
            key,
            new() { ["metadata"] = Metadata(service, key.Name, (ManagedBy, Name)) },
            value =>
            {
                value.Remove("subsets");
                if (subsets.Count > 0)
                {
                    value["subsets"] = subsets.DeepClone();
                }
            }
        );
    }

    private void WriteSlice(JsonObject service, ObjectKey key, List<JsonObject> pods)
    {
        var endpoints = new JsonArray();
        foreach (var pod in pods)
        {
            var ready = PodView.IsReady(pod);
            endpoints.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["addresses"] = new JsonArray(pod.Str("status", "podIP")),
                        ["conditions"] = new JsonObject
                        {
                            ["ready"] = ready || service.Flag("spec", "publishNotReadyAddresses"),
                            ["serving"] = ready,
                            ["terminating"] = false,
                        },
                        ["nodeName"] = pod.Str("spec", "nodeName"),
                        ["targetRef"] = Target(pod),
                    }
            );
        }
        var name = $"{key.Name}-{Objects.RandomName.HashOf(service.Str("metadata", "uid")!, 5)}";
        var metadata = Metadata(
            service,
            name,
            ("kubernetes.io/service-name", key.Name),
            ("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io")
        );
        metadata["ownerReferences"] = new JsonArray(Owner.Reference(service));
        Write(
            _slices,
            _slices.Key(key.Namespace, name),
            new()
            {
                ["metadata"] = metadata,
                ["addressType"] = "IPv4",
                ["endpoints"] = new JsonArray(),
            },
            value =>
            {
                value["endpoints"] = endpoints.DeepClone();
                value["ports"] =
                    pods.Count == 0 ? Ports(service, null, slice: true) : Ports(service, pods[0], slice: true);
            }
        );
    }

    private void Write(ResourceType type, ObjectKey key, JsonObject fresh, Action<JsonObject> fill)
    {
        if (cluster.Store.Get(key) is null)
        {
            fill(fresh);
            cluster.Ensure(type, key.Namespace, fresh);
        }
        else
        {
            cluster.Modify(type, key, fill);
        }
    }

    private static JsonObject Metadata(
        JsonObject service,
        string name,
        params ReadOnlySpan<(string Name, string Value)> more
    )
    {
        var labels = service.Obj("metadata").Obj("labels")?.Copy() ?? [];
        foreach (var (label, value) in more)
        {
            labels[label] = value;
        }
        return new() { ["name"] = name, ["labels"] = labels };
    }

    private static JsonArray Ports(JsonObject service, JsonObject? pod, bool slice)
    {
        var ports = new JsonArray();
        foreach (var port in service.Obj("spec").Arr("ports").Objects())
        {
            if (Resolve(port, pod) is not { } number)
            {
                continue;
            }
            var value = new JsonObject();
            if (slice || port.Str("name") is { Length: > 0 })
            {
                value["name"] = port.Str("name") ?? "";
            }
            value["port"] = number;
            value["protocol"] = port.Str("protocol") ?? "TCP";
            ports.Add((JsonNode)value);
        }
        return ports;
    }

    private static long? Resolve(JsonObject port, JsonObject? pod)
    {
        var target = port["targetPort"];
        if (target is null || target.GetValueKind() == JsonValueKind.Number)
        {
            return target.AsLong() ?? port.Long("port");
        }
        foreach (var container in pod.Obj("spec").Arr("containers").Objects())
        {
            foreach (var own in container.Arr("ports").Objects())
            {
                if (own.Str("name") == target.AsString())
                {
                    return own.Long("containerPort");
                }
            }
        }
        return null;
    }

    private static JsonObject Target(JsonObject pod) =>
        new()
        {
            ["kind"] = "Pod",
            ["name"] = pod.Str("metadata", "name"),
            ["namespace"] = pod.Str("metadata", "namespace"),
            ["uid"] = pod.Str("metadata", "uid"),
        };
}
