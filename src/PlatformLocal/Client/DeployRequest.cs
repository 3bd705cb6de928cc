using System.Text.Json.Serialization;
using PlatformLocal.Core.Environments;

namespace PlatformLocal.Client;

/// <summary>A wish for an environment: the one form it has from the head that heard it to the resolution that meets it.</summary>
public sealed record DeployRequest : PayloadOptions
{
    /// <summary>The claim, or a part of one that is merged over its type's defaults; with <see cref="Rollback"/> at most its name.</summary>
    public required JsonObject Claim { get; init; }

    /// <summary>A lock that takes the place of the environment's own, and that nothing may differ from; <see langword="null"/> for none.</summary>
    public JsonObject? Lock { get; init; }

    /// <summary>Services that become as new as the claim lets them, instead of keeping what the lock says; <c>*</c> for all.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<string> Upgrade { get; init; } = [];

    /// <summary>Refuse when anything would differ from the lock.</summary>
    /// <value><see langword="false"/> unless set.</value>
    public bool Locked { get; init; }

    /// <summary>Use only versions that were fetched before from registries and git repositories.</summary>
    /// <value><see langword="false"/> unless set.</value>
    public bool Offline { get; init; }

    /// <summary>The number in the history that the environment is put back to; the first is 1.</summary>
    /// <value>0, for none, unless set: no <see cref="Nullable{T}"/>, which the JSON reader compiles at each start.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Rollback { get; init; }

    /// <summary>Only say what would change.</summary>
    /// <value><see langword="false"/> unless set.</value>
    public bool DryRun { get; init; }
}
