namespace EmbeddedKubernetes.Admission;

/// <summary>What the server itself writes into an object before it is stored.</summary>
internal static class KindPreparation
{
    private static readonly string[] s_keptOfPods =
    [
        "nodeName",
        "serviceAccountName",
        "serviceAccount",
        "tolerations",
        "priority",
        "priorityClassName",
        "preemptionPolicy",
        "imagePullSecrets",
        "overhead",
    ];

    /// <summary>The one user this server knows.</summary>
    public const string Requester = "embedded-admin";

    public static void ForCreate(ResourceType type, JsonObject body, string now)
    {
        switch (type.Storage)
        {
            case "namespaces.":
                body.Child("spec")["finalizers"] = new JsonArray("kubernetes");
                body["status"] = new JsonObject { ["phase"] = "Active" };
                body.Metadata().Child("labels")["kubernetes.io/metadata.name"] = body.Str("metadata", "name");
                break;
            case "pods.":
                Pod(body);
                break;
            case "services.":
                Service(body, null);
                break;
            case "jobs.batch":
                Job(body);
                break;
            case "persistentvolumes.":
                body["status"] = new JsonObject { ["phase"] = "Pending" };
                VolumeProtection.Add(body, VolumeProtection.Volume);
                break;
            case "persistentvolumeclaims.":
                VolumeClaimRules.PrepareNew(body);
                VolumeProtection.Add(body, VolumeProtection.Claim);
                break;
            case "customresourcedefinitions.apiextensions.k8s.io":
                Definition(body, null, now);
                break;
            case "deployments.apps" or "replicasets.apps" or "statefulsets.apps" or "cronjobs.batch":
                body["status"] = new JsonObject();
                break;
            case "apiservices.apiregistration.k8s.io":
                body["status"] = ApiService(body, now);
                break;
            case "certificatesigningrequests.certificates.k8s.io":
                body.Child("spec")["username"] = Requester;
                body.Child("spec")["groups"] = new JsonArray("system:masters", "system:authenticated");
                body["status"] = new JsonObject();
                break;
            case "ingresses.networking.k8s.io":
                body["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
                break;
        }
    }

    public static void ForUpdate(ResourceType type, JsonObject live, JsonObject next, string now)
    {
        switch (type.Storage)
        {
            case "services.":
                Service(next, live);
                break;
            case "customresourcedefinitions.apiextensions.k8s.io":
                Definition(next, live, now);
                break;
            case "persistentvolumeclaims." when next.Obj("spec") is { } claim:
                VolumeClaimRules.KeepBound(live, claim);
                break;
            case "jobs.batch" when next.Obj("spec") is { } job && job["selector"] is null:
                job["selector"] = live.At("spec", "selector")?.DeepClone();
                if (
                    live.At("spec", "template", "metadata", "labels") is JsonObject labels
                    && job.Obj("template") is { } template
                )
                {
                    KeepAbsent(template.Metadata().Child("labels"), labels, labels.Select(l => l.Key));
                }
                break;
            case "pods." when next.Obj("spec") is { } pod:
                KeepAbsent(pod, live.Obj("spec"), s_keptOfPods);
                break;
        }
    }

    /// <summary>What an update leaves out and the live object has stays.</summary>
    public static void KeepAbsent(JsonObject next, JsonObject? live, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (next[name] is null)
            {
                next.Put(name, live?[name]?.DeepClone());
            }
        }
    }

