using static EmbeddedKubernetes.Api.Tables.TableColumns;

namespace EmbeddedKubernetes.Api.Tables;

/// <summary>The core group, apart from pods.</summary>
internal static class CoreColumns
{
    public static TableColumn[]? For(ResourceType type) =>
        type.Storage switch
        {
            "namespaces." => [Text("Status", o => o.Str("status", "phase")), Age],
            "services." =>
            [
                Text("Type", o => o.Str("spec", "type")),
                Text("Cluster-IP", o => OrNone(o.Str("spec", "clusterIP"))),
                Text("External-IP", ExternalIP),
                Text("Port(s)", Ports),
                Age,
                Text("Selector", o => OrNone(WorkloadColumns.Labels(o.Obj("spec").Obj("selector"))), 1),
            ],
            "endpoints." => [Text("Endpoints", Addresses), Age],
            "configmaps." =>
            [
                Number("Data", o => (o.Obj("data")?.Count ?? 0) + (o.Obj("binaryData")?.Count ?? 0)),
                Age,
            ],
            "secrets." => [Text("Type", o => o.Str("type")), Number("Data", o => o.Obj("data")?.Count ?? 0), Age],
            "serviceaccounts." => [Number("Secrets", o => o.Arr("secrets")?.Count ?? 0), Age],
            "persistentvolumes." =>
            [
                Text("Capacity", o => o.Str("spec", "capacity", "storage")),
                Text("Access Modes", o => AccessModes(o.Obj("spec").Arr("accessModes"))),
                Text("Reclaim Policy", o => o.Str("spec", "persistentVolumeReclaimPolicy")),
                Text("Status", PhaseUnlessEnding),
                Text("Claim", o => o.At("spec", "claimRef") is { } c ? $"{c.Str("namespace")}/{c.Str("name")}" : ""),
                Text("StorageClass", o => o.Str("spec", "storageClassName") ?? ""),
                Text("VolumeAttributesClass", _ => "<unset>"),
                Text("Reason", o => o.Str("status", "reason") ?? ""),
                Age,
                Text("VolumeMode", o => o.Str("spec", "volumeMode"), 1),
            ],
            "persistentvolumeclaims." =>
            [
                Text("Status", PhaseUnlessEnding),
                Text("Volume", o => o.Str("spec", "volumeName") ?? ""),
                Text("Capacity", o => o.Str("status", "capacity", "storage") ?? ""),
                Text("Access Modes", o => AccessModes(o.Obj("status").Arr("accessModes"))),
                Text("StorageClass", o => o.Str("spec", "storageClassName") ?? ""),
                Text("VolumeAttributesClass", _ => "<unset>"),
                Age,
                Text("VolumeMode", o => o.Str("spec", "volumeMode"), 1),
            ],
            "events." => Events(type.Group.Length > 0),
            "nodes." =>
            [
                Text("Status", NodeStatus),
                Text("Roles", NodeRoles),
                Age,
                Text("Version", o => o.Str("status", "nodeInfo", "kubeletVersion")),
                Text(
                    "Internal-IP",
                    o =>
                        OrNone(
                            o.Obj("status")
                                .Arr("addresses")
                                .Objects()
                                .FirstOrDefault(a => a.Str("type") == "InternalIP")
                                .Str("address")
                        ),
                    1
                ),
                Text("External-IP", _ => "<none>", 1),
                Text("OS-Image", o => o.Str("status", "nodeInfo", "osImage"), 1),
                Text("Kernel-Version", o => o.Str("status", "nodeInfo", "kernelVersion"), 1),
                Text("Container-Runtime", o => o.Str("status", "nodeInfo", "containerRuntimeVersion"), 1),
            ],
            "limitranges." => [CreatedAt],
            "resourcequotas." =>
            [
                Text("Request", o => Hard(o, limits: false)),
                Text("Limit", o => Hard(o, limits: true)),
                Age,
            ],
            _ => null,
        };

    private static string? PhaseUnlessEnding(JsonObject item) =>
        item.Str("metadata", "deletionTimestamp") is null ? item.Str("status", "phase") : "Terminating";

