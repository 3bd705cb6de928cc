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
        PodRules.Each(spec.Arr("rules"), "spec.rules", (rule, at) => Rule(rule, at, faults));
    }

    private static void Rule(JsonObject rule, string at, FieldFaults faults)
    {
        if (
            rule.Str("host") is { Length: > 0 } host
            && !NameSyntax.IsSubdomain(host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host)
        )
        {
            faults.Invalid(at + ".host", host, NameSyntax.SubdomainRule);
        }
        PodRules.Each(rule.Obj("http").Arr("paths"), at + ".http.paths", (path, p) => Path(path, p, faults));
    }

    private static void Path(JsonObject path, string at, FieldFaults faults)
    {
        var text = path.Str("path") ?? "";
        var any = path.Str("pathType") == "ImplementationSpecific";
        if (text.Length > 0 ? text[0] != '/' : !any)
        {
            faults.Invalid(at + ".path", text, "must be an absolute path");
        }
        var service = path.Obj("backend").Obj("service");
        if (service is not null && service.At("port", "name") is null && service.At("port", "number") is null)
        {
            faults.Required(at + ".backend.service.port", "port name or number is required");
        }
        if (path.Obj("backend") is { Count: 0 })
        {
            faults.Required(at + ".backend", "service or resource backend is required");
        }
    }
}
