using static EmbeddedKubernetes.Api.Tables.TableColumns;

namespace EmbeddedKubernetes.Api.Tables;

/// <summary>Networking, access, storage and the smaller groups.</summary>
internal static class ClusterColumns
{
    public static TableColumn[]? For(string storage) =>
        storage switch
        {
            "ingresses.networking.k8s.io" =>
            [
                Text("Class", o => OrNone(o.Str("spec", "ingressClassName"))),
                Text("Hosts", Hosts),
                Text("Address", LoadBalancer),
                Text("Ports", o => o.Obj("spec").Arr("tls") is { Count: > 0 } ? "80, 443" : "80"),
                Age,
            ],
            "ingressclasses.networking.k8s.io" =>
            [
                Text("Controller", o => o.Str("spec", "controller")),
                Text(
                    "Parameters",
                    o => o.At("spec", "parameters") is { } p ? $"{p.Str("kind")}/{p.Str("name")}" : "<none>"
                ),
                Age,
            ],
            "networkpolicies.networking.k8s.io" =>
            [
                Text("Pod-Selector", o => SelectorText(o.Obj("spec").Obj("podSelector"))),
                Age,
            ],
            "horizontalpodautoscalers.autoscaling" =>
            [
                Text(
                    "Reference",
                    o => $"{o.Str("spec", "scaleTargetRef", "kind")}/{o.Str("spec", "scaleTargetRef", "name")}"
                ),
                Text("Targets", Targets),
                Number("MinPods", o => o.Long("spec", "minReplicas")),
                Number("MaxPods", o => o.Long("spec", "maxReplicas")),
                Number("Replicas", o => o.Long("status", "currentReplicas")),
                Age,
            ],
            "poddisruptionbudgets.policy" =>
            [
                Text("Min Available", o => Value(o.At("spec", "minAvailable"))),
                Text("Max Unavailable", o => Value(o.At("spec", "maxUnavailable"))),
                Number("Allowed Disruptions", o => o.Long("status", "disruptionsAllowed")),
                Age,
            ],
            "roles.rbac.authorization.k8s.io" or "clusterroles.rbac.authorization.k8s.io" => [CreatedAt],
            "rolebindings.rbac.authorization.k8s.io" or "clusterrolebindings.rbac.authorization.k8s.io" =>
            [
                Text("Role", o => $"{o.Str("roleRef", "kind")}/{o.Str("roleRef", "name")}"),
                Age,
                Text("Users", o => Subjects(o, "User"), 1),
                Text("Groups", o => Subjects(o, "Group"), 1),
                Text("ServiceAccounts", o => Subjects(o, "ServiceAccount"), 1),
            ],
            "storageclasses.storage.k8s.io" =>
            [
                Text("Provisioner", o => o.Str("provisioner")),
                Text("ReclaimPolicy", o => o.Str("reclaimPolicy")),
                Text("VolumeBindingMode", o => o.Str("volumeBindingMode")),
                new("AllowVolumeExpansion", (o, _) => o.Flag("allowVolumeExpansion")) { Type = "boolean" },
                Age,
            ],
            "leases.coordination.k8s.io" => [Text("Holder", o => o.Str("spec", "holderIdentity") ?? ""), Age],
            "endpointslices.discovery.k8s.io" =>
            [
                Text("AddressType", o => o.Str("addressType")),
                Text("Ports", o => OrNone(string.Join(',', o.Arr("ports").Objects().Select(p => Value(p["port"]))))),
                Text(
                    "Endpoints",
                    o =>
                        OrNone(
                            string.Join(
                                ',',
                                o.Arr("endpoints")
                                    .Objects()
                                    .SelectMany(e => e.Arr("addresses") ?? [])
                                    .Select(a => a.AsString())
                            )
                        )
                ),
                Age,
            ],
            "priorityclasses.scheduling.k8s.io" =>
            [
                Number("Value", o => o.Long("value")),
                new("Global-Default", (o, _) => o.Flag("globalDefault")) { Type = "boolean" },
                Age,
                Text("PreemptionPolicy", o => o.Str("preemptionPolicy"), 1),
            ],
            "validatingwebhookconfigurations.admissionregistration.k8s.io"
            or "mutatingwebhookconfigurations.admissionregistration.k8s.io" =>
            [
                Number("Webhooks", o => o.Arr("webhooks")?.Count),
                Age,
            ],
            "customresourcedefinitions.apiextensions.k8s.io" => [CreatedAt],
            _ => null,
        };

    private static string Value(JsonNode? value) => value is null ? "N/A" : value.AsString() ?? value.Text();

    private static string Hosts(JsonObject ingress)
    {
        var hosts = ingress
            .Obj("spec")
            .Arr("rules")
            .Objects()
            .Select(r => r.Str("host") ?? "*")
            .Distinct(StringComparer.Ordinal);
        var text = string.Join(',', hosts);
        return text.Length == 0 ? "*" : text;
    }

    private static string Subjects(JsonObject binding, string kind) =>
        string.Join(
            ", ",
            binding
                .Arr("subjects")
                .Objects()
                .Where(s => s.Str("kind") == kind)
                .Select(s => s.Str("namespace") is { Length: > 0 } ns ? $"{ns}/{s.Str("name")}" : s.Str("name"))
        );

    private static string Targets(JsonObject autoscaler)
    {
        if (autoscaler.Long("spec", "targetCPUUtilizationPercentage") is { } cpu)
        {
            return $"cpu: <unknown>/{cpu}%";
        }
        var targets = autoscaler
            .Obj("spec")
            .Arr("metrics")
            .Objects()
            .Select(m =>
                m.Long("resource", "target", "averageUtilization") is { } percent
                    ? $"{m.Str("resource", "name")}: <unknown>/{percent}%"
                    : $"<unknown>/{m.Str("type")}"
            );
        return OrNone(string.Join(", ", targets));
    }
}
