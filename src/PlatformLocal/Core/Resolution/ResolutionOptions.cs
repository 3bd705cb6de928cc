using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Resolution;

/// <summary>What a resolution prefers.</summary>
public sealed record ResolutionOptions
{
    /// <summary>Prefer development builds, newest first, over releases.</summary>
    /// <value><see langword="false"/> unless set.</value>
    public bool UseDevTags { get; init; }

    /// <summary>Versions by service that stay wherever they can: those of an earlier lock.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyDictionary<string, PlatformVersion> Locked { get; init; } =
        new Dictionary<string, PlatformVersion>();

    /// <summary>
    /// Services that become as new as the claim lets them, before anything is kept; what is not locked and not named
    /// here becomes as new as the others let it.
    /// </summary>
    /// <value>None unless set.</value>
    public IReadOnlyCollection<string> Upgrade { get; init; } = [];
}
