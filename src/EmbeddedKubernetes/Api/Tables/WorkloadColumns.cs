using static EmbeddedKubernetes.Api.Tables.TableColumns;

namespace EmbeddedKubernetes.Api.Tables;

/// <summary>What makes pods: deployments, sets, jobs.</summary>
internal static class WorkloadColumns
{
    private static readonly TableColumn s_ready = Text(
        "Ready",
        o => $"{o.Long("status", "readyReplicas") ?? 0}/{o.Long("spec", "replicas") ?? 1}"
    );

    private static readonly TableColumn[] s_replicas =
    [
        Number("Desired", o => o.Long("spec", "replicas")),
        Number("Current", o => o.Long("status", "replicas")),
        Number("Ready", o => o.Long("status", "readyReplicas")),
        Age,
    ];

    public static TableColumn[]? For(string storage) =>
        storage switch
        {
            "deployments.apps" =>
            [
                s_ready,
                Number("Up-to-date", o => o.Long("status", "updatedReplicas")),
                Number("Available", o => o.Long("status", "availableReplicas")),
                Age,
                .. Wide(Template, Selector),
            ],
            "replicasets.apps" => [.. s_replicas, .. Wide(Template, Selector)],
            "replicationcontrollers." => [.. s_replicas, .. Wide(Template)],
            "statefulsets.apps" => [s_ready, Age, .. Wide(Template)],
            "daemonsets.apps" =>
            [
                Number("Desired", o => o.Long("status", "desiredNumberScheduled")),
                Number("Current", o => o.Long("status", "currentNumberScheduled")),
                Number("Ready", o => o.Long("status", "numberReady")),
                Number("Up-to-date", o => o.Long("status", "updatedNumberScheduled")),
                Number("Available", o => o.Long("status", "numberAvailable")),
                Text(
                    "Node Selector",
                    o => OrNone(Labels(o.At("spec", "template", "spec", "nodeSelector") as JsonObject))
                ),
                Age,
                .. Wide(Template, Selector),
            ],
            "jobs.batch" =>
            [
                Text("Status", JobStatus),
                Text("Completions", o => $"{o.Long("status", "succeeded") ?? 0}/{o.Long("spec", "completions") ?? 1}"),
                new(
                    "Duration",
                    (o, now) => HumanTime.Between(o.Str("status", "startTime"), o.Str("status", "completionTime"), now)
                ),
                Age,
                .. Wide(Template, Selector),
            ],
            "cronjobs.batch" =>
            [
                Text("Schedule", o => o.Str("spec", "schedule")),
                Text("Timezone", o => OrNone(o.Str("spec", "timeZone"))),
                Text("Suspend", o => o.Flag("spec", "suspend") ? "True" : "False"),
                Number("Active", o => o.Obj("status").Arr("active")?.Count),
                new(
                    "Last Schedule",
                    (o, now) => o.Str("status", "lastScheduleTime") is { } t ? HumanTime.Since(t, now) : "<none>"
                ),
                Age,
                .. Wide(o => o.At("spec", "jobTemplate", "spec", "template", "spec") as JsonObject),
            ],
            "controllerrevisions.apps" =>
            [
                Text(
                    "Controller",
                    o =>
                        o.Obj("metadata").Arr("ownerReferences").Objects().FirstOrDefault() is { } owner
                            ? $"{owner.Str("kind")?.ToLowerInvariant()}.apps/{owner.Str("name")}"
                            : "<none>"
                ),
                Number("Revision", o => o.Long("revision")),
                Age,
            ],
            _ => null,
        };

    public static string Labels(JsonObject? labels) =>
        labels is null ? "" : string.Join(',', labels.Select(l => $"{l.Key}={l.Value.AsString()}"));

    private static string Selector(JsonObject o) => SelectorText(o.Obj("spec").Obj("selector"));

    private static JsonObject? Template(JsonObject o) => o.At("spec", "template", "spec") as JsonObject;

    private static string JobStatus(JsonObject job)
    {
        var conditions = job.Obj("status").Arr("conditions").Objects();
        var held = conditions.FirstOrDefault(c =>
            c.Str("status") == "True" && c.Str("type") is "Complete" or "Failed" or "Suspended"
        );
        return held.Str("type") ?? "Running";
    }
}