    private static TableColumn[] Events(bool renamed)
    {
        var about = renamed ? "regarding" : "involvedObject";
        return
        [
            Seen("Last Seen", renamed ? "deprecatedLastTimestamp" : "lastTimestamp"),
            Text("Type", o => o.Str("type")),
            Text("Reason", o => o.Str("reason")),
            Text("Object", o => $"{o.Str(about, "kind")?.ToLowerInvariant()}/{o.Str(about, "name")}"),
            Text("Subobject", o => o.Str(about, "fieldPath") ?? "", 1),
            Text("Source", o => o.Str(renamed ? "deprecatedSource" : "source", "component") ?? "", 1),
            Text("Message", o => o.Str(renamed ? "note" : "message")?.Trim()),
            Seen("First Seen", renamed ? "deprecatedFirstTimestamp" : "firstTimestamp") with
            {
                Priority = 1,
            },
            Number("Count", o => o.Long(renamed ? "deprecatedCount" : "count") ?? 1, 1),
        ];
    }

    private static TableColumn Seen(string name, string field) =>
        new(name, (o, now) => HumanTime.Since(o.Str(field) ?? o.Str("eventTime"), now));

    private static string ExternalIP(JsonObject service)
    {
        switch (service.Str("spec", "type"))
        {
            case "ExternalName":
                return service.Str("spec", "externalName") ?? "<none>";
            case "LoadBalancer":
                return LoadBalancer(service) is { Length: > 0 } text ? text : "<pending>";
            default:
                var external = service.Obj("spec").Arr("externalIPs");
                return external is null ? "<none>" : string.Join(',', external.Select(e => e.AsString()));
        }
    }

    private static string Ports(JsonObject service)
    {
        var ports = service
            .Obj("spec")
            .Arr("ports")
            .Objects()
            .Select(p =>
                p.Long("nodePort") is > 0 and var node
                    ? $"{p.Long("port")}:{node}/{p.Str("protocol")}"
                    : $"{p.Long("port")}/{p.Str("protocol")}"
            );
        return OrNone(string.Join(',', ports));
    }

    private static string Addresses(JsonObject endpoints)
    {
        var shown = (
            from subset in endpoints.Arr("subsets").Objects()
            from address in subset.Arr("addresses").Objects()
            from port in subset.Arr("ports").Objects()
            select $"{address.Str("ip")}:{port.Long("port")}"
        ).ToList();
        return shown.Count > 3
            ? $"{string.Join(',', shown.Take(3))} + {shown.Count - 3} more..."
            : OrNone(string.Join(',', shown));
    }

    private static string AccessModes(JsonArray? modes) =>
        string.Join(
            ',',
            (modes ?? []).Select(m =>
                m.AsString() switch
                {
                    "ReadWriteOnce" => "RWO",
                    "ReadOnlyMany" => "ROX",
                    "ReadWriteMany" => "RWX",
                    "ReadWriteOncePod" => "RWOP",
                    var other => other,
                }
            )
        );

    private static string NodeStatus(JsonObject node)
    {
        var ready = node.Obj("status").Arr("conditions").Objects().FirstOrDefault(c => c.Str("type") == "Ready");
        var text = ready.Str("status") == "True" ? "Ready" : "NotReady";
        return node.Flag("spec", "unschedulable") ? text + ",SchedulingDisabled" : text;
    }

    private static string NodeRoles(JsonObject node)
    {
        const string prefix = "node-role.kubernetes.io/";
        var roles = (node.Obj("metadata").Obj("labels") ?? [])
            .Where(l => l.Key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(l => l.Key[prefix.Length..])
            .Order(StringComparer.Ordinal);
        return OrNone(string.Join(',', roles));
    }

    private static string Hard(JsonObject quota, bool limits) =>
        string.Join(
            ", ",
            (quota.Obj("status").Obj("hard") ?? quota.Obj("spec").Obj("hard") ?? [])
                .Where(h => h.Key.StartsWith("limits.", StringComparison.Ordinal) == limits)
                .Select(h =>
                    $"{h.Key}: {quota.Str("status", "used", h.Key) ?? "0"}/{h.Value.AsString() ?? h.Value.Text()}"
                )
        );
}
