namespace EmbeddedKubernetes.Admission;

/// <summary>The quality-of-service class a pod's requests and limits lead to.</summary>
internal static class QualityOfService
{
    public static string Of(JsonObject podSpec)
    {
        var any = false;
        var guaranteed = true;
        foreach (var container in podSpec.Arr("containers").Objects().Concat(podSpec.Arr("initContainers").Objects()))
        {
            var limits = container.Obj("resources").Obj("limits");
            var requests = container.Obj("resources").Obj("requests");
            any |= limits is { Count: > 0 } || requests is { Count: > 0 };
            foreach (var name in (ReadOnlySpan<string>)["cpu", "memory"])
            {
                guaranteed &=
                    limits?[name] is { } limit
                    && (requests?[name] is not { } request || JsonNode.DeepEquals(request, limit));
            }
        }
        return !any ? "BestEffort"
            : guaranteed ? "Guaranteed"
            : "Burstable";
    }
}
