using System.Net;

namespace EmbeddedKubernetes.Admission;

/// <summary>What a pod's specification must fulfil.</summary>
internal static class PodRules
{
    /// <param name="spec">The specification.</param>
    /// <param name="path">Where it is, for the faults.</param>
    /// <param name="faults">Collects what is wrong.</param>
    /// <param name="claims">Volumes that are added later, from the claim templates of a stateful set.</param>
    public static void Check(JsonObject spec, string path, FieldFaults faults, IEnumerable<string>? claims = null)
    {
        if (spec.Arr("containers") is null or { Count: 0 })
        {
            if (spec["containers"] is not null)
            {
                faults.Required(path + ".containers");
            }
            return;
        }
        var volumes = new HashSet<string>(StringComparer.Ordinal);
        Each(spec.Arr("volumes"), path + ".volumes", (volume, at) => Volume(volume, at, volumes, faults));
        volumes.UnionWith(claims ?? []);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var list in PodDefaults.ContainerLists)
        {
            Each(spec.Arr(list), $"{path}.{list}", (container, at) => Container(container, at, names, volumes, faults));
        }
        if (spec.Str("serviceAccountName") is { Length: > 0 } account && !NameSyntax.IsSubdomain(account))
        {
            faults.Invalid(path + ".serviceAccountName", account, NameSyntax.SubdomainRule);
        }
        KindRules.NotNegative(spec, "terminationGracePeriodSeconds", faults, path);
        PlacementRules.Check(spec, path, faults);
        Each(
            spec.Arr("hostAliases"),
            path + ".hostAliases",
            (alias, at) =>
            {
                if (!IPAddress.TryParse(alias.Str("ip"), out _))
                {
                    faults.Invalid(at + ".ip", alias["ip"], "must be valid IP address");
                }
                foreach (var host in alias.Arr("hostnames") ?? [])
                {
                    if (!NameSyntax.IsSubdomain(host.AsString() ?? ""))
                    {
                        faults.Invalid(at + ".hostnames", host, NameSyntax.SubdomainRule);
                    }
                }
            }
        );
        foreach (var field in (ReadOnlySpan<string>)["hostname", "subdomain"])
        {
            if (spec.Str(field) is { Length: > 0 } label && !NameSyntax.IsLabel(label))
            {
                faults.Invalid($"{path}.{field}", label, NameSyntax.LabelRule);
            }
        }
        if (spec.Str("dnsPolicy") == "None" && spec.Obj("dnsConfig").Arr("nameservers") is null or { Count: 0 })
        {
            faults.Required(path + ".dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if (spec.Long("activeDeadlineSeconds") is < 1 or > int.MaxValue)
        {
            faults.Invalid(
                path + ".activeDeadlineSeconds",
                spec["activeDeadlineSeconds"],
                "must be between 1 and 2147483647, inclusive"
            );
        }
        foreach (var field in (ReadOnlySpan<string>)["runAsUser", "runAsGroup", "fsGroup"])
        {
            if (spec.Long("securityContext", field) is { } id and (< 0 or > int.MaxValue))
            {
                faults.Invalid($"{path}.securityContext.{field}", id, "must be between 0 and 2147483647, inclusive");
            }
        }
    }

    /// <summary>What is asked of a pod's images, but not of those of a template.</summary>
    public static void CheckImages(JsonObject spec, FieldFaults faults)
    {
        foreach (var list in PodDefaults.ContainerLists)
        {
            var i = 0;
            foreach (var container in spec.Arr(list).Objects())
            {
                var at = $"spec.{list}[{i++}].image";
                if (container.Str("image") is { Length: > 0 } image && image.Trim().Length != image.Length)
                {
                    faults.Invalid(at, image, "must not have leading or trailing whitespace");
                }
            }
        }
    }

    /// <summary>Of a pod that exists little may change.</summary>
    public static void CheckUpdate(JsonObject? spec, JsonObject? before, FieldFaults faults)
    {
        if (spec is null || before is null)
        {
            return;
        }
        var now = Fixed(spec);
        var was = Fixed(before);
        if (string.IsNullOrEmpty(was.Str("nodeName")))
        {
            was.Remove("nodeName");
            now.Remove("nodeName");
        }
        if (!JsonNode.DeepEquals(now, was))
        {
            faults.Forbidden(
                "spec",
                "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
            );
        }
    }

    private static JsonObject Fixed(JsonObject spec)
    {
        var copy = spec.Copy();
        foreach (
            var field in (ReadOnlySpan<string>)
                ["activeDeadlineSeconds", "tolerations", "ephemeralContainers", "schedulingGates"]
        )
        {
            copy.Remove(field);
        }
        foreach (var list in PodDefaults.ContainerLists)
        {
            foreach (var container in copy.Arr(list).Objects())
            {
                container.Remove("image");
                container.Remove("imagePullPolicy");
            }
        }
        return copy;
    }

    private static void Volume(JsonObject volume, string at, HashSet<string> volumes, FieldFaults faults)
    {
        Name(volume, at, volumes, faults);
        VolumeRules.Check(volume, at, faults);
    }

    private static void Container(
        JsonObject container,
        string at,
        HashSet<string> names,
        HashSet<string> volumes,
        FieldFaults faults
    )
    {
        Name(container, at, names, faults);
        if (string.IsNullOrEmpty(container.Str("image")))
        {
            faults.Required(at + ".image");
        }
        var ports = new HashSet<string>(StringComparer.Ordinal);
        Each(container.Arr("ports"), at + ".ports", (port, p) => Port(port, p, ports, faults));
        Each(
            container.Arr("env"),
            at + ".env",
            (env, p) =>
            {
                if (env.Obj("valueFrom") is { } from)
                {
                    ValueFrom(env, from, p + ".valueFrom", faults);
                }
            }
        );
        Each(container.Arr("envFrom"), at + ".envFrom", (source, p) => EnvFrom(source, p, at + ".envFrom", faults));
        ProbeRules.Check(container, at, faults);
        var mounts = new HashSet<string>(StringComparer.Ordinal);
        Each(
            container.Arr("volumeMounts"),
            at + ".volumeMounts",
            (mount, p) =>
            {
                if (mount.Str("name") is { Length: > 0 } volume && !volumes.Contains(volume))
                {
                    faults.NotFound(p + ".name", volume);
                }
                if (mount.Str("mountPath") is { Length: > 0 } path && !mounts.Add(path))
                {
                    faults.Invalid(p + ".mountPath", path, "must be unique");
                }
                if (mount.Str("subPath") is { Length: > 0 } sub)
                {
                    if (sub[0] == '/')
                    {
                        faults.Invalid(p + ".subPath", sub, "must be a relative path");
                    }
                    else if (sub.Split('/').Contains(".."))
                    {
                        faults.Invalid(p + ".subPath", sub, "must not contain '..'");
                    }
                }
            }
        );
        Limits(container, at, faults);
    }

    private static void ValueFrom(JsonObject env, JsonObject from, string at, FieldFaults faults)
    {
        if (env.Str("value") is { Length: > 0 })
        {
            faults.Invalid(at, "", "may not be specified when `value` is not empty");
        }
        var sources = from.Count(f => f.Value is not null);
        if (sources == 0)
        {
            faults.Invalid(
                at,
                "",
                "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
            );
        }
        else if (sources > 1)
        {
            faults.Invalid(at, "", "may not have more than one field specified at a time");
        }
        foreach (var kind in (ReadOnlySpan<string>)["configMapKeyRef", "secretKeyRef"])
        {
            if (from.Obj(kind) is { } reference && !NameSyntax.IsSubdomain(reference.Str("name") ?? ""))
            {
                faults.Invalid($"{at}.{kind}.name", reference["name"] ?? "", NameSyntax.SubdomainRule);
            }
        }
        if (from.Str("fieldRef", "fieldPath") is { Length: > 0 } path && !IsPodField(path))
        {
            faults.Invalid(at + ".fieldRef.fieldPath", path, "error converting fieldPath: field label not supported");
        }
    }

    private static bool IsPodField(string path) =>
        path
            is "metadata.name"
                or "metadata.namespace"
                or "metadata.uid"
                or "spec.nodeName"
                or "spec.serviceAccountName"
                or "status.hostIP"
                or "status.hostIPs"
                or "status.podIP"
                or "status.podIPs"
        || path.StartsWith("metadata.labels[", StringComparison.Ordinal)
        || path.StartsWith("metadata.annotations[", StringComparison.Ordinal);

    private static void EnvFrom(JsonObject source, string at, string list, FieldFaults faults)
    {
        var found = 0;
        foreach (var kind in (ReadOnlySpan<string>)["configMapRef", "secretRef"])
        {
            if (source.Obj(kind) is not { } reference)
            {
                continue;
            }
            found++;
            if (string.IsNullOrEmpty(reference.Str("name")))
            {
                faults.Required($"{at}.{kind}.name");
            }
            else if (!NameSyntax.IsSubdomain(reference.Str("name")!))
            {
                faults.Invalid($"{at}.{kind}.name", reference["name"], NameSyntax.SubdomainRule);
            }
        }
        if (found != 1)
        {
            var rule =
                found == 0
                    ? "must specify one of: `configMapRef` or `secretRef`"
                    : "may not have more than one field specified at a time";
            faults.Invalid(list, "", rule);
        }
    }

    private static void Port(JsonObject port, string at, HashSet<string> names, FieldFaults faults)
    {
        if (port.Str("name") is { Length: > 0 } name)
        {
            if (name.Length > 15 || !NameSyntax.IsLabel(name) || !name.Any(char.IsAsciiLetter))
            {
                faults.Invalid(at + ".name", name, "must be at most 15 characters, a label with at least one letter");
            }
            else if (!names.Add(name))
            {
                faults.Duplicate(at + ".name", name);
            }
        }
        if (port.Long("containerPort") == 0)
        {
            faults.Required(at + ".containerPort");
        }
        else
        {
            PortNumber(port["containerPort"], at + ".containerPort", faults);
        }
        if (port.Long("hostPort") is not 0)
        {
            PortNumber(port["hostPort"], at + ".hostPort", faults);
        }
    }

    /// <summary>A number from 1 to 65535, or the name of a port.</summary>
    public static void PortNumberOrName(JsonNode? port, string at, FieldFaults faults)
    {
        if (port.AsString() is not { } name)
        {
            PortNumber(port, at, faults);
        }
        else if (name.Length > 0 && NameSyntax.PortNameFault(name) is { } fault)
        {
            faults.Invalid(at, name, fault);
        }
    }

    private static void Limits(JsonObject container, string at, FieldFaults faults)
    {
        var limits = container.Obj("resources").Obj("limits");
        foreach (var list in (ReadOnlySpan<string>)["limits", "requests"])
        {
            foreach (var (name, amount) in container.Obj("resources").Obj(list) ?? [])
            {
                if (!IsResource(name))
                {
                    faults.Invalid(
                        $"{at}.resources.{list}[{name}]",
                        name,
                        "must be a standard resource type or fully qualified"
                    );
                }
                if (Quantity.Parse(amount) < 0)
                {
                    faults.Invalid($"{at}.resources.{list}[{name}]", amount, "must be greater than or equal to 0");
                }
            }
        }
        foreach (var (name, request) in container.Obj("resources").Obj("requests") ?? [])
        {
            if (limits?[name] is { } limit && Quantity.Parse(request) > Quantity.Parse(limit))
            {
                faults.Invalid(
                    at + ".resources.requests",
                    request,
                    $"must be less than or equal to {name} limit of {limit.AsString() ?? limit.Text()}"
                );
            }
        }
    }

    private static bool IsResource(string name) =>
        name is "cpu" or "memory" or "ephemeral-storage"
        || name.StartsWith("hugepages-", StringComparison.Ordinal)
        || (name.Contains('/', StringComparison.Ordinal) && NameSyntax.IsQualifiedName(name));

    /// <summary>A name, where there is one, is a label that nothing else of the list has.</summary>
    public static void Name(JsonObject item, string at, HashSet<string> taken, FieldFaults faults)
    {
        if (item.Str("name") is not { Length: > 0 } name)
        {
            return;
        }
        if (!NameSyntax.IsLabel(name))
        {
            faults.Invalid(at + ".name", name, NameSyntax.LabelRule);
        }
        else if (!taken.Add(name))
        {
            faults.Duplicate(at + ".name", name);
        }
    }

    public static void PortNumber(JsonNode? port, string at, FieldFaults faults)
    {
        if (port.AsLong() is < 1 or > 65535)
        {
            faults.Invalid(at, port, "must be between 1 and 65535, inclusive");
        }
    }

    public static void Each(JsonArray? list, string path, Action<JsonObject, string> visit)
    {
        var i = 0;
        foreach (var item in list.Objects())
        {
            visit(item, $"{path}[{i++}]");
        }
    }
}
