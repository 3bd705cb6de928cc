using EmbeddedKubernetes.Selectors;

namespace EmbeddedKubernetes.Admission;

/// <summary>What a real server refuses of each kind, beyond its schema.</summary>
internal static class KindRules
{
    private static readonly string[] s_statefulSetMutable =
    [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
        "revisionHistoryLimit",
    ];

    public static void Check(ResourceType type, JsonObject value, JsonObject? live, FieldFaults faults)
    {
        var spec = value.Obj("spec");
        var before = live.Obj("spec");
        switch (type.Storage)
        {
            case "pods.":
                PodRules.Check(spec ?? [], "spec", faults);
                PodRules.CheckImages(spec ?? [], faults);
                PodRules.CheckUpdate(spec, before, faults);
                break;
            case "deployments.apps" or "replicasets.apps" or "daemonsets.apps" or "statefulsets.apps":
                Workload(spec ?? [], before, faults);
                Strategy(type.Kind, spec ?? [], before, faults);
                break;
            case "replicationcontrollers." when spec.Obj("template").Obj("spec") is { } pod:
                PodRules.Check(pod, "spec.template.spec", faults);
                break;
            case "jobs.batch":
                Job(spec ?? [], before, "spec", faults);
                break;
            case "cronjobs.batch":
                CronJob(spec ?? [], faults);
                break;
            case "services.":
                ServiceRules.Check(spec ?? [], before, faults);
                break;
            case "configmaps.":
                Keys(value.Obj("data"), "data", faults);
                Keys(value.Obj("binaryData"), "binaryData", faults);
                foreach (var (key, _) in value.Obj("binaryData") ?? [])
                {
                    if (value.Obj("data")?.ContainsKey(key) == true)
                    {
                        faults.Invalid($"data[{key}]", key, "duplicate of key present in binaryData");
                    }
                }
                SecretRules.CheckSize(value.Obj("data"), value.Obj("binaryData"), "", faults);
                Immutable(value, live, ["data", "binaryData"], faults);
                break;
            case "secrets.":
                Keys(value.Obj("data"), "data", faults);
                if (live is not null)
                {
                    faults.Immutable("type", value["type"], live["type"]);
                }
                Immutable(value, live, ["data"], faults);
                SecretRules.CheckType(value, faults);
                SecretRules.CheckSize(null, value.Obj("data"), "data", faults);
                break;
            case "persistentvolumeclaims.":
                VolumeClaimRules.Check(spec ?? [], live, faults);
                break;
            case "validatingadmissionpolicies.admissionregistration.k8s.io"
            or "validatingadmissionpolicybindings.admissionregistration.k8s.io"
            or "mutatingadmissionpolicies.admissionregistration.k8s.io"
            or "mutatingadmissionpolicybindings.admissionregistration.k8s.io":
                faults.Forbidden(
                    "spec",
                    "this cluster does not evaluate admission policies, and stores none without effect"
                );
                break;
            case "limitranges.":
                LimitRangeRules.Check(spec ?? [], faults);
                break;
            case "ipaddresses.networking.k8s.io" or "servicecidrs.networking.k8s.io":
                AddressRules.Check(type, value, live, faults);
                break;
            case "resourceclaims.resource.k8s.io" or "resourceclaimtemplates.resource.k8s.io" when before is not null:
                faults.Immutable("spec", spec, before);
                break;
            case "resourcequotas.":
                foreach (var (name, amount) in spec.Obj("hard") ?? [])
                {
                    if (Quantity.Parse(amount) < 0)
                    {
                        faults.Invalid($"spec.hard[{name}]", amount, "must be greater than or equal to 0");
                    }
                }
                break;
            case "ingresses.networking.k8s.io":
                IngressRules.Check(spec ?? [], faults);
                break;
            case "horizontalpodautoscalers.autoscaling":
                Autoscaler(spec ?? [], faults);
                break;
            case "poddisruptionbudgets.policy":
                if (spec.At("minAvailable") is not null && spec.At("maxUnavailable") is not null)
                {
                    faults.Invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set");
                }
                foreach (var bound in (ReadOnlySpan<string>)["minAvailable", "maxUnavailable"])
                {
                    StrategyRules.Amount(spec.At(bound), "spec." + bound, faults, share: true);
                }
                break;
            case "rolebindings.rbac.authorization.k8s.io" or "clusterrolebindings.rbac.authorization.k8s.io":
                AccessRules.CheckBinding(value, live, type.Namespaced, faults);
                break;
            case "roles.rbac.authorization.k8s.io" or "clusterroles.rbac.authorization.k8s.io":
                AccessRules.CheckRole(value, type.Namespaced, faults);
                break;
            case "networkpolicies.networking.k8s.io":
                NetworkPolicyRules.Check(spec ?? [], faults);
                break;
            case "persistentvolumes.":
                VolumeClaimRules.CheckVolume(spec ?? [], faults);
                break;
            case "storageclasses.storage.k8s.io":
                StorageClass(value, live, faults);
                break;
            case "priorityclasses.scheduling.k8s.io":
                PriorityClass(value, live, faults);
                break;
            case "customresourcedefinitions.apiextensions.k8s.io":
                DefinitionRules.Check(value, before, faults);
                DefinitionDefaults.Check(value, live, faults);
                break;
        }
    }

