using System.Text.RegularExpressions;
using PlatformLocal.Platform.Diagnostics;
using PlatformLocal.Platform.PlatformServices.Flux;

namespace PlatformLocal.Platform.PlatformServices.Selection;

/// <summary>What platform services ask of the machine that they are going to run on.</summary>
internal static partial class PlatformServiceNeeds
{
    private const long Mebibyte = 1024L * 1024;

    /// <summary>What a preflight is to look at.</summary>
    /// <param name="choice">The services.</param>
    /// <param name="nodeImage">The image of the nodes; <see langword="null"/> for kind's own.</param>
    /// <param name="isNew">Whether there is no cluster yet: only then is it worth asking for every image.</param>
    /// <exception cref="PlatformException">The node image says that its Kubernetes is too old for Flux.</exception>
    public static KindPreflightOptions Of(PlatformServiceSelection choice, string? nodeImage, bool isNew)
    {
        if (
            choice.NeedsFlux
            && nodeImage is not null
            && MinorVersion().Match(nodeImage) is { Success: true } version
            && int.Parse(version.Groups["minor"].Value) < FluxRelease.OldestKubernetes
        )
        {
            throw FluxRelease.TooOld($"the node image {nodeImage}");
        }

        var needs = new KindPreflightOptions();
        var (memory, images) = choice.NeedsFlux ? (FluxRelease.Memory, FluxRelease.Images) : (0, []);
        return needs with
        {
            LeastMemory = needs.LeastMemory + ((choice.Memory + memory) * Mebibyte),
            Images = isNew ? [.. images, .. choice.Services.SelectMany(s => s.Images)] : [],
        };
    }

    [GeneratedRegex(@":v?1\.(?<minor>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MinorVersion();
}
