namespace PlatformLocal.Deployment.Manifests;

/// <summary>
/// Fields that are texts for Kubernetes, and that YAML easily makes something else of: <c>8080</c>, <c>no</c> and <c>0644</c>
/// need quotes there. The API refuses them; here the fault has file and line.
/// </summary>
internal static class TextFields
{
    private static readonly string[] s_maps = ["labels", "annotations"];

    // Maps whose keys are anybody's: their values are looked at where they are texts.
    private static readonly string[] s_free =
    [
        "labels",
        "annotations",
        "matchLabels",
        "selector",
        "data",
        "stringData",
        "binaryData",
        "parameters",
    ];
    private static readonly string[] s_containers = ["containers", "initContainers", "ephemeralContainers"];

    /// <summary>What is wrong with the texts of an object.</summary>
    public static IEnumerable<Fault> FaultsOf(Manifest manifest)
    {
        var item = manifest.Object;
        var faults = InMetadata(item, "");
        if (IsBuiltIn(ApiGroup.Of(manifest.ApiVersion)))
        {
            faults = faults.Concat(Names(item, ""));
        }

        return (ApiGroup.Of(manifest.ApiVersion), manifest.Kind) switch
        {
            ("", "Secret") => faults.Concat(InMap(item, "data")).Concat(InMap(item, "stringData")),
            ("", "ConfigMap") => faults.Concat(InMap(item, "data")).Concat(InMap(item, "binaryData")),
            ("", "Pod") => faults.Concat(InPod(item.Child("spec"), "spec")),
            ("batch", "CronJob") => faults.Concat(
                InTemplate(item.Child("spec").Child("jobTemplate").Child("spec"), "spec.jobTemplate.spec")
            ),
            ("" or "apps" or "batch", _) => faults.Concat(InTemplate(item.Child("spec"), "spec")),
            _ => faults,
        };
    }

    // What is called a name is one, in all kinds of Kubernetes; schemas of other kinds may have anything under it.
    private static bool IsBuiltIn(string group) =>
        !group.Contains('.', StringComparison.Ordinal)
        || (
            group.EndsWith(".k8s.io", StringComparison.Ordinal)
            && group is not ("apiextensions.k8s.io" or "gateway.networking.k8s.io")
        );

    private static IEnumerable<Fault> Names(JsonNode? node, string path)
    {
        switch (node)
        {
            case JsonArray list:
                return list.SelectMany((element, i) => Names(element, $"{path}[{i}]"));
            case JsonObject map:
                return map.Where(p => !s_free.Contains(p.Key, StringComparer.Ordinal))
                    .SelectMany(p =>
                    {
                        var at = path.Length == 0 ? p.Key : $"{path}.{p.Key}";
                        return p.Key == "name" && p.Value is JsonValue && IsOther(p.Value)
                            ? [FaultOf(at, p.Value)]
                            : Names(p.Value, at);
                    });
            default:
                return [];
        }
    }

    private static IEnumerable<Fault> InTemplate(JsonObject? spec, string path)
    {
        var template = spec.Child("template");
        return InMetadata(template, $"{path}.template.")
            .Concat(InPod(template.Child("spec"), $"{path}.template.spec"))
            .Concat(spec.Child("selector") is { } selector ? InMap(selector, "matchLabels", $"{path}.selector.") : []);
    }

    private static IEnumerable<Fault> InMetadata(JsonObject? owner, string path) =>
        s_maps.SelectMany(map => InMap(owner.Metadata(), map, $"{path}metadata."));

    private static IEnumerable<Fault> InPod(JsonObject? pod, string path)
    {
        foreach (var list in s_containers)
        {
            foreach (var (i, container) in pod.Items(list).Index())
            {
                var at = $"{path}.{list}[{i}]";
                foreach (var (n, variable) in container.Items("env").Index())
                {
                    if (IsOther(variable["value"]))
                    {
                        yield return FaultOf($"{at}.env[{n}].value", variable["value"]);
                    }
                }

                foreach (var texts in (string[])["command", "args"])
                {
                    foreach (var (n, text) in (container[texts] as JsonArray ?? []).Index())
                    {
                        if (IsOther(text))
                        {
                            yield return FaultOf($"{at}.{texts}[{n}]", text);
                        }
                    }
                }
            }
        }
    }

    private static IEnumerable<Fault> InMap(JsonObject? owner, string name, string path = "") =>
        owner.Child(name)?.Where(p => IsOther(p.Value)).Select(p => FaultOf($"{path}{name}.{p.Key}", p.Value)) ?? [];

    // Kubernetes takes null for an empty text.
    public static bool IsOther(JsonNode? value) => value is not null && value.GetValueKind() != JsonValueKind.String;

    public static Fault FaultOf(string path, JsonNode? value) =>
        new(
            path,
            $"must be a text, and is {ObjectReader.KindOf(value)}{(value is JsonValue ? ": write it in quotes" : "")}"
        );
}
