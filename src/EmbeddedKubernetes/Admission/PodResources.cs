namespace EmbeddedKubernetes.Admission;

/// <summary>What the containers of a pod have together.</summary>
internal static class PodResources
{
    /// <summary>An initial container that goes on running beside the others.</summary>
    public static bool IsSidecar(JsonObject container) => container.Str("restartPolicy") == "Always";

    /// <summary>The amounts of all containers that run together, or of an initial one alone if it has more.</summary>
    /// <param name="podSpec">The pod's specification.</param>
    /// <param name="of"><c>requests</c> or <c>limits</c>.</param>
    public static Dictionary<string, double> Sum(JsonObject podSpec, string of)
    {
        var sum = new Dictionary<string, double>(StringComparer.Ordinal);
        var peak = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var container in podSpec.Arr("containers").Objects())
        {
            Add(sum, container.Obj("resources").Obj(of));
        }
        foreach (var container in podSpec.Arr("initContainers").Objects())
        {
            var amounts = container.Obj("resources").Obj(of);
            if (IsSidecar(container))
            {
                Add(sum, amounts);
                continue;
            }
            foreach (var (name, amount) in amounts ?? [])
            {
                peak[name] = Math.Max(peak.GetValueOrDefault(name), Quantity.Parse(amount));
            }
        }
        foreach (var (name, amount) in peak)
        {
            sum[name] = Math.Max(sum.GetValueOrDefault(name), amount);
        }
        Add(sum, podSpec.Obj("overhead"));
        return sum;
    }

    private static void Add(Dictionary<string, double> sum, JsonObject? amounts)
    {
        foreach (var (name, amount) in amounts ?? [])
        {
            sum[name] = sum.GetValueOrDefault(name) + Quantity.Parse(amount);
        }
    }
}
