using PlatformLocal.Platform.Clusters.Existing;
using PlatformLocal.Platform.PlatformServices.Selection;
using PlatformLocal.Platform.State;

namespace PlatformLocal.Platform.Operations;

/// <summary>What a platform is to be made with.</summary>
public sealed record CreateOptions
{
    /// <summary>The workspace's folder; <see langword="null"/> for the one it was made with.</summary>
    public string? Workspace { get; init; }

    /// <summary>The cluster; <see langword="null"/> for the one it was made with, or an embedded one.</summary>
    public PlatformSettings? Cluster { get; init; }

    /// <summary>The version of the program.</summary>
    public required string Version { get; init; }

    /// <summary>The platform's source tree; <see langword="null"/> when the program runs without one.</summary>
    public string? Source { get; init; }

    /// <summary>The platform services: <c>default</c>, <c>none</c> or names; <see langword="null"/> for those it has.</summary>
    public string? Services { get; init; }

    /// <summary>What <c>default</c> means for the platform services: one of <see cref="ServiceProfiles"/>; <see langword="null"/> for as before.</summary>
    public string? Profile { get; init; }

    /// <summary>How platform services are installed; <see langword="null"/> for as before.</summary>
    public string? Delivery { get; init; }

    /// <summary>Asks whether a cluster that the platform did not make may be used.</summary>
    public required Func<ExistingClusterDescription, CancellationToken, Task<bool>> Confirm { get; init; }
}
