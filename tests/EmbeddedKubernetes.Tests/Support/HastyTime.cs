namespace EmbeddedKubernetes.Tests.Support;

/// <summary>The system's clock, whose timers ring after a millisecond whatever they were set to.</summary>
internal sealed class HastyTime : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(
            callback,
            state,
            dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.FromMilliseconds(1),
            period
        );
}
