using System.Text.RegularExpressions;
using PlatformLocal.Platform.Diagnostics;
using PlatformLocal.Platform.PlatformServices.Flux;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.PlatformServices.Selection;

/// <summary>What a platform on Kind asks of the machine that it is going to run on.</summary>
public static partial class PlatformServiceNeeds
{
    /// <summary>What the machine needs beyond all that pods ask for, in MiB: its own programs, and what pods take beyond it.</summary>
    private const int MachineMemory = 512;

    private const long Mebibyte = 1024L * 1024;

    /// <summary>What the pods of a Kind cluster of one node ask for: the control plane, CoreDNS and the network.</summary>
    internal static ResourceRequests ClusterRequests { get; } = new(Cpu: 950, Memory: 290);

    /// <summary>What the Platform API's pods ask for when they run in the cluster.</summary>
    internal static ResourceRequests ApiRequests { get; } = new(Cpu: 100, Memory: 256);

    /// <summary>What a preflight is to look at.</summary>
    /// <param name="choice">The services.</param>
    /// <param name="settings">What the platform is made with.</param>
    /// <param name="asksForImages">Whether every image is asked for: worth it as long as there is no cluster.</param>
    /// <exception cref="PlatformException">The node image says that its Kubernetes is too old for Flux.</exception>
    public static KindPreflightOptions Of(
        PlatformServiceSelection choice,
        PlatformSettings settings,
        bool asksForImages
    )
    {
        if (
            choice.NeedsFlux
            && settings.Kind?.NodeImage is { } nodeImage
            && MinorVersion().Match(nodeImage) is { Success: true } version
            && int.Parse(version.Groups["minor"].Value) < FluxRelease.OldestKubernetes
        )
        {
            throw FluxRelease.TooOld($"the node image {nodeImage}");
        }

        var requests =
            ClusterRequests + choice.Requests + (settings.IsApiInCluster ? ApiRequests : ResourceRequests.None);
        var needs = new KindPreflightOptions();
        IReadOnlyList<string> images = choice.NeedsFlux ? FluxRelease.Images : [];
        return needs with
        {
            LeastMemory = Math.Max(needs.LeastMemory, (requests.Memory + MachineMemory) * Mebibyte),
            Cpu = requests.Cpu,
            Images = asksForImages ? [.. images, .. choice.Services.SelectMany(s => s.Images)] : [],
        };
    }

    [GeneratedRegex(@":v?1\.(?<minor>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MinorVersion();
}
