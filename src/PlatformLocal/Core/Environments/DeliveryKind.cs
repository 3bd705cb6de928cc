namespace PlatformLocal.Core.Environments;

/// <summary>How environments, and what a platform itself needs, get into a cluster.</summary>
public enum DeliveryKind
{
    /// <summary>By the platform itself, with server-side apply; it installs no charts.</summary>
    Direct,

    /// <summary>By Flux.</summary>
    Flux,
}

/// <summary>How claims, workspaces and commands call them.</summary>
public static class DeliveryKinds
{
    /// <summary>The name of <see cref="DeliveryKind.Flux"/>.</summary>
    public const string Flux = "flux";

    /// <summary>The name of <see cref="DeliveryKind.Direct"/>.</summary>
    public const string Direct = "direct";

    /// <summary>All names.</summary>
    public static string[] Names => [Direct, Flux];

    /// <summary>The name of a kind.</summary>
    /// <param name="kind">The kind.</param>
    public static string NameOf(DeliveryKind kind) => kind == DeliveryKind.Flux ? Flux : Direct;

    /// <summary>The kind of a name; <see langword="null"/> when it is none.</summary>
    /// <param name="name">The name.</param>
    public static DeliveryKind? Find(string? name) =>
        name switch
        {
            Flux => DeliveryKind.Flux,
            Direct => DeliveryKind.Direct,
            _ => null,
        };
}
