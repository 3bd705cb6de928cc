namespace EmbeddedKubernetes.Tests.Support;

/// <summary>The system's clock, whose timers ring after a millisecond, unless they were set to longer than asked for here.</summary>
internal sealed class HastyTime(TimeSpan upTo) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(
            callback,
            state,
            dueTime > TimeSpan.Zero && dueTime <= upTo ? TimeSpan.FromMilliseconds(1) : dueTime,
            period
        );
}
