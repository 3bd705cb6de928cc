using PlatformLocal.Deployment.Delivery.Flux;
using PlatformLocal.Platform.PlatformServices.Selection;

namespace PlatformLocal.Platform.PlatformServices.Flux;

/// <summary>Writes the objects that ask Flux for charts.</summary>
internal static class FluxObjects
{
    public const string SourceVersion = FluxKinds.SourceVersion;
    public const string ReleaseVersion = FluxKinds.HelmVersion;

    private const string RetryInterval = "30s";

    private static readonly TimeSpan s_margin = TimeSpan.FromMinutes(1);

    /// <summary>Where a chart comes from.</summary>
    public static JsonObject Source(SelectedService chosen, HelmChart chart)
    {
        var spec = new JsonObject { ["url"] = chart.Url, ["interval"] = "24h" };
        if (chart.IsOci)
        {
            // A chart's layer, as it is: without the selector Flux looks for its own kind of artifact.
            spec["layerSelector"] = new JsonObject
            {
                ["mediaType"] = "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                ["operation"] = "copy",
            };
            spec["ref"] = new JsonObject { ["tag"] = chosen.VersionOf(chart) };
        }

        if (chart.Mirror is { IsInsecure: true })
        {
            spec["insecure"] = true;
        }

        if (chart.Mirror is { Secret: { } secret })
        {
            spec["secretRef"] = new JsonObject { ["name"] = secret };
        }

        return Object(chosen, SourceOf(chart), spec);
    }

    /// <summary>The release of a chart.</summary>
    public static JsonObject Release(SelectedService chosen, HelmChart chart)
    {
        var crds = chart.KeepsKinds ? "Create" : "CreateReplace";
        var install = new JsonObject { ["crds"] = crds, ["strategy"] = Retry() };
        var upgrade = new JsonObject { ["crds"] = crds, ["strategy"] = Retry() };
        if (chart.KeepsKinds)
        {
            // Applied by the server, "Create" replaces too: https://github.com/fluxcd/helm-controller/issues/1588
            install["serverSideApply"] = false;
            upgrade["serverSideApply"] = "disabled";
        }

        var spec = new JsonObject
        {
            ["interval"] = "1h",
            // Its verdict must come before nobody waits for it any longer.
            ["timeout"] = $"{(chosen.Service.Timeout - s_margin).TotalSeconds:0}s",
            // Otherwise its name has the namespace in front, and so have the names of its objects.
            ["releaseName"] = chart.Release,
            ["targetNamespace"] = chart.Namespace,
            ["install"] = install,
            ["upgrade"] = upgrade,
            ["values"] = chosen.ValuesOf(chart),
        };
        if (chart.DependsOn.Count > 0)
        {
            spec["dependsOn"] = new JsonArray([
                .. chart.DependsOn.Select(name => (JsonNode)new JsonObject { ["name"] = name }),
            ]);
        }

        if (chart.IsOci)
        {
            spec["chartRef"] = new JsonObject { ["kind"] = "OCIRepository", ["name"] = chart.Release };
        }
        else
        {
            spec["chart"] = new JsonObject
            {
                ["spec"] = new JsonObject
                {
                    ["chart"] = chart.Chart,
                    ["version"] = chosen.VersionOf(chart),
                    ["sourceRef"] = new JsonObject { ["kind"] = "HelmRepository", ["name"] = chart.Release },
                },
            };
        }

        return Object(chosen, ReleaseOf(chart), spec);
    }

    /// <summary>The reference to a chart's release.</summary>
    public static ObjectReference ReleaseOf(HelmChart chart) =>
        new(ReleaseVersion, "HelmRelease", PlatformService.Namespace, chart.Release);

    /// <summary>The reference to a chart's source.</summary>
    public static ObjectReference SourceOf(HelmChart chart) => SourceOf(chart, chart.IsOci);

    /// <summary>The references to all sources that a chart may have had: where it comes from can be changed.</summary>
    public static IReadOnlyList<ObjectReference> SourcesOf(HelmChart chart) =>
        [SourceOf(chart, isOci: false), SourceOf(chart, isOci: true)];

    private static ObjectReference SourceOf(HelmChart chart, bool isOci) =>
        new(SourceVersion, isOci ? "OCIRepository" : "HelmRepository", PlatformService.Namespace, chart.Release);

    // By default Flux gives up after the first failure.
    private static JsonObject Retry() => new() { ["name"] = "RetryOnFailure", ["retryInterval"] = RetryInterval };

    private static JsonObject Object(SelectedService chosen, ObjectReference reference, JsonObject spec) =>
        ServiceLabels.Put(chosen.Service.Name, reference.ToObject(("spec", spec)));
}
