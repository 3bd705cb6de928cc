namespace PlatformLocal.Kubernetes.Readiness;

/// <summary>How far an object is on its way to what its spec says.</summary>
public enum ReadinessStatus
{
    /// <summary>Its controller is still at work, or has not begun.</summary>
    InProgress,

    /// <summary>It is as its spec says.</summary>
    Current,

    /// <summary>Its controller gave up, or says that it cannot go on.</summary>
    Failed,

    /// <summary>It is being deleted.</summary>
    Terminating,
}

/// <summary>An object's status and a short sentence that says why.</summary>
/// <param name="Status">The status.</param>
/// <param name="Message">Why, for people.</param>
public readonly record struct ObjectReadiness(ReadinessStatus Status, string Message)
{
    /// <summary>It is on its way.</summary>
    public static ObjectReadiness InProgress(string message) => new(ReadinessStatus.InProgress, message);

    /// <summary>It is as it should be.</summary>
    public static ObjectReadiness Current(string message) => new(ReadinessStatus.Current, message);

    /// <summary>It will not become ready by itself.</summary>
    public static ObjectReadiness Failed(string message) => new(ReadinessStatus.Failed, message);

    /// <summary>Whether nothing is left to wait for.</summary>
    public bool IsCurrent => Status == ReadinessStatus.Current;
}
