using EmbeddedKubernetes.Admission;

namespace PlatformLocal.Platform.PlatformServices;

/// <summary>What pods ask the scheduler to keep for them.</summary>
/// <param name="Cpu">In thousandths of a processor.</param>
/// <param name="Memory">In MiB.</param>
internal sealed record ResourceRequests(int Cpu, int Memory)
{
    /// <summary>Pods that ask for nothing.</summary>
    public static ResourceRequests None { get; } = new(0, 0);

    /// <summary>The sum of two.</summary>
    public static ResourceRequests operator +(ResourceRequests left, ResourceRequests right) =>
        new(left.Cpu + right.Cpu, left.Memory + right.Memory);

    /// <summary>The sum of all.</summary>
    public static ResourceRequests Sum(IEnumerable<ResourceRequests> requests) =>
        requests.Aggregate(None, (sum, next) => sum + next);

    /// <summary>The sum of all <c>resources.requests</c> in a chart's values or in an object, one replica of each.</summary>
    /// <param name="node">Values, an object, or a part of one.</param>
    public static ResourceRequests In(JsonNode? node) =>
        node switch
        {
            JsonObject values => Own(values["resources"]) + Sum(values.Select(v => In(v.Value))),
            JsonArray items => Sum(items.Select(In)),
            _ => None,
        };

    private static ResourceRequests Own(JsonNode? resources) =>
        (resources as JsonObject).Child("requests") is { } requests
            ? new ResourceRequests(
                (int)Math.Ceiling(Number(requests["cpu"]) * 1000),
                (int)Math.Ceiling(Number(requests["memory"]) / (1024 * 1024))
            )
            : None;

    private static double Number(JsonNode? quantity) => quantity is null ? 0 : Quantity.Parse(quantity);
}
