namespace EmbeddedKubernetes.Admission;

/// <summary>What a pod may ask of the nodes it goes to.</summary>
internal static class PlacementRules
{
    private const string Required = "requiredDuringSchedulingIgnoredDuringExecution";
    private const string Preferred = "preferredDuringSchedulingIgnoredDuringExecution";

    public static void Check(JsonObject spec, string path, FieldFaults faults)
    {
        MetadataRules.CheckLabels(spec.Obj("nodeSelector"), path + ".nodeSelector", faults);
        PodRules.Each(spec.Arr("tolerations"), path + ".tolerations", (t, at) => Toleration(t, at, faults));
        PodRules.Each(
            spec.Arr("topologySpreadConstraints"),
            path + ".topologySpreadConstraints",
            (c, at) => Spread(c, at, faults)
        );
        if (spec.Obj("affinity") is not { } affinity)
        {
            return;
        }
        if (affinity.Obj("nodeAffinity") is { } node)
        {
            NodeAffinity(node, path + ".affinity.nodeAffinity", faults);
        }
        foreach (var kind in (ReadOnlySpan<string>)["podAffinity", "podAntiAffinity"])
        {
            var at = $"{path}.affinity.{kind}";
            PodRules.Each(affinity.Obj(kind).Arr(Required), $"{at}.{Required}", (term, p) => Topology(term, p, faults));
            PodRules.Each(
                affinity.Obj(kind).Arr(Preferred),
                $"{at}.{Preferred}",
                (weighted, p) =>
                {
                    Weight(weighted, p, faults);
                    Topology(weighted.Obj("podAffinityTerm") ?? [], p + ".podAffinityTerm", faults);
                }
            );
        }
    }

    private static void NodeAffinity(JsonObject affinity, string at, FieldFaults faults)
    {
        if (affinity.Obj(Required) is { } required)
        {
            var terms = required.Arr("nodeSelectorTerms");
            if (terms is { Count: 0 })
            {
                faults.Required($"{at}.{Required}.nodeSelectorTerms", "must have at least one node selector term");
            }
            PodRules.Each(terms, $"{at}.{Required}.nodeSelectorTerms", (term, p) => Term(term, p, faults));
        }
        PodRules.Each(
            affinity.Arr(Preferred),
            $"{at}.{Preferred}",
            (weighted, p) =>
            {
                Weight(weighted, p, faults);
                Term(weighted.Obj("preference") ?? [], p + ".preference", faults);
            }
        );
    }

    private static void Term(JsonObject term, string at, FieldFaults faults) =>
        PodRules.Each(
            term.Arr("matchExpressions"),
            at + ".matchExpressions",
            (expression, p) =>
            {
                var values = expression.Arr("values")?.Count ?? 0;
                switch (expression.Str("operator"))
                {
                    case "In" or "NotIn":
                        if (values == 0)
                        {
                            faults.Required(p + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
                        }
                        break;
                    case "Exists" or "DoesNotExist":
                        if (values > 0)
                        {
                            faults.Forbidden(
                                p + ".values",
                                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                            );
                        }
                        break;
                    case "Gt" or "Lt":
                        if (values != 1)
                        {
                            faults.Required(
                                p + ".values",
                                "must be specified single value when `operator` is 'Lt' or 'Gt'"
                            );
                        }
                        break;
                    default:
                        faults.Invalid(p + ".operator", expression["operator"], "not a valid selector operator");
                        break;
                }
            }
        );

    private static void Weight(JsonObject weighted, string at, FieldFaults faults)
    {
        if (weighted.Long("weight") is null or < 1 or > 100)
        {
            faults.Invalid(at + ".weight", weighted["weight"], "must be in the range 1-100");
        }
    }

    private static void Topology(JsonObject term, string at, FieldFaults faults)
    {
        if (!NameSyntax.IsQualifiedName(term.Str("topologyKey") ?? ""))
        {
            faults.Invalid(at + ".topologyKey", term["topologyKey"] ?? "", NameSyntax.QualifiedRule);
        }
    }

    private static void Toleration(JsonObject toleration, string at, FieldFaults faults)
    {
        var exists = toleration.Str("operator") == "Exists";
        if (string.IsNullOrEmpty(toleration.Str("key")) && !exists)
        {
            faults.Invalid(
                at + ".operator",
                toleration["operator"],
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\""
            );
        }
        if (toleration.Str("operator") is { Length: > 0 } text and not ("Exists" or "Equal"))
        {
            faults.NotSupported(at + ".operator", text, ["Equal", "Exists"]);
        }
        if (exists && !string.IsNullOrEmpty(toleration.Str("value")))
        {
            faults.Invalid(at + ".operator", toleration.Copy(), "value must be empty when `operator` is 'Exists'");
        }
        var effect = toleration.Str("effect");
        if (toleration["tolerationSeconds"] is not null && effect != "NoExecute")
        {
            faults.Invalid(at + ".effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
        else if (!string.IsNullOrEmpty(effect) && effect is not ("NoSchedule" or "PreferNoSchedule" or "NoExecute"))
        {
            faults.NotSupported(at + ".effect", effect, ["NoSchedule", "PreferNoSchedule", "NoExecute"]);
        }
    }

    private static void Spread(JsonObject constraint, string at, FieldFaults faults)
    {
        if (constraint.Long("maxSkew") is null or < 1)
        {
            faults.Invalid(at + ".maxSkew", constraint["maxSkew"], "must be greater than zero");
        }
    }
}
