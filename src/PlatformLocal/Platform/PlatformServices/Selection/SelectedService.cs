using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Platform.PlatformServices.Selection;

/// <summary>A platform service as one platform is going to have it.</summary>
/// <param name="Service">The service.</param>
/// <param name="Change">What the workspace changes of it.</param>
internal sealed record SelectedService(PlatformService Service, PlatformServiceChange Change)
{
    /// <summary>The version that is installed: the main chart's, or that of its manifests.</summary>
    public string Version =>
        Change.Version ?? (Service.Charts is [.., var main] ? main.Version : Service.Version ?? "");

    /// <summary>The images that the cluster pulls for it, as far as they are known: a changed chart has others.</summary>
    public IReadOnlyList<string> Images =>
        !Service.NeedsFlux ? [(string)Values()["image"]!]
        : Change is { Version: null, Values: null } ? Service.Images
        : [];

    /// <summary>What its pods ask the scheduler for, as far as its values and manifests say.</summary>
    public ResourceRequests Requests =>
        ResourceRequests.Sum(Service.Charts.Select(c => ResourceRequests.In(ValuesOf(c))))
        + (
            Service.HasManifests
                ? ResourceRequests.Sum(Manifests().Select(o => ResourceRequests.In(o)))
                : ResourceRequests.None
        );

    /// <summary>Its own objects as they are applied.</summary>
    public IReadOnlyList<JsonObject> Manifests() =>
        // A chart's values are not for the manifests beside it.
        ServiceFiles.ReadManifests(Service.Folder, Service.NeedsFlux ? [] : Values());

    public string VersionOf(HelmChart chart) => IsMain(chart) ? Change.Version ?? chart.Version : chart.Version;

    public JsonObject ValuesOf(HelmChart chart) => IsMain(chart) ? Values() : chart.DefaultValues(Service.Folder);

    /// <summary>The values of the service itself, with the workspace's merged over them.</summary>
    public JsonObject Values() => Merge(Service.DefaultValues(), Change.Values ?? []);

    private bool IsMain(HelmChart chart) => chart == Service.Charts[^1];

    private static JsonObject Merge(JsonObject below, JsonObject over)
    {
        foreach (var (name, value) in over)
        {
            below[name] =
                value is JsonObject inner && below[name] is JsonObject outer
                    ? Merge((JsonObject)outer.DeepClone(), inner)
                    : value?.DeepClone();
        }

        return below;
    }
}

/// <summary>A platform service that a platform cannot have.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Reason">Why, as a clause.</param>
internal sealed record LeftOutService(string Name, string Reason);
