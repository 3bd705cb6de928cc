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

    private static void Ports(JsonArray? ports, FieldFaults faults)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var port in ports.Objects())
        {
            var at = $"spec.ports[{i++}]";
            var name = port.Str("name") ?? "";
            if (name.Length == 0)
            {
                if (ports!.Count > 1)
                {
                    faults.Required(at + ".name");
                }
            }
            else if (!NameSyntax.IsLabel(name))
            {
                faults.Invalid(at + ".name", name, NameSyntax.LabelRule);
            }
            else if (!names.Add(name))
            {
                faults.Duplicate(at + ".name", name);
            }
            if (port.Long("port") is { } number && number is < 1 or > 65535)
            {
                faults.Invalid(at + ".port", port["port"], "must be between 1 and 65535, inclusive");
            }
            if (
                port["targetPort"] is { } target
                && target.GetValueKind() == JsonValueKind.Number
                && target.AsLong() is < 1 or > 65535
            )
            {
                faults.Invalid(at + ".targetPort", target, "must be between 1 and 65535, inclusive");
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
