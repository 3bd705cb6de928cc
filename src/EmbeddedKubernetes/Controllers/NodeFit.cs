using EmbeddedKubernetes.Admission;

namespace EmbeddedKubernetes.Controllers;

/// <summary>Whether a pod may go to a node, and in the scheduler's words why not.</summary>
internal static class NodeFit
{
    /// <summary>
    /// Why the node does not take the pod; null when it does. A pod is compared with what the node has, not with what other
    /// pods left of it: they are simulated and use nothing.
    /// </summary>
    public static string? Refusal(JsonObject node, JsonObject podSpec)
    {
        if (!IsSelected(node, podSpec))
        {
            return "1 node(s) didn't match Pod's node affinity/selector";
        }
        if (UntoleratedTaint(node, podSpec) is { } taint)
        {
            return taint.Str("key") == "node.kubernetes.io/unschedulable"
                ? "1 node(s) were unschedulable"
                : $"1 node(s) had untolerated taint {{{taint.Str("key")}: {taint.Str("value")}}}";
        }
        var short_ = Insufficient(node, podSpec).Select(r => "1 Insufficient " + r).ToList();
        return short_.Count > 0 ? string.Join(", ", short_) : null;
    }

    /// <summary>The node's labels are those that the selector and the required affinity ask for.</summary>
    public static bool IsSelected(JsonObject node, JsonObject podSpec)
    {
        var labels = node.Obj("metadata").Obj("labels");
        foreach (var (name, value) in podSpec.Obj("nodeSelector") ?? [])
        {
            if (labels.Str(name) != value.AsString())
            {
                return false;
            }
        }
        var required = podSpec
            .Obj("affinity")
            .Obj("nodeAffinity")
            .Obj("requiredDuringSchedulingIgnoredDuringExecution");
        return required is null
            || required
                .Arr("nodeSelectorTerms")
                .Objects()
                .Any(term =>
                    // A term that asks for nothing selects nothing.
                    (term.Arr("matchExpressions") is { Count: > 0 } || term.Arr("matchFields") is { Count: > 0 })
                    && term.Arr("matchExpressions").Objects().All(e => Matches(e, labels.Str(e.Str("key") ?? "")))
                    && term.Arr("matchFields").Objects().All(e => Matches(e, node.Str("metadata", "name")))
                );
    }

    /// <summary>The first taint that keeps new pods away and that the pod does not tolerate.</summary>
    public static JsonObject? UntoleratedTaint(JsonObject node, JsonObject podSpec)
    {
        var taints = node.Obj("spec").Arr("taints").Objects();
        if (node.Flag("spec", "unschedulable"))
        {
            taints = taints.Prepend(new() { ["key"] = "node.kubernetes.io/unschedulable", ["effect"] = "NoSchedule" });
        }
        return taints.FirstOrDefault(taint =>
            taint.Str("effect") is "NoSchedule" or "NoExecute"
            && !podSpec.Arr("tolerations").Objects().Any(t => Tolerates(t, taint))
        );
    }

    private static IEnumerable<string> Insufficient(JsonObject node, JsonObject podSpec)
    {
        var allocatable = node.Obj("status").Obj("allocatable");
        return PodResources
            .Sum(podSpec, "requests")
            .Where(r => r.Value > 0 && !(Quantity.Parse(allocatable?[r.Key]) >= r.Value))
            .Select(r => r.Key)
            .Order(StringComparer.Ordinal);
    }

    private static bool Tolerates(JsonObject toleration, JsonObject taint) =>
        (string.IsNullOrEmpty(toleration.Str("effect")) || toleration.Str("effect") == taint.Str("effect"))
        && (
            string.IsNullOrEmpty(toleration.Str("key"))
                ? toleration.Str("operator") == "Exists"
                : toleration.Str("key") == taint.Str("key")
                    && (
                        toleration.Str("operator") == "Exists"
                        || (toleration.Str("value") ?? "") == (taint.Str("value") ?? "")
                    )
        );

    private static bool Matches(JsonObject expression, string? value)
    {
        var values = (expression.Arr("values") ?? []).Select(v => v.AsString()).ToList();
        return expression.Str("operator") switch
        {
            "In" => value is not null && values.Contains(value),
            "NotIn" => value is null || !values.Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            "Gt" => Compare() is > 0,
            "Lt" => Compare() is < 0,
            _ => false,
        };

        int? Compare() =>
            long.TryParse(value, CultureInfo.InvariantCulture, out var has)
            && long.TryParse(values.FirstOrDefault(), CultureInfo.InvariantCulture, out var bound)
                ? has.CompareTo(bound)
                : null;
    }
}