    private static void Pod(JsonObject body)
    {
        var spec = body.Child("spec");
        if (spec["tolerations"] is null)
        {
            spec["tolerations"] = new JsonArray(Toleration("not-ready"), Toleration("unreachable"));
        }
        body["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = QualityOfService.Of(spec) };
    }

    // What lies behind a service is not asked: nothing runs there.
    private static JsonObject ApiService(JsonObject body, string now)
    {
        var local = body.At("spec", "service") is null;
        var condition = local
            ? Condition("Available", "Local", "Local APIServices are always available", now)
            : Condition("Available", "NotAggregated", "this cluster does not ask services for parts of its API", now);
        condition["status"] = local ? "True" : "False";
        return new() { ["conditions"] = new JsonArray(condition) };
    }

    private static JsonObject Toleration(string condition) =>
        new()
        {
            ["effect"] = "NoExecute",
            ["key"] = "node.kubernetes.io/" + condition,
            ["operator"] = "Exists",
            ["tolerationSeconds"] = 300,
        };

    // What was allocated stays where an update leaves it out; what the new type has no use for goes, unless it was asked for.
    private static void Service(JsonObject body, JsonObject? live)
    {
        if (live is null)
        {
            body["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
        }
        if (body.Obj("spec") is not { } spec)
        {
            return;
        }
        if (live.Obj("spec") is { } before)
        {
            KeepAllocated(spec, before);
        }
        if (spec.Str("type") == "ExternalName")
        {
            foreach (var field in (ReadOnlySpan<string>)["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"])
            {
                spec.Remove(field);
            }
            return;
        }
        if (spec.Str("clusterIP") is { Length: > 0 } address)
        {
            spec["clusterIPs"] = new JsonArray(address);
        }
        spec["ipFamilies"] ??= new JsonArray("IPv4");
        spec["ipFamilyPolicy"] ??= "SingleStack";
    }

    private static void KeepAllocated(JsonObject spec, JsonObject before)
    {
        if (string.IsNullOrEmpty(spec.Str("clusterIP")) && spec.Str("type") != "ExternalName")
        {
            spec.Put("clusterIP", before["clusterIP"]?.DeepClone());
        }
        var ports = before.Arr("ports").Objects().ToList();
        var needed = ServiceRules.NeedsNodePorts(spec);
        foreach (var port in spec.Arr("ports").Objects())
        {
            var same = ports.Find(b =>
                b.Long("port") == port.Long("port") && b.Str("protocol") == port.Str("protocol")
            );
            if (needed && port.Long("nodePort") is null or 0)
            {
                port.Put("nodePort", same?["nodePort"]?.DeepClone());
            }
            else if (
                !needed
                && ServiceRules.NeedsNodePorts(before)
                && ports.Exists(b => b.Long("nodePort") == port.Long("nodePort"))
            )
            {
                port.Remove("nodePort");
            }
        }
        if (ServiceRules.NeedsHealthCheck(spec))
        {
            KeepAbsent(spec, before, ["healthCheckNodePort"]);
        }
        else
        {
            RemoveKept(spec, before, "healthCheckNodePort");
        }
        if (!ServiceRules.IsExternal(spec))
        {
            RemoveKept(spec, before, "externalTrafficPolicy");
        }
        if (spec.Str("type") != "LoadBalancer")
        {
            RemoveKept(spec, before, "allocateLoadBalancerNodePorts");
        }
    }

    private static void RemoveKept(JsonObject spec, JsonObject before, string field)
    {
        if (JsonNode.DeepEquals(spec[field], before[field]))
        {
            spec.Remove(field);
        }
    }

    private static void Job(JsonObject body)
    {
        body["status"] = new JsonObject();
        var spec = body.Child("spec");
        if (spec.Flag("manualSelector"))
        {
            return;
        }
        var uid = body.Str("metadata", "uid")!;
        var labels = spec.Child("template").Metadata().Child("labels");
        labels["batch.kubernetes.io/controller-uid"] = uid;
        labels["batch.kubernetes.io/job-name"] = body.Str("metadata", "name");
        labels["controller-uid"] = uid;
        labels["job-name"] = body.Str("metadata", "name");
        spec["selector"] = new JsonObject
        {
            ["matchLabels"] = new JsonObject { ["batch.kubernetes.io/controller-uid"] = uid },
        };
    }

    private static void Definition(JsonObject body, JsonObject? live, string now)
    {
        if (body.Obj("spec") is not { } spec || spec.Obj("names") is not { } names)
        {
            return;
        }
        var stored = live.Obj("status").Arr("storedVersions")?.DeepClone() as JsonArray ?? [];
        foreach (var version in spec.Arr("versions").Objects())
        {
            if (version.Flag("storage") && !stored.Any(s => s.AsString() == version.Str("name")))
            {
                stored.Add(version["name"]?.DeepClone());
            }
        }
        var since = live.Obj("status").Arr("conditions").Objects().FirstOrDefault().Str("lastTransitionTime") ?? now;
        body["status"] = new JsonObject
        {
            ["conditions"] = new JsonArray(
                Condition("NamesAccepted", "NoConflicts", "no conflicts found", since),
                Condition("Established", "InitialNamesAccepted", "the initial names have been accepted", since)
            ),
            ["acceptedNames"] = names.DeepClone(),
            ["storedVersions"] = stored,
        };
    }

    private static JsonObject Condition(string type, string reason, string message, string since) =>
        new()
        {
            ["type"] = type,
            ["status"] = "True",
            ["lastTransitionTime"] = since,
            ["reason"] = reason,
            ["message"] = message,
        };
}
