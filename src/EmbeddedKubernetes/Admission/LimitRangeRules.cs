namespace EmbeddedKubernetes.Admission;

/// <summary>What a LimitRange must fulfil, and what it says of containers without saying so.</summary>
internal static class LimitRangeRules
{
    private static readonly string[] s_ofContainers = ["cpu", "memory", "ephemeral-storage"];

    /// <summary>A container's limit is the largest one and its request the limit, or the smallest, unless they are named.</summary>
    public static void Default(JsonObject? spec)
    {
        foreach (var item in spec.Arr("limits").Objects().Where(i => i.Str("type") == "Container"))
        {
            Fill(item, "default", "max");
            Fill(item, "defaultRequest", "default");
            Fill(item, "defaultRequest", "min");
        }
    }

    public static void Check(JsonObject spec, FieldFaults faults)
    {
        var types = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var item in spec.Arr("limits").Objects())
        {
            var at = $"spec.limits[{i++}]";
            var type = item.Str("type") ?? "";
            if (
                type is not ("Container" or "Pod" or "PersistentVolumeClaim")
                && !(type.Contains('/', StringComparison.Ordinal) && NameSyntax.IsQualifiedName(type))
            )
            {
                faults.Invalid(at + ".type", type, "must be a standard limit type or fully qualified");
            }
            if (!types.Add(type))
            {
                faults.Duplicate(at + ".type", type);
            }
            if (type == "Pod")
            {
                Forbid(item, "default", at, faults);
                Forbid(item, "defaultRequest", at, faults);
            }
            if (
                type == "PersistentVolumeClaim"
                && item.Obj("min")?["storage"] is null
                && item.Obj("max")?["storage"] is null
            )
            {
                faults.Required(
                    at + ".limits",
                    "either minimum or maximum storage value is required, but neither was provided"
                );
            }
            Names(item, type, at, faults);
            Amounts(item, at, faults);
        }
    }

    private static void Fill(JsonObject item, string field, string from)
    {
        foreach (var (name, amount) in item.Obj(from) ?? [])
        {
            item.Child(field)[name] ??= amount?.DeepClone();
        }
    }

    private static void Forbid(JsonObject item, string field, string at, FieldFaults faults)
    {
        if (item.Obj(field) is { Count: > 0 })
        {
            faults.Forbidden($"{at}.{field}", "may not be specified when `type` is 'Pod'");
        }
    }

    private static void Names(JsonObject item, string type, string at, FieldFaults faults)
    {
        foreach (var field in (ReadOnlySpan<string>)["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"])
        {
            foreach (var (name, _) in item.Obj(field) ?? [])
            {
                if (
                    type is "Container" or "Pod"
                    && !name.Contains('/', StringComparison.Ordinal)
                    && !s_ofContainers.Contains(name)
                    && !name.StartsWith("hugepages-", StringComparison.Ordinal)
                )
                {
                    faults.Invalid($"{at}.{field}[{name}]", name, "must be a standard resource for containers");
                }
            }
        }
    }

    private static void Amounts(JsonObject item, string at, FieldFaults faults)
    {
        string[] fields = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];
        foreach (var name in fields.SelectMany(f => (item.Obj(f) ?? []).Select(r => r.Key)).Distinct().ToList())
        {
            AtMost("min", "max", "min", "min value {0} is greater than max value {1}");
            AtMost(
                "min",
                "defaultRequest",
                "defaultRequest",
                "min value {0} is greater than default request value {1}"
            );
            AtMost(
                "defaultRequest",
                "max",
                "defaultRequest",
                "default request value {0} is greater than max value {1}"
            );
            AtMost(
                "defaultRequest",
                "default",
                "defaultRequest",
                "default request value {0} is greater than default limit value {1}"
            );
            AtMost("min", "default", "default", "min value {0} is greater than default value {1}");
            AtMost("default", "max", "default", "default value {0} is greater than max value {1}");
            Ratio(item, name, $"{at}.maxLimitRequestRatio[{name}]", faults);

            void AtMost(string low, string high, string field, string message)
            {
                var (small, large) = (item.Obj(low)?[name], item.Obj(high)?[name]);
                if (Quantity.Parse(small) > Quantity.Parse(large))
                {
                    var text = message
                        .Replace("{0}", Quantity.Text(small), StringComparison.Ordinal)
                        .Replace("{1}", Quantity.Text(large), StringComparison.Ordinal);
                    faults.Invalid($"{at}.{field}[{name}]", item.Obj(field)![name], text);
                }
            }
        }
    }

    private static void Ratio(JsonObject item, string name, string at, FieldFaults faults)
    {
        var ratio = item.Obj("maxLimitRequestRatio")?[name];
        if (Quantity.Parse(ratio) < 1)
        {
            faults.Invalid(at, ratio, $"ratio {Quantity.Text(ratio)} is less than 1");
        }
        var widest = Quantity.Parse(item.Obj("max")?[name]) / Quantity.Parse(item.Obj("min")?[name]);
        if (Quantity.Parse(ratio) > widest)
        {
            faults.Invalid(
                at,
                ratio,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"ratio {Quantity.Text(ratio)} is greater than max/min = {widest:F6}"
                )
            );
        }
    }
}
