namespace EmbeddedKubernetes.Admission;

/// <summary>How workloads may be renewed.</summary>
internal static class StrategyRules
{
    public static void CheckDeployment(JsonObject spec, FieldFaults faults)
    {
        const string at = "spec.strategy.rollingUpdate";
        var update = spec.Obj("strategy").Obj("rollingUpdate");
        if (spec.Str("strategy", "type") == "Recreate")
        {
            if (update is not null)
            {
                faults.Forbidden(at, "may not be specified when strategy `type` is 'Recreate'");
            }
        }
        else if (update is not null)
        {
            var sound = Amount(update["maxUnavailable"], at + ".maxUnavailable", faults, share: true);
            sound &= Amount(update["maxSurge"], at + ".maxSurge", faults, share: false);
            if (sound && IsZero(update["maxUnavailable"]) && IsZero(update["maxSurge"]))
            {
                faults.Invalid(at + ".maxUnavailable", update["maxUnavailable"], "may not be 0 when `maxSurge` is 0");
            }
        }
        KindRules.NotNegative(spec, "revisionHistoryLimit", faults);
        KindRules.NotNegative(spec, "progressDeadlineSeconds", faults);
        if (spec.Long("progressDeadlineSeconds") <= (spec.Long("minReadySeconds") ?? 0))
        {
            faults.Invalid(
                "spec.progressDeadlineSeconds",
                spec["progressDeadlineSeconds"],
                "must be greater than minReadySeconds"
            );
        }
    }

    public static void CheckDaemonSet(JsonObject spec, FieldFaults faults)
    {
        const string at = "spec.updateStrategy.rollingUpdate";
        if (spec.Obj("updateStrategy").Obj("rollingUpdate") is not { } update)
        {
            return;
        }
        var sound = Amount(update["maxUnavailable"], at + ".maxUnavailable", faults, share: true);
        sound &= Amount(update["maxSurge"], at + ".maxSurge", faults, share: true);
        if (!sound)
        {
            return;
        }
        if (IsZero(update["maxUnavailable"]) && IsZero(update["maxSurge"]))
        {
            faults.Invalid(at + ".maxUnavailable", update["maxUnavailable"], "cannot be 0 when maxSurge is 0");
        }
        else if (!IsZero(update["maxUnavailable"]) && !IsZero(update["maxSurge"]))
        {
            faults.Invalid(at + ".maxSurge", update["maxSurge"], "may not be set when maxUnavailable is non-zero");
        }
    }

    public static void CheckStatefulSet(JsonObject spec, FieldFaults faults)
    {
        const string at = "spec.updateStrategy.rollingUpdate";
        if (spec.Obj("updateStrategy").Obj("rollingUpdate") is not { } update)
        {
            return;
        }
        if (spec.Str("updateStrategy", "type") == "OnDelete")
        {
            faults.Invalid(at, update, "only allowed for updateStrategy 'RollingUpdate'");
            return;
        }
        KindRules.NotNegative(update, "partition", faults, at);
        if (Amount(update["maxUnavailable"], at + ".maxUnavailable", faults, share: true) && IsNumberZero(update))
        {
            faults.Invalid(at + ".maxUnavailable", update["maxUnavailable"], "cannot be 0");
        }

        static bool IsNumberZero(JsonObject update) => update["maxUnavailable"] is { } value && IsZero(value);
    }

    /// <summary>A number of pods or a percentage of them.</summary>
    /// <returns>It is one, or absent.</returns>
    public static bool Amount(JsonNode? value, string at, FieldFaults faults, bool share)
    {
        if (value is null)
        {
            return true;
        }
        if (value.AsString() is not { } text)
        {
            if (value.AsLong() >= 0)
            {
                return true;
            }
            faults.Invalid(at, value, "must be greater than or equal to 0");
            return false;
        }
        if (text.Length < 2 || text[^1] != '%' || text.AsSpan()[..^1].ContainsAnyExceptInRange('0', '9'))
        {
            faults.Invalid(
                at,
                value,
                "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%')"
            );
            return false;
        }
        if (share && (text.Length > 4 || int.Parse(text[..^1], CultureInfo.InvariantCulture) > 100))
        {
            faults.Invalid(at, value, "must not be greater than 100%");
            return false;
        }
        return true;
    }

    private static bool IsZero(JsonNode? value) =>
        value is null || value.AsLong() == 0 || value.AsString()?.TrimStart('0') == "%";
}
