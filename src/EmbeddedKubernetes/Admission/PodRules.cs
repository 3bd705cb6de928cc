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
        if (volume.Count > 2)
        {
            faults.Forbidden(at, "may not specify more than 1 volume type");
        }
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
        var image = container.Str("image") ?? "";
        if (image.Length == 0)
        {
            faults.Required(at + ".image");
        }
        else if (image.Trim().Length != image.Length)
        {
            faults.Invalid(at + ".image", image, "must not have leading or trailing whitespace");
        }
        var ports = new HashSet<string>(StringComparer.Ordinal);
        Each(container.Arr("ports"), at + ".ports", (port, p) => Port(port, p, ports, faults));
        Each(
            container.Arr("env"),
            at + ".env",
            (env, p) =>
            {
                if (env.Str("value") is { Length: > 0 } && env["valueFrom"] is not null)
                {
                    faults.Invalid(p + ".valueFrom", "", "may not be specified when `value` is not empty");
                }
            }
        );
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
            }
        );
        Limits(container, at, faults);
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
    }

    private static void Limits(JsonObject container, string at, FieldFaults faults)
    {
        var limits = container.Obj("resources").Obj("limits");
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
