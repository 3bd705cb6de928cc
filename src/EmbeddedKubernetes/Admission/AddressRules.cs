using System.Net;

namespace EmbeddedKubernetes.Admission;

/// <summary>What the addresses of services and their ranges must fulfil.</summary>
internal static class AddressRules
{
    public static void Check(ResourceType type, JsonObject value, JsonObject? live, FieldFaults faults)
    {
        if (type.Kind == "IPAddress")
        {
            Address(value, live, faults);
        }
        else
        {
            Range(value.Obj("spec"), live.Obj("spec"), faults);
        }
    }

    private static void Address(JsonObject value, JsonObject? live, FieldFaults faults)
    {
        var name = value.Str("metadata", "name") ?? "";
        if (!IPAddress.TryParse(name, out var address) || address.ToString() != name)
        {
            faults.Invalid("metadata.name", name, "must be a valid IP address in canonical form");
        }
        if (value.Obj("spec").Obj("parentRef") is not { } parent)
        {
            faults.Required("spec.parentRef");
        }
        else
        {
            foreach (var field in (ReadOnlySpan<string>)["resource", "name"])
            {
                if (string.IsNullOrEmpty(parent.Str(field)))
                {
                    faults.Required("spec.parentRef." + field);
                }
            }
        }
        if (live is not null)
        {
            faults.Immutable("spec.parentRef", value.At("spec", "parentRef"), live.At("spec", "parentRef"));
        }
    }

    private static void Range(JsonObject? spec, JsonObject? before, FieldFaults faults)
    {
        var ranges = spec.Arr("cidrs") ?? [];
        if (ranges.Count == 0)
        {
            faults.Required("spec.cidrs", "at least one CIDR required");
        }
        if (ranges.Count > 2)
        {
            faults.Invalid("spec", spec, "may only hold up to 2 values");
        }
        var i = 0;
        foreach (var range in ranges)
        {
            if (!IPNetwork.TryParse(range.AsString(), out _))
            {
                faults.Invalid(
                    $"spec.cidrs[{i}]",
                    range,
                    "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
                );
            }
            i++;
        }
        if (before is not null)
        {
            faults.Immutable("spec.cidrs", spec?["cidrs"], before["cidrs"]);
        }
    }
}
