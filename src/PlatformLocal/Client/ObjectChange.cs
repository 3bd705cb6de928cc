namespace PlatformLocal.Client;

/// <summary>What a delivery does to one object.</summary>
public enum ChangeKind
{
    /// <summary>It is as it should be.</summary>
    Unchanged,

    /// <summary>It does not exist yet.</summary>
    Created,

    /// <summary>It exists and differs.</summary>
    Updated,

    /// <summary>It exists and differs in what cannot be changed: it is deleted and made again.</summary>
    Recreated,

    /// <summary>A previous delivery made it and this one lacks it.</summary>
    Pruned,

    /// <summary>A previous delivery made it, this one lacks it, and it stays; <see cref="ObjectChange.Note"/> says why.</summary>
    Kept,
}

/// <summary>What a delivery does, or did, to one object.</summary>
/// <param name="Change">What happens.</param>
/// <param name="Service">The service it belongs to; empty for what is the environment's own.</param>
/// <param name="ApiVersion">Group and version, such as <c>apps/v1</c>.</param>
/// <param name="Kind">Kind, such as <c>Deployment</c>.</param>
/// <param name="Namespace">Namespace, or <see langword="null"/> for objects outside of one.</param>
/// <param name="Name">Name.</param>
public sealed record ObjectChange(
    ChangeKind Change,
    string Service,
    string ApiVersion,
    string Kind,
    string? Namespace,
    string Name
)
{
    /// <summary>Why, where the kind of change does not say it.</summary>
    public string? Note { get; init; }

    /// <summary>Why the cluster was not asked whether it accepts the object; absent when it was.</summary>
    public string? NotChecked { get; init; }

    /// <summary>The environment whose version of a shared object is in force instead of this one's; absent when this one's is.</summary>
    public string? ServedBy { get; init; }
}