    private static void Strategy(string kind, JsonObject spec, JsonObject? before, FieldFaults faults)
    {
        switch (kind)
        {
            case "Deployment":
                StrategyRules.CheckDeployment(spec, faults);
                break;
            case "DaemonSet":
                StrategyRules.CheckDaemonSet(spec, faults);
                break;
            case "StatefulSet":
                StrategyRules.CheckStatefulSet(spec, faults);
                if (before is not null)
                {
                    OnlyMutable(spec, before, s_statefulSetMutable, faults);
                }
                break;
        }
    }

    private static void Workload(JsonObject spec, JsonObject? before, FieldFaults faults)
    {
        NotNegative(spec, "replicas", faults);
        NotNegative(spec, "minReadySeconds", faults);
        if (spec["selector"] is null && spec.Obj("template") is not null)
        {
            // Beside the missing selector itself: nothing at all matches the template.
            faults.Invalid("spec.template.metadata.labels", null, "`selector` does not match template `labels`");
        }
        if (spec.Obj("selector") is { } selector)
        {
            if (
                selector.Obj("matchLabels") is null or { Count: 0 }
                && selector.Arr("matchExpressions") is null or { Count: 0 }
            )
            {
                faults.Invalid("spec.selector", selector, "empty selector is invalid for this kind");
            }
            else if (
                selector
                    .Arr("matchExpressions")
                    .Objects()
                    .Any(e => e.Str("operator") is not ("In" or "NotIn" or "Exists" or "DoesNotExist"))
            )
            {
                faults.Invalid("spec.selector", selector, "invalid label selector");
            }
            else if (
                spec.Obj("template") is { } template
                && !LabelSelector.From(selector)!.Matches(template.Obj("metadata").Obj("labels"))
            )
            {
                faults.Invalid(
                    "spec.template.metadata.labels",
                    template.At("metadata", "labels") ?? new JsonObject(),
                    "`selector` does not match template `labels`"
                );
            }
        }
        if (before is not null)
        {
            faults.Immutable("spec.selector", spec["selector"], before["selector"]);
        }
        if (spec.Obj("template") is { } t)
        {
            var claims = spec.Arr("volumeClaimTemplates").Objects().Select(c => c.Str("metadata", "name") ?? "");
            PodTemplate(t, "spec.template", faults, claims);
            if (t.Str("spec", "restartPolicy") is { } policy && policy != "Always")
            {
                faults.NotSupported("spec.template.spec.restartPolicy", policy, ["Always"]);
            }
        }
    }

    private static void PodTemplate(
        JsonObject template,
        string path,
        FieldFaults faults,
        IEnumerable<string>? claims = null
    )
    {
        if (template.Obj("spec") is { } pod)
        {
            PodRules.Check(pod, path + ".spec", faults, claims);
        }
        else
        {
            faults.Required(path + ".spec.containers");
        }
    }

