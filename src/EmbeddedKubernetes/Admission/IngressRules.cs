namespace EmbeddedKubernetes.Admission;

/// <summary>What an ingress must fulfil.</summary>
internal static class IngressRules
{
    public static void Check(JsonObject spec, FieldFaults faults)
    {
        if (spec.Arr("rules") is null or { Count: 0 } && spec["defaultBackend"] is null)
        {
            faults.Invalid("spec", spec, "either `defaultBackend` or `rules` must be specified");
        }
        Backend(spec.Obj("defaultBackend"), "spec.defaultBackend", faults);
        PodRules.Each(
            spec.Arr("tls"),
            "spec.tls",
            (tls, at) =>
            {
                var i = 0;
                foreach (var host in tls.Arr("hosts") ?? [])
                {
                    CheckHost(host.AsString() ?? "", $"{at}.hosts[{i++}]", faults);
                }
            }
        );
        PodRules.Each(spec.Arr("rules"), "spec.rules", (rule, at) => Rule(rule, at, faults));
    }

    private static void Rule(JsonObject rule, string at, FieldFaults faults)
    {
        CheckHost(rule.Str("host") ?? "", at + ".host", faults);
        PodRules.Each(rule.Obj("http").Arr("paths"), at + ".http.paths", (path, p) => Path(path, p, faults));
    }

    private static void CheckHost(string host, string at, FieldFaults faults)
    {
        if (
            host.Length > 0
            && !NameSyntax.IsSubdomain(host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host)
        )
        {
            faults.Invalid(at, host, NameSyntax.SubdomainRule);
        }
    }

    private static void Path(JsonObject path, string at, FieldFaults faults)
    {
        var text = path.Str("path") ?? "";
        var type = path.Str("pathType");
        if (
            type is "Exact" or "Prefix"
                ? !text.StartsWith('/')
                : type is "ImplementationSpecific" && text is [not '/', ..]
        )
        {
            faults.Invalid(at + ".path", text, "must be an absolute path");
        }
        Backend(path.Obj("backend"), at + ".backend", faults);
        if (path.Obj("backend") is { Count: 0 })
        {
            faults.Required(at + ".backend", "service or resource backend is required");
        }
    }

    private static void Backend(JsonObject? backend, string at, FieldFaults faults)
    {
        if (backend.Obj("service") is not { } service)
        {
            return;
        }
        if (service.Str("name") is { Length: > 0 } name && !NameSyntax.IsLabel(name))
        {
            faults.Invalid(at + ".service.name", name, NameSyntax.LabelRule);
        }
        var named = !string.IsNullOrEmpty(service.Str("port", "name"));
        var numbered = service.Long("port", "number") is not (null or 0);
        if (named && numbered)
        {
            faults.Invalid(at, "", "cannot set both port name & port number");
        }
        else if (!named && !numbered)
        {
            faults.Required(at, "port name or number is required");
        }
    }
}
