namespace EmbeddedKubernetes.Admission;

/// <summary>Defaults that depend on other fields; the fixed ones are in the schemas.</summary>
internal static class KindDefaults
{
    public static void Apply(ResourceType type, JsonObject body)
    {
        var spec = body.Obj("spec");
        switch (type.Storage)
        {
            case "pods.":
                if (spec is not null)
                {
                    PodDefaults.Apply(spec);
                    PodDefaults.ApplyToPod(spec);
                }
                break;
            case "deployments.apps":
                Strategy(spec.Obj("strategy"), "RollingUpdate", ("maxUnavailable", "25%"), ("maxSurge", "25%"));
                Template(spec);
                break;
            case "daemonsets.apps":
                Strategy(spec.Obj("updateStrategy"), "RollingUpdate", ("maxUnavailable", 1), ("maxSurge", 0));
                Template(spec);
                break;
            case "statefulsets.apps":
                Strategy(spec.Obj("updateStrategy"), "RollingUpdate", ("partition", 0));
                Template(spec);
                ClaimTemplates(spec.Arr("volumeClaimTemplates"));
                break;
            case "replicasets.apps":
                Template(spec);
                break;
            case "replicationcontrollers.":
                Template(spec);
                if (
                    spec is not null
                    && spec["selector"] is null
                    && spec.At("template", "metadata", "labels") is { } labels
                )
                {
                    spec["selector"] = labels.DeepClone();
                }
                break;
            case "jobs.batch":
                Job(spec);
                break;
            case "cronjobs.batch":
                Job(spec.Obj("jobTemplate").Obj("spec"));
                break;
            case "services.":
                Service(spec);
                break;
            case "secrets.":
                Secret(body);
                break;
            case "limitranges.":
                LimitRangeRules.Default(spec);
                break;
            case "resourceclaims.resource.k8s.io":
                Devices(spec);
                break;
            case "resourceclaimtemplates.resource.k8s.io":
                Devices(spec.Obj("spec"));
                break;
            case "networkpolicies.networking.k8s.io":
                NetworkPolicy(spec);
                break;
            case "horizontalpodautoscalers.autoscaling"
                when type.Version == "v2" && spec is not null && spec["metrics"] is null:
                spec["metrics"] = DefaultMetrics();
                break;
            case "rolebindings.rbac.authorization.k8s.io" or "clusterrolebindings.rbac.authorization.k8s.io":
                Binding(body);
                break;
            case "customresourcedefinitions.apiextensions.k8s.io":
                Definition(spec);
                break;
        }
    }

    private static void Template(JsonObject? spec)
    {
        if (spec.Obj("template").Obj("spec") is { } pod)
        {
            PodDefaults.Apply(pod);
        }
    }

    private static void Strategy(
        JsonObject? strategy,
        string rolling,
        params ReadOnlySpan<(string Name, JsonNode Value)> standard
    )
    {
        if (strategy is null || strategy.Str("type") != rolling)
        {
            return;
        }
        var update = strategy.Child("rollingUpdate");
        foreach (var (name, value) in standard)
        {
            if (update[name] is null)
            {
                update[name] = value;
            }
        }
    }

    private static void ClaimTemplates(JsonArray? templates)
    {
        foreach (var template in templates.Objects())
        {
            template["apiVersion"] = "v1";
            template["kind"] = "PersistentVolumeClaim";
            template.Child("status")["phase"] ??= "Pending";
        }
    }

    private static void Job(JsonObject? spec)
    {
        if (spec is null)
        {
            return;
        }
        if (spec["completions"] is null && spec["parallelism"] is null)
        {
            spec["completions"] = 1;
            spec["parallelism"] = 1;
        }
        spec["parallelism"] ??= 1;
        spec["backoffLimit"] ??= 6;
        spec["podReplacementPolicy"] ??= "TerminatingOrFailed";
        Template(spec);
    }

    private static void Service(JsonObject? spec)
    {
        if (spec is null)
        {
            return;
        }
        var kind = spec.Str("type");
        foreach (var port in spec.Arr("ports").Objects())
        {
            if (port["targetPort"].IsNull() || port.Long("targetPort") == 0)
            {
                port["targetPort"] = port["port"]?.DeepClone();
            }
        }
        if (spec.Str("sessionAffinity") == "ClientIP")
        {
            spec.Child("sessionAffinityConfig").Child("clientIP")["timeoutSeconds"] ??= 10800;
        }
        if (kind is not "ExternalName")
        {
            spec["internalTrafficPolicy"] ??= "Cluster";
        }
        if (kind is "NodePort" or "LoadBalancer")
        {
            spec["externalTrafficPolicy"] ??= "Cluster";
        }
        if (kind == "LoadBalancer")
        {
            spec["allocateLoadBalancerNodePorts"] ??= true;
        }
    }

    private static void Secret(JsonObject body)
    {
        if (body.Obj("stringData") is { } plain)
        {
            var data = body.Child("data");
            foreach (var (name, value) in plain)
            {
                data[name] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value.AsString() ?? ""));
            }
            body.Remove("stringData");
        }
    }

    // One device, unless it says how many.
    private static void Devices(JsonObject? spec)
    {
        foreach (var request in spec.Obj("devices").Arr("requests").Objects())
        {
            foreach (var asked in request.Arr("firstAvailable").Objects().Append(request.Obj("exactly")))
            {
                if (asked is not null && (asked["allocationMode"] ??= "ExactCount").AsString() == "ExactCount")
                {
                    asked["count"] ??= 1;
                }
            }
        }
    }

    private static void NetworkPolicy(JsonObject? spec)
    {
        if (spec is not null && spec["policyTypes"] is null)
        {
            var types = new JsonArray("Ingress");
            if (spec.Arr("egress") is { Count: > 0 })
            {
                types.Add((JsonNode)"Egress");
            }
            spec["policyTypes"] = types;
        }
    }

    private static JsonArray DefaultMetrics() =>
        new(
            new JsonObject
            {
                ["type"] = "Resource",
                ["resource"] = new JsonObject
                {
                    ["name"] = "cpu",
                    ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = 80 },
                },
            }
        );

    private static void Binding(JsonObject body)
    {
        const string group = "rbac.authorization.k8s.io";
        if (body.Obj("roleRef") is { } role && string.IsNullOrEmpty(role.Str("apiGroup")))
        {
            role["apiGroup"] = group;
        }
        foreach (var subject in body.Arr("subjects").Objects())
        {
            if (subject.Str("kind") is "User" or "Group" && string.IsNullOrEmpty(subject.Str("apiGroup")))
            {
                subject["apiGroup"] = group;
            }
        }
    }

    private static void Definition(JsonObject? spec)
    {
        if (spec.Obj("names") is { } names && names.Str("kind") is { Length: > 0 } kind)
        {
            names["singular"] ??= kind.ToLowerInvariant();
            names["listKind"] ??= kind + "List";
        }
        if (spec is not null)
        {
            spec["conversion"] ??= new JsonObject { ["strategy"] = "None" };
        }
    }
}
