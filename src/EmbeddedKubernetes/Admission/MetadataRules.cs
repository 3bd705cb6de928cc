namespace EmbeddedKubernetes.Admission;

/// <summary>What holds for the metadata of every kind.</summary>
internal static class MetadataRules
{
    private const int MaxAnnotations = 256 * 1024;

    public static void Check(ResourceType type, JsonObject value, JsonObject? live, FieldFaults faults)
    {
        var metadata = value.Metadata();
        var name = metadata.Str("name") ?? "";
        if (name.Length == 0)
        {
            faults.Required("metadata.name", "name or generateName is required");
        }
        else if (live is null)
        {
            CheckName(type, name, faults);
        }
        CheckLabels(metadata.Obj("labels"), "metadata.labels", faults);
        CheckAnnotations(metadata.Obj("annotations"), faults);
        var i = 0;
        foreach (var finalizer in metadata.Arr("finalizers") ?? [])
        {
            if (finalizer.AsString() is not { } text || !NameSyntax.IsQualifiedName(text))
            {
                faults.Invalid($"metadata.finalizers[{i}]", finalizer, NameSyntax.QualifiedRule);
            }
            i++;
        }
        CheckOwners(metadata.Arr("ownerReferences"), faults);
        if (live.Str("metadata", "deletionTimestamp") is not null)
        {
            CheckNoNewFinalizers(live!, metadata, faults);
        }
    }

    public static void CheckLabels(JsonObject? labels, string path, FieldFaults faults)
    {
        foreach (var (key, value) in labels ?? [])
        {
            if (!NameSyntax.IsQualifiedName(key))
            {
                faults.Invalid(path, key, NameSyntax.QualifiedRule);
            }
            if (value.AsString() is { } text && !NameSyntax.IsLabelValue(text))
            {
                faults.Invalid(path, text, NameSyntax.LabelValueRule);
            }
        }
    }

    public static void CheckSelector(JsonObject selector, string path, FieldFaults faults)
    {
        CheckLabels(selector.Obj("matchLabels"), path + ".matchLabels", faults);
        PodRules.Each(
            selector.Arr("matchExpressions"),
            path + ".matchExpressions",
            (expression, at) =>
            {
                var values = expression.Arr("values") is { Count: > 0 };
                switch (expression.Str("operator"))
                {
                    case "In" or "NotIn" when !values:
                        faults.Required(at + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
                        break;
                    case "Exists" or "DoesNotExist" when values:
                        faults.Forbidden(
                            at + ".values",
                            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                        );
                        break;
                    case not ("In" or "NotIn" or "Exists" or "DoesNotExist"):
                        faults.Invalid(at + ".operator", expression["operator"], "not a valid selector operator");
                        break;
                }
            }
        );
    }

    private static void CheckName(ResourceType type, string name, FieldFaults faults)
    {
        var (fits, rule) = type switch
        {
            { Group: "rbac.authorization.k8s.io" } => (NameSyntax.IsPathSegment(name), "it may not contain '/' or '%'"),
            { Storage: "namespaces." or "services." } => (NameSyntax.IsLabel(name), NameSyntax.LabelRule),
            _ => (NameSyntax.IsSubdomain(name), NameSyntax.SubdomainRule),
        };
        if (!fits)
        {
            faults.Invalid("metadata.name", name, rule);
        }
    }

    private static void CheckAnnotations(JsonObject? annotations, FieldFaults faults)
    {
        var size = 0L;
        foreach (var (key, value) in annotations ?? [])
        {
            if (!NameSyntax.IsQualifiedName(key.ToLowerInvariant()))
            {
                faults.Invalid("metadata.annotations", key, NameSyntax.QualifiedRule);
            }
            size += key.Length + (value.AsString()?.Length ?? 0);
        }
        if (size > MaxAnnotations)
        {
            faults.TooLong("metadata.annotations", $"may not be more than {MaxAnnotations} bytes");
        }
    }

    private static void CheckOwners(JsonArray? owners, FieldFaults faults)
    {
        var controllers = 0;
        var i = 0;
        foreach (var owner in owners.Objects())
        {
            foreach (var field in (ReadOnlySpan<string>)["apiVersion", "kind", "name", "uid"])
            {
                if (string.IsNullOrEmpty(owner.Str(field)))
                {
                    faults.Invalid($"metadata.ownerReferences[{i}].{field}", owner[field], "must not be empty");
                }
            }
            if (owner.Flag("controller") && ++controllers > 1)
            {
                faults.Invalid("metadata.ownerReferences", owner, "Only one reference can have Controller set to true");
            }
            i++;
        }
    }

    private static void CheckNoNewFinalizers(JsonObject live, JsonObject metadata, FieldFaults faults)
    {
        var before = live.Obj("metadata").Arr("finalizers") ?? [];
        var added = (metadata.Arr("finalizers") ?? []).Where(f => !before.Any(b => JsonNode.DeepEquals(b, f))).ToList();
        if (added.Count > 0)
        {
            faults.Forbidden(
                "metadata.finalizers",
                "no new finalizers can be added if the object is being deleted, found new finalizers "
                    + string.Join(", ", added.Select(a => a.Text()))
            );
        }
    }
}
