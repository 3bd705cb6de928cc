namespace EmbeddedKubernetes.Controllers;

/// <summary>
/// Accepts Gateway API objects, if their definitions are installed: every class, gateway and route is taken as programmed.
/// No traffic flows, as with everything here.
/// </summary>
internal sealed class GatewayController(ClusterContext cluster) : IController
{
    private const string Group = ".gateway.networking.k8s.io";
    private const string ControllerName = "embedded-kubernetes/simulated";

    public void Observe(StoreEvent change, WorkQueue queue)
    {
        if (change.Type != ChangeType.Deleted && change.Object.Key.Resource.EndsWith(Group, StringComparison.Ordinal))
        {
            queue.Add(this, change.Object.Key);
        }
    }

    public void Reconcile(ObjectKey key)
    {
        if (
            cluster.Objects.Catalogue.ForStorage(key.Resource) is not { HasStatus: true } type
            || cluster.Store.Get(key) is not { } stored
            || stored.Terminating
        )
        {
            return;
        }
        var value = type.Present(stored);
        var status = value.Obj("status")?.Copy() ?? [];
        switch (type.Kind)
        {
            case "GatewayClass":
                Accept(status, value, "Accepted");
                break;
            case "Gateway":
                Accept(status, value, "Accepted");
                Accept(status, value, "Programmed");
                status["listeners"] = Listeners(value, status.Arr("listeners"));
                break;
            case "HTTPRoute" or "GRPCRoute" or "TLSRoute" or "TCPRoute" or "UDPRoute":
                status["parents"] = Parents(value, status.Arr("parents"));
                break;
            default:
                return;
        }
        if (!JsonNode.DeepEquals(value["status"], status))
        {
            cluster.Modify(type, key, live => live["status"] = status.DeepClone(), "status");
        }
    }

    private JsonArray Listeners(JsonObject gateway, JsonArray? before)
    {
        var listeners = new JsonArray();
        foreach (var listener in gateway.Obj("spec").Arr("listeners").Objects())
        {
            var name = listener.Str("name");
            var status =
                before.Objects().FirstOrDefault(l => l.Str("name") == name)?.Copy()
                ?? new JsonObject { ["name"] = name };
            status["attachedRoutes"] ??= 0;
            status["supportedKinds"] ??= new JsonArray();
            foreach (var type in (ReadOnlySpan<string>)["Accepted", "Programmed", "ResolvedRefs"])
            {
                Accept(status, gateway, type);
            }
            listeners.Add((JsonNode)status);
        }
        return listeners;
    }

    private JsonArray Parents(JsonObject route, JsonArray? before)
    {
        var parents = new JsonArray();
        foreach (var reference in route.Obj("spec").Arr("parentRefs").Objects())
        {
            var known = before.Objects().FirstOrDefault(p => JsonNode.DeepEquals(p["parentRef"], reference))?.Copy();
            var status =
                known ?? new JsonObject { ["parentRef"] = reference.DeepClone(), ["controllerName"] = ControllerName };
            Accept(status, route, "Accepted");
            Accept(status, route, "ResolvedRefs");
            parents.Add((JsonNode)status);
        }
        return parents;
    }

    private void Accept(JsonObject status, JsonObject about, string type)
    {
        var condition = Conditions.Set(status, type, true, type, "Simulated: no traffic flows.", cluster.Objects.Now);
        condition["observedGeneration"] = about.Long("metadata", "generation") ?? 1;
    }
}
