using System.Text.Json.Serialization;
using PlatformLocal.Core.Environments;

namespace PlatformLocal.Platform.State;

/// <summary>What a platform was made with.</summary>
/// <param name="Cluster">The kind of cluster.</param>
/// <param name="Workspace">The folder of the workspace.</param>
/// <param name="Kubeconfig">The kubeconfig of an existing cluster; absent for what kubectl would read.</param>
/// <param name="Context">The context of an existing cluster; absent for the current one.</param>
/// <param name="Services">The wish for platform services, as <c>--services</c> takes it; absent for the cluster's default.</param>
/// <param name="Delivery">
/// How environments are delivered and platform services are installed: <c>flux</c> or <c>direct</c>; absent for services by
/// Flux and environments as the workspace says.
/// </param>
/// <param name="Api">Where the Platform API runs: one of <see cref="ApiPlaces"/>.</param>
public sealed record PlatformSettings(
    ClusterKind Cluster,
    string Workspace,
    string? Kubeconfig = null,
    string? Context = null,
    string? Services = null,
    string? Delivery = null,
    string Api = ApiPlaces.OnHost
)
{
    /// <summary>What the default choice of platform services is: one of its profiles; absent for the small one.</summary>
    public string? Profile { get; init; }

    /// <summary>What a Kind cluster was made with; absent on other clusters.</summary>
    public KindOptions? Kind { get; init; }

    /// <summary>How environments are delivered whose claims do not say it; <see langword="null"/> when the workspace says.</summary>
    [JsonIgnore]
    public DeliveryKind? EnvironmentDelivery => DeliveryKinds.Find(Delivery);

    /// <summary>Whether the Platform API runs as pods in the platform's cluster.</summary>
    [JsonIgnore]
    public bool IsApiInCluster => Api == ApiPlaces.InCluster;
}

/// <summary>What a Kind cluster and the Platform API in it are made with.</summary>
/// <param name="Configuration">The configuration: a name in <c>kind/</c> or a file.</param>
/// <param name="NodeImage">The node image; absent for kind's own.</param>
/// <param name="BaseImage">The image that the Platform API's image is built on; absent for the usual one.</param>
/// <param name="PlatformImage">A finished image of the Platform API; absent to build one.</param>
public sealed record KindOptions(
    string? Configuration = null,
    string? NodeImage = null,
    string? BaseImage = null,
    string? PlatformImage = null
);

/// <summary>The places where the Platform API can run.</summary>
public static class ApiPlaces
{
    /// <summary>A process of this machine, in the background.</summary>
    public const string OnHost = "on-host";

    /// <summary>Pods in the platform's cluster.</summary>
    public const string InCluster = "in-cluster";
}
