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
        Ports(ports, faults);
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

    private static void Ports(JsonArray? ports, FieldFaults faults)
    {
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
