namespace PlatformLocal.Deployment.Sources;

/// <summary>What becomes of the versions that an environment has when its claim is resolved.</summary>
public sealed record VersionPolicy
{
    /// <summary>What the environment resolved to before; <see langword="null"/> when it never did.</summary>
    public EnvironmentLock? Lock { get; init; }

    /// <summary>Services that become as new as the claim lets them; <c>*</c> for all.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<string> Upgrade { get; init; } = [];

    /// <summary>Nothing may differ from the lock, and what registries say of its images is asked for now.</summary>
    public bool IsLocked { get; init; }

    /// <summary>Use only what was fetched before from registries and git repositories.</summary>
    public bool Offline { get; init; }

    /// <summary>Keep every version, also where <c>latest</c> or dev tags ask for the newest at each deployment.</summary>
    public bool Keep { get; init; }

    /// <summary>Keep versions of the lock also where nothing lists them any more: nobody asked for others.</summary>
    public bool TrustsLock { get; init; }

    /// <summary>Keep the images of all versions that stay, also of services that may be upgraded.</summary>
    public bool KeepImages { get; init; }

    /// <summary>Versions by service that are not chosen unless the lock has them.</summary>
    /// <value>None unless set.</value>
    public ILookup<string, string> Avoid { get; init; } = Array.Empty<string>().ToLookup(s => s);

    /// <summary>The policy of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="before">What the environment is held to or comes from: the request's lock, or its own.</param>
    /// <param name="isHeld">Whether the environment was put back and stays there.</param>
    public static VersionPolicy Of(DeployRequest request, EnvironmentLock? before, bool isHeld)
    {
        var isLocked = request.Locked || request.Lock is not null;
        return new VersionPolicy
        {
            Lock = before,
            Upgrade = request.Upgrade,
            IsLocked = isLocked,
            Offline = request.Offline,
            Keep = isLocked || (request.Upgrade.Count == 0 && isHeld),
        };
    }

    /// <summary>What the resolver is to prefer for a claim.</summary>
    internal ResolutionOptions OptionsFor(Claim claim)
    {
        // 'latest' says that the newest is wanted each time, and development builds are there to be tried.
        var keeps = Lock is not null && (Keep || !claim.UseDevTags) && !Upgrade.Contains("*");
        var latest = claim.Services.Where(s => !Keep && s.Value.Version.Text == "latest").Select(s => s.Key);
        return new ResolutionOptions
        {
            UseDevTags = claim.UseDevTags,
            Locked = keeps ? Lock!.Versions : new Dictionary<string, PlatformVersion>(),
            Upgrade = keeps ? [.. Upgrade.Concat(latest).Distinct()] : [],
        };
    }

    /// <summary>What services were whose versions are kept if they can be: they keep their images' digests.</summary>
    internal IReadOnlyDictionary<string, LockedService> KeptFor(ResolutionOptions options) =>
        Lock is not null && KeepImages
            ? Lock.Services
            : options
                .Locked.Keys.Except(options.Upgrade, StringComparer.Ordinal)
                .ToDictionary(s => s, s => Lock!.Services[s], StringComparer.Ordinal);

    /// <summary>How the sources of services are asked for a claim.</summary>
    internal SourceUse SourcesFor(Claim claim) =>
        new(claim.UseDevTags ? claim.User : null, Offline, IsLocked ? TimeSpan.Zero : TagCache.Freshness);

    /// <summary>Which versions of services may be chosen; <see langword="null"/> for all.</summary>
    internal Func<string, PlatformVersion, bool>? Allows =>
        Avoid.Count == 0
            ? null
            : (service, version) =>
                !Avoid[service].Contains(version.Text)
                || Lock?.Services.GetValueOrDefault(service)?.Version.Text == version.Text;
}