    private static void Job(JsonObject spec, JsonObject? before, string path, FieldFaults faults)
    {
        foreach (
            var field in (ReadOnlySpan<string>)
                ["parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"]
        )
        {
            NotNegative(spec, field, faults, path);
        }
        if (spec.Obj("template") is not { } template)
        {
            return;
        }
        PodTemplate(template, path + ".template", faults);
        if (template.Str("spec", "restartPolicy") is "Always" or null)
        {
            faults.Required(path + ".template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
        }
        if (before is null)
        {
            return;
        }
        foreach (var field in (ReadOnlySpan<string>)["template", "selector", "completions", "completionMode"])
        {
            faults.Immutable("spec." + field, spec[field], before[field]);
        }
    }

    private static void CronJob(JsonObject spec, FieldFaults faults)
    {
        if (
            spec.Str("schedule") is { Length: > 0 } schedule
            && !schedule.StartsWith('@')
            && schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length != 5
        )
        {
            faults.Invalid("spec.schedule", schedule, "expected exactly 5 fields");
        }
        if (spec.Obj("jobTemplate").Obj("spec") is { } job)
        {
            Job(job, null, "spec.jobTemplate.spec", faults);
        }
    }

    private static void Autoscaler(JsonObject spec, FieldFaults faults)
    {
        var max = spec.Long("maxReplicas") ?? 0;
        var min = spec.Long("minReplicas") ?? 1;
        if (max < 1)
        {
            faults.Invalid("spec.maxReplicas", spec["maxReplicas"], "must be greater than 0");
        }
        else if (max < min)
        {
            faults.Invalid("spec.maxReplicas", spec["maxReplicas"], "must be greater than or equal to `minReplicas`");
        }
    }

    private static void StorageClass(JsonObject value, JsonObject? live, FieldFaults faults)
    {
        if (live is null)
        {
            return;
        }
        foreach (var field in (ReadOnlySpan<string>)["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"])
        {
            if (!JsonNode.DeepEquals(value[field], live[field]))
            {
                faults.Forbidden(field, $"updates to {field} are forbidden.");
            }
        }
    }

    private static void PriorityClass(JsonObject value, JsonObject? live, FieldFaults faults)
    {
        if (live is not null)
        {
            // The server names these two with a capital.
            foreach (var field in (ReadOnlySpan<string>)["Value", "PreemptionPolicy"])
            {
                var name = char.ToLowerInvariant(field[0]) + field[1..];
                if (!JsonNode.DeepEquals(value[name], live[name]))
                {
                    faults.Forbidden(field, "may not be changed in an update.");
                }
            }
        }
        else if (
            value.Long("value") > 1_000_000_000
            && value.Str("metadata", "name")?.StartsWith("system-", StringComparison.Ordinal) != true
        )
        {
            faults.Forbidden("value", "maximum allowed value of a user defined priority is 1000000000");
        }
    }

    private static void OnlyMutable(JsonObject spec, JsonObject before, string[] mutable, FieldFaults faults)
    {
        foreach (var name in spec.Select(s => s.Key).Union(before.Select(b => b.Key)))
        {
            if (!mutable.Contains(name) && name != "selector" && !JsonNode.DeepEquals(spec[name], before[name]))
            {
                faults.Forbidden(
                    "spec",
                    $"updates to statefulset spec for fields other than {string.Join(", ", mutable.Select(m => $"'{m}'"))} are forbidden"
                );
                return;
            }
        }
    }

    public static void NotNegative(JsonObject spec, string field, FieldFaults faults, string path = "spec")
    {
        if (spec.Long(field) < 0)
        {
            faults.Invalid($"{path}.{field}", spec[field], "must be greater than or equal to 0");
        }
    }

    private static void Keys(JsonObject? data, string path, FieldFaults faults)
    {
        foreach (var (key, _) in data ?? [])
        {
            if (!NameSyntax.IsConfigKey(key))
            {
                faults.Invalid($"{path}[{key}]", key, "a key consists of letters, digits, '-', '_' and '.'");
            }
        }
    }

    private static void Immutable(JsonObject value, JsonObject? live, string[] fields, FieldFaults faults)
    {
        if (!live.Flag("immutable"))
        {
            return;
        }
        if (!value.Flag("immutable"))
        {
            faults.Forbidden("immutable", "field is immutable when `immutable` is set");
        }
        foreach (var field in fields)
        {
            if (!JsonNode.DeepEquals(value[field], live![field]))
            {
                faults.Forbidden(field, "field is immutable when `immutable` is set");
            }
        }
    }
}
