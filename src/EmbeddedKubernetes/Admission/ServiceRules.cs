using System.Net;

namespace EmbeddedKubernetes.Admission;

/// <summary>What a service must fulfil.</summary>
internal static class ServiceRules
{
    public static void Check(JsonObject spec, JsonObject? before, FieldFaults faults)
    {
        var ports = spec.Arr("ports");
        var type = spec.Str("type");
        if (type == "ExternalName")
        {
            if (string.IsNullOrEmpty(spec.Str("externalName")))
            {
                faults.Required("spec.externalName");
            }
        }
        else if (ports is null or { Count: 0 } && spec.Str("clusterIP") != "None")
        {
            faults.Required("spec.ports");
        }
        Ports(ports, faults, type ?? "");
        External(spec, before, type ?? "", faults);
        MetadataRules.CheckLabels(spec.Obj("selector"), "spec.selector", faults);
        if (
            type == "ExternalName"
            && spec.Str("externalName") is { Length: > 0 } host
            && !NameSyntax.IsSubdomain(host.EndsWith('.') ? host[..^1] : host)
        )
        {
            faults.Invalid("spec.externalName", host, NameSyntax.SubdomainRule);
        }
        Addresses(spec, faults);
        var was = before.Str("clusterIP");
        if (
            !string.IsNullOrEmpty(was)
            && before.Str("type") != "ExternalName"
            && type != "ExternalName"
            && spec.Str("clusterIP") != was
        )
        {
            faults.Invalid(
                "spec.clusterIPs[0]",
                new JsonArray(spec["clusterIP"]?.DeepClone()),
                "may not change once set"
            );
        }
    }

    private static void Addresses(JsonObject spec, FieldFaults faults)
    {
        if (spec.Str("clusterIP") is { Length: > 0 } address and not "None" && !IPAddress.TryParse(address, out _))
        {
            faults.Invalid("spec.clusterIPs[0]", address, "must be a valid IP address, (e.g. 10.9.8.7)");
        }
        var i = 0;
        foreach (var external in spec.Arr("externalIPs") ?? [])
        {
            if (!IPAddress.TryParse(external.AsString(), out _))
            {
                faults.Invalid($"spec.externalIPs[{i}]", external, "must be a valid IP address, (e.g. 10.9.8.7)");
            }
            i++;
        }
    }

    /// <summary>It can be reached from without.</summary>
    public static bool IsExternal(JsonObject spec) =>
        spec.Str("type") is "NodePort" or "LoadBalancer"
        || (spec.Str("type") == "ClusterIP" && spec.Arr("externalIPs") is { Count: > 0 });

    /// <summary>Ports that name no node port get one.</summary>
    public static bool NeedsNodePorts(JsonObject spec) =>
        spec.Str("type") == "NodePort"
        || (
            spec.Str("type") == "LoadBalancer"
            && spec["allocateLoadBalancerNodePorts"]?.GetValueKind() != JsonValueKind.False
        );

    /// <summary>A load balancer asks its nodes whether they have a pod.</summary>
    public static bool NeedsHealthCheck(JsonObject spec) =>
        spec.Str("type") == "LoadBalancer" && spec.Str("externalTrafficPolicy") == "Local";

    private static void External(JsonObject spec, JsonObject? before, string type, FieldFaults faults)
    {
        if (type is "NodePort" or "LoadBalancer" && spec.Str("clusterIP") == "None")
        {
            faults.Invalid("spec.clusterIPs[0]", "None", $"may not be set to 'None' for {type} services");
        }
        if (spec.Str("externalTrafficPolicy") is { Length: > 0 } policy)
        {
            if (!IsExternal(spec))
            {
                faults.Invalid(
                    "spec.externalTrafficPolicy",
                    policy,
                    "may only be set for externally-accessible services"
                );
            }
            else if (policy is not ("Cluster" or "Local"))
            {
                faults.NotSupported("spec.externalTrafficPolicy", policy, ["Cluster", "Local"]);
            }
        }
        if (type != "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] is not null)
        {
            faults.Forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'");
        }
        var check = spec.Long("healthCheckNodePort") ?? 0;
        if (check < 0)
        {
            faults.Invalid("spec.healthCheckNodePort", check, "must be greater than or equal to 0");
        }
        else if (check != 0 && !NeedsHealthCheck(spec))
        {
            faults.Invalid(
                "spec.healthCheckNodePort",
                check,
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
            );
        }
        else if (before is not null && NeedsHealthCheck(before) && NeedsHealthCheck(spec))
        {
            faults.Immutable("spec.healthCheckNodePort", spec["healthCheckNodePort"], before["healthCheckNodePort"]);
        }
    }

    private static void Ports(JsonArray? ports, FieldFaults faults, string type)
    {
        var nodePorts = new HashSet<string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var port in ports.Objects())
        {
            var at = $"spec.ports[{i++}]";
            if (string.IsNullOrEmpty(port.Str("name")) && ports!.Count > 1)
            {
                faults.Required(at + ".name");
            }
            PodRules.Name(port, at, names, faults);
            PodRules.PortNumber(port["port"], at + ".port", faults);
            PodRules.PortNumberOrName(port["targetPort"], at + ".targetPort", faults);
            if (port.Long("nodePort") is { } nodePort and not 0)
            {
                if (type == "ClusterIP")
                {
                    faults.Forbidden(at + ".nodePort", "may not be used when `type` is 'ClusterIP'");
                }
                else if (!nodePorts.Add($"{nodePort}/{port.Str("protocol")}"))
                {
                    faults.Duplicate(at + ".nodePort", nodePort);
                }
            }
            if (!numbers.Add($"{port.Long("port")}/{port.Str("protocol")}"))
            {
                faults.Duplicate(
                    at,
                    new JsonObject
                    {
                        ["port"] = port["port"]?.DeepClone(),
                        ["protocol"] = port["protocol"]?.DeepClone(),
                    }
                );
            }
        }
    }
}
