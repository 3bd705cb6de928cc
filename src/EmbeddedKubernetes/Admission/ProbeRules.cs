namespace EmbeddedKubernetes.Admission;

/// <summary>What probes and lifecycle hooks must fulfil.</summary>
internal static class ProbeRules
{
    private static readonly string[] s_handlers = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
    private static readonly string[] s_numbers =
    [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ];

    public static void Check(JsonObject container, string at, FieldFaults faults)
    {
        foreach (var name in (ReadOnlySpan<string>)["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container.Obj(name) is not { } probe)
            {
                continue;
            }
            var path = $"{at}.{name}";
            Handler(probe, path, faults);
            foreach (var number in s_numbers)
            {
                KindRules.NotNegative(probe, number, faults, path);
            }
            if (name != "readinessProbe" && probe.Long("successThreshold") is { } successes and not 1)
            {
                faults.Invalid(path + ".successThreshold", successes, "must be 1");
            }
        }
        foreach (var (name, hook) in container.Obj("lifecycle") ?? [])
        {
            if (hook is JsonObject handler)
            {
                Handler(handler, $"{at}.lifecycle.{name}", faults);
            }
        }
    }

    private static void Handler(JsonObject action, string at, FieldFaults faults)
    {
        var found = 0;
        foreach (var kind in s_handlers)
        {
            if (action.Obj(kind) is not { } handler)
            {
                continue;
            }
            if (found++ > 0)
            {
                faults.Forbidden($"{at}.{kind}", "may not specify more than 1 handler type");
            }
            else if (kind == "exec" && handler.Arr("command") is null or { Count: 0 })
            {
                faults.Required($"{at}.{kind}.command");
            }
            else if (kind is "httpGet" or "tcpSocket")
            {
                PodRules.PortNumberOrName(handler["port"], $"{at}.{kind}.port", faults);
            }
        }
        if (found == 0)
        {
            faults.Required(at, "must specify a handler type");
        }
    }
}
