using System.Text.RegularExpressions;
using PlatformLocal.Diagnostics;
using PlatformLocal.Documents;
using PlatformLocal.PlatformApi;
using PlatformLocal.Services.Choosing;
using PlatformLocal.Services.Flux;
using PlatformLocal.Workspaces;

namespace PlatformLocal.Operations;

/// <summary>What a platform's settings and its workspace mean for its platform services.</summary>
public static partial class PlatformServiceChoice
{
    private const long Mebibyte = 1024L * 1024;

    /// <summary>The platform services of a platform.</summary>
    /// <param name="settings">What it was made with, and what is asked for now.</param>
    /// <param name="workspace">Its workspace.</param>
    /// <exception cref="PlatformException">Services are asked for that do not exist or cannot be had.</exception>
    public static ServiceChoice Of(PlatformSettings settings, Workspace workspace)
    {
        string wish = settings.Services ?? (settings.Cluster == ClusterKinds.Kind ? "default" : "none");
        if (settings.Cluster == ClusterKinds.Embedded && wish != "none")
        {
            throw new InvalidDocumentException(
                $"The choice of platform services '{wish}'",
                [new Fault("", "an embedded cluster executes nothing and takes none: use --cluster kind or existing")]
            );
        }

        return ServiceChoice.Of(wish, settings.Delivery ?? DeliveryKinds.Flux, workspace.PlatformServices);
    }

    /// <summary>The platform services of a platform that is there; none when its workspace cannot be read just now.</summary>
    /// <param name="settings">What it was made with, or <see langword="null"/>.</param>
    /// <param name="workspace">The folder of its workspace.</param>
    public static ServiceChoice Remembered(PlatformSettings? settings, string workspace)
    {
        try
        {
            return settings is null
                ? new ServiceChoice { Services = [] }
                : Of(settings, WorkspaceReader.Read(workspace));
        }
        catch (PlatformException)
        {
            // Told to whoever deploys; a status is shown all the same.
            return new ServiceChoice { Services = [] };
        }
    }

    /// <summary>Says which services cannot be had, and why.</summary>
    /// <param name="choice">The services.</param>
    /// <param name="report">Is told.</param>
    public static void Tell(ServiceChoice choice, Action<string> report)
    {
        foreach (var reason in choice.LeftOut.GroupBy(s => s.Reason, StringComparer.Ordinal))
        {
            report($"Left out: {string.Join(", ", reason.Select(s => s.Name))} — each {reason.Key}.");
        }
    }

    /// <summary>What the services ask of the machine that they are going to run on.</summary>
    /// <param name="choice">The services.</param>
    /// <param name="nodeImage">The image of the nodes; <see langword="null"/> for kind's own.</param>
    /// <param name="isNew">Whether there is no cluster yet: only then is it worth asking for every image.</param>
    /// <exception cref="PlatformException">The node image says that its Kubernetes is too old for Flux.</exception>
    public static KindPreflightOptions NeedsOf(ServiceChoice choice, string? nodeImage, bool isNew)
    {
        var needs = new KindPreflightOptions();
        if (!choice.NeedsFlux)
        {
            return needs with
            {
                LeastMemory = needs.LeastMemory + (choice.Memory * Mebibyte),
                Images = isNew ? [.. choice.Services.SelectMany(s => s.Images)] : [],
            };
        }

        if (
            nodeImage is not null
            && MinorVersion().Match(nodeImage) is { Success: true } version
            && int.Parse(version.Groups["minor"].Value) < FluxRelease.OldestKubernetes
        )
        {
            throw FluxRelease.TooOld($"the node image {nodeImage}");
        }

        return needs with
        {
            LeastMemory = needs.LeastMemory + ((choice.Memory + FluxRelease.Memory) * Mebibyte),
            Images = isNew ? [.. FluxRelease.Images, .. choice.Services.SelectMany(s => s.Images)] : [],
        };
    }

    [GeneratedRegex(@":v?1\.(?<minor>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MinorVersion();
}
