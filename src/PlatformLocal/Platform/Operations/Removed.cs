namespace PlatformLocal.Platform.Operations;

/// <summary>What there was to remove.</summary>
public enum Removed
{
    /// <summary>There was no such platform.</summary>
    Nothing,

    /// <summary>The platform.</summary>
    Platform,

    /// <summary>The platform, with a Kind cluster that it had made.</summary>
    WithKindCluster,
}
