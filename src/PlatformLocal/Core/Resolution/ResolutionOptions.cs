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

    /// <summary>Who asks for services that the claim itself does not name, such as <c>the defaults of dev ask for</c>.</summary>
    /// <value>None unless set: all are the claim's wishes.</value>
    public IReadOnlyDictionary<string, string> AskedBy { get; init; } = new Dictionary<string, string>();

    /// <summary>Who asks for a service that is no dependency.</summary>
    internal string AskerOf(string service) => AskedBy.GetValueOrDefault(service) ?? "the claim asks for";

    /// <summary>
    /// Services that become as new as the claim lets them, before anything is kept; what is not locked and not named
    /// here becomes as new as the others let it.
    /// </summary>
    /// <value>None unless set.</value>
    public IReadOnlyCollection<string> Upgrade { get; init; } = [];
}
