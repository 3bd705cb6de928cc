namespace EmbeddedKubernetes.Admission;

/// <summary>What roles and their bindings must fulfil.</summary>
internal static class AccessRules
{
    private const string Group = "rbac.authorization.k8s.io";

    public static void CheckRole(JsonObject role, bool namespaced, FieldFaults faults) =>
        PodRules.Each(
            role.Arr("rules"),
            "rules",
            (rule, at) =>
            {
                var urls = rule.Arr("nonResourceURLs");
                if (urls is { Count: > 0 })
                {
                    if (namespaced)
                    {
                        faults.Invalid(
                            at + ".nonResourceURLs",
                            urls,
                            "namespaced rules cannot apply to non-resource URLs"
                        );
                    }
                    else if (!IsEmpty(rule, "apiGroups") || !IsEmpty(rule, "resources"))
                    {
                        faults.Invalid(
                            at + ".nonResourceURLs",
                            urls,
                            "rules cannot apply to both regular resources and non-resource URLs"
                        );
                    }
                    return;
                }
                if (IsEmpty(rule, "apiGroups"))
                {
                    faults.Required(at + ".apiGroups", "resource rules must supply at least one api group");
                }
                if (IsEmpty(rule, "resources"))
                {
                    faults.Required(at + ".resources", "resource rules must supply at least one resource");
                }
            }
        );

    public static void CheckBinding(JsonObject binding, JsonObject? live, bool namespaced, FieldFaults faults)
    {
        string[] roles = namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
        if (binding.Str("roleRef", "apiGroup") is { } group and not Group)
        {
            faults.NotSupported("roleRef.apiGroup", group, [Group]);
        }
        if (binding.Str("roleRef", "kind") is { Length: > 0 } kind && !roles.Contains(kind))
        {
            faults.NotSupported("roleRef.kind", kind, roles);
        }
        PodRules.Each(binding.Arr("subjects"), "subjects", (subject, at) => Subject(subject, at, namespaced, faults));
        if (live is not null && !JsonNode.DeepEquals(binding["roleRef"], live["roleRef"]))
        {
            faults.Invalid("roleRef", binding["roleRef"], "cannot change roleRef");
        }
    }

    private static void Subject(JsonObject subject, string at, bool namespaced, FieldFaults faults)
    {
        switch (subject.Str("kind"))
        {
            case "ServiceAccount":
                if (subject.Str("name") is { Length: > 0 } name && !NameSyntax.IsSubdomain(name))
                {
                    faults.Invalid(at + ".name", name, NameSyntax.SubdomainRule);
                }
                if (!string.IsNullOrEmpty(subject.Str("apiGroup")))
                {
                    faults.NotSupported(at + ".apiGroup", subject["apiGroup"], [""]);
                }
                if (!namespaced && string.IsNullOrEmpty(subject.Str("namespace")))
                {
                    faults.Required(at + ".namespace");
                }
                break;
            case "User" or "Group":
                if (subject.Str("apiGroup") != Group)
                {
                    faults.NotSupported(at + ".apiGroup", subject["apiGroup"], [Group]);
                }
                break;
            case { Length: > 0 } kind:
                faults.NotSupported(at + ".kind", kind, ["ServiceAccount", "User", "Group"]);
                break;
        }
    }

    private static bool IsEmpty(JsonObject rule, string field) => rule.Arr(field) is null or { Count: 0 };
}
