namespace PlatformLocal.Deployment.Delivery;

/// <summary>Since when somebody waits for a delivery: who joins one that is under way begins to wait anew.</summary>
/// <param name="time">The clock.</param>
public sealed class WaitClock(TimeProvider time)
{
    private long _began = time.GetTimestamp();

    /// <summary>Somebody begins to wait now.</summary>
    public void Restart() => Interlocked.Exchange(ref _began, time.GetTimestamp());

    /// <summary>When the wait for something that began at a time began: then, or when somebody joined later.</summary>
    internal long Since(long began) => Math.Max(began, Interlocked.Read(ref _began));
}
