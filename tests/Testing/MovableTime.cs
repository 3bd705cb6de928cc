namespace PlatformLocal.Testing;

/// <summary>The time of this machine, some of it later.</summary>
public sealed class MovableTime : TimeProvider
{
    /// <summary>How far ahead it is.</summary>
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
}
